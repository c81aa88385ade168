"""Where records come from: a list file, standard input, or a program."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, cast

import numpy as np

from caffe_multilabel import _core
from caffe_multilabel.errors import ListError, OptionError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import ArrayLike

    from caffe_multilabel.tasks import TaskFile

__all__ = ["ListFormat", "RecordSource", "Records", "StrPath", "label_rules_of", "load_records"]

StrPath: TypeAlias = "str | os.PathLike[str]"
ListFormat = Literal["auto", "space", "tab", "csv"]
Rows: TypeAlias = "Iterable[tuple[StrPath, Sequence[float]]]"
Columns: TypeAlias = "tuple[Sequence[StrPath], ArrayLike]"
RecordSource: TypeAlias = "StrPath | Rows | Columns"


@dataclass(frozen=True, slots=True)
class Records:
    """Parsed and checked records, ready to convert or to compare with.

    Attributes:
        core: the packed records.
        label_names: the header over the label columns; empty without one.
        schema: what the labels mean, JSON-ready; None without a task file.
    """

    core: _core.RecordList
    label_names: list[str]
    schema: dict[str, object] | None

    def __len__(self) -> int:
        """Return the number of records."""
        return len(self.core)


def load_records(
    source: RecordSource,
    *,
    label_count: int | None = None,
    tasks: TaskFile | StrPath | None = None,
    list_format: ListFormat = "auto",
) -> Records:
    """Read and check records.

    Args:
        source: path of a list file, or "-" for standard input; or an iterable of
            (path, labels); or a pair (paths, array) with an array of shape (N, labels).
        label_count: labels of a record; None lets the first record decide.
        tasks: the task file, or its path, to check the labels against.
        list_format: how lines of a list file are cut.

    Raises:
        ListError: lines or records that do not fit, all of them named, the first 20 in full.
        TaskFileError: the task file is wrong, or wants more labels than there are.
        OptionError: an argument is out of its range.
    """
    if label_count is not None and label_count < 1:
        raise OptionError(f"label_count is {label_count}, must be 1 or more")
    if list_format not in ("auto", "space", "tab", "csv"):
        raise OptionError(f"list_format is {list_format!r}, must be auto, space, tab or csv")
    task_file = _task_file(tasks)
    rules = label_rules_of(task_file)
    if isinstance(source, str | os.PathLike):
        core, names, _ = _core.read_list(
            path=os.fsencode(source), label_count=label_count or 0, rules=rules, format=list_format
        )
    else:
        paths, labels = _split(source)
        if label_count is not None and labels.shape[1] != label_count:
            raise ListError(f"records have {labels.shape[1]} labels, want {label_count}")
        core, names = _core.make_list(paths=paths, labels=labels, rules=rules), []
    return Records(core, names, _label_schema(task_file, core.label_count))


def label_rules_of(tasks: TaskFile | StrPath | None) -> list[_core.LabelRule]:
    """Return the rules for the label columns that tasks read, as the core takes them.

    Raises:
        TaskFileError: the task file is wrong.
    """
    task_file = _task_file(tasks)
    if task_file is None:
        return []
    from caffe_multilabel.tasks import label_columns, label_rules  # noqa: PLC0415  (not for --help)

    return [
        _core.LabelRule(
            task=rule.task,
            part=rule.part,
            kind=rule.kind,
            classes=rule.classes,
            names=rule.names,
            mapping=rule.mapping,
            ignore=rule.ignore,
            by_name_only=rule.by_name_only,
        )
        for rule in label_rules(task_file, label_columns(task_file.tasks).width)
    ]


def _task_file(tasks: TaskFile | StrPath | None) -> TaskFile | None:
    if not isinstance(tasks, str | os.PathLike):
        return tasks
    from caffe_multilabel.tasks import load_tasks  # noqa: PLC0415  (pydantic is slow to load)

    return load_tasks(tasks)


def _label_schema(tasks: TaskFile | None, label_count: int) -> dict[str, object] | None:
    if tasks is None:
        return None
    from caffe_multilabel.tasks import label_schema  # noqa: PLC0415  (the same)

    return label_schema(tasks, label_count)


def _split(
    source: Rows | Columns,
) -> tuple[list[bytes], np.ndarray[tuple[int, int], np.dtype[np.float32]]]:
    if _is_columns(source):
        names, values = cast("Columns", source)
        paths = [os.fsencode(path) for path in names]
    else:
        rows = [(os.fsencode(path), list(labels)) for path, labels in cast("Rows", source)]
        paths = [path for path, _ in rows]
        lengths = {len(labels) for _, labels in rows}
        if len(lengths) > 1:
            raise ListError(f"records have differing numbers of labels: {sorted(lengths)}")
        values = [labels for _, labels in rows]
    if len(paths) == 0:
        raise ListError("there are no records")
    labels = np.ascontiguousarray(values, dtype=np.float32)
    if labels.ndim != 2 or labels.shape[0] != len(paths):
        raise ListError(
            f"labels have shape {labels.shape}, must be ({len(paths)}, labels): a row a path"
        )
    return paths, labels


def _is_columns(source: Rows | Columns) -> bool:
    """Tell (paths, array) from an iterable that happens to be a tuple of two records."""
    if not isinstance(source, tuple) or len(source) != 2:
        return False
    paths = source[0]
    return not isinstance(paths, str | bytes | os.PathLike) and all(
        isinstance(path, str | os.PathLike) for path in paths
    )
