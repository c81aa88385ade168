"""Where records come from: a list file, standard input, or a program."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, cast, get_args

from caffe_multilabel import _core
from caffe_multilabel._base.arguments import StrPath, is_one_of, path_bytes, whole_number
from caffe_multilabel._base.core_options import HeaderLine, ListFormat
from caffe_multilabel._base.renamed import renamed_attribute, renamed_keywords
from caffe_multilabel._base.text import plural, shown
from caffe_multilabel.data.label_array import label_array
from caffe_multilabel.errors import ListError, OptionError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import ArrayLike

    from caffe_multilabel.labels import LabelSchema
    from caffe_multilabel.tasks import TaskFile

__all__ = [
    "HeaderLine",
    "ListFormat",
    "RecordSource",
    "Records",
    "core_rules",
    "label_schema_of",
    "load_records",
]

MAX_LABELS = 1_000_000
"""Of a record; no line of a list holds more."""

ListedPath: TypeAlias = "StrPath | bytes"
"""As keys of a DB hold it: paths of a list are any bytes."""

Rows: TypeAlias = "Iterable[tuple[ListedPath, ArrayLike]]"
Columns: TypeAlias = "tuple[Sequence[ListedPath], ArrayLike]"
RecordSource: TypeAlias = "StrPath | Rows | Columns"


@dataclass(frozen=True, slots=True)
class Records:
    """Parsed and checked records, ready to convert or to compare with. They can be pickled.

    Attributes:
        core: the packed records.
        label_names: the header over the label columns; empty without one.
        label_schema: what the labels mean; None without a task file.
        label_shape: (C, H, W) of an array of labels of shape (N, C, H, W); None otherwise.

    Example:
        >>> from caffe_multilabel import load_records
        >>> records = load_records("val.csv", tasks="tasks.yaml")
        >>> len(records), records.label_names
        (10, ['kind', 'color', 'filled', 'size', 'x', 'y'])
    """

    core: _core.RecordList
    label_names: list[str]
    label_schema: LabelSchema | None
    label_shape: tuple[int, int, int] | None

    schema = renamed_attribute("schema", "label_schema")

    def __len__(self) -> int:
        """Return the number of records."""
        return len(self.core)

    def __repr__(self) -> str:
        """Count the records and labels and name the tasks."""
        counted = f"{plural(len(self), 'record')} of {plural(self.core.label_count, 'label')}"
        schema = self.label_schema
        tasks = () if schema is None else tuple(task.name for task in schema.tasks)
        return f"<Records: {counted}{', tasks ' if tasks else ''}{', '.join(tasks)}>"

    @property
    def schema_json(self) -> str:
        """The schema as a manifest keeps it."""
        return json.dumps(None if self.label_schema is None else self.label_schema.to_json())


@renamed_keywords(source="records")
def load_records(
    records: RecordSource,
    *,
    label_count: int | None = None,
    tasks: TaskFile | LabelSchema | StrPath | None = None,
    list_format: ListFormat = "auto",
    header: HeaderLine = "auto",
) -> Records:
    """Read and check records.

    Args:
        records: path of a list file, or "-" for standard input; or an iterable of
            (path, labels); or a pair (paths, array) with an array of shape (N, ...), of which each
            row becomes the labels of a path, in C order. Paths are text, path objects or bytes.
        label_count: labels of a record; None lets the first record decide.
        tasks: the task file, its path, or the schema in a manifest, to check the labels against.
        list_format: how lines of a list file are cut.
        header: whether the first line of a list file is a header: "auto" finds one in a list with
            tabs or CSV, if its cells are no labels, and names of the tasks where labels may be
            names; "yes" and "no" hold whatever that line says.

    Raises:
        ListError: lines or records that do not fit, all of them named, the first 20 in full. A
            whole number that a float32 would round to another one does not.
        TaskFileError: the task file is wrong, or wants more labels than there are.
        OptionError: an argument is out of its range.

    Example:
        >>> from caffe_multilabel import load_records
        >>> load_records("train.csv", tasks="tasks.yaml")
        <Records: 90 records of 6 labels, tasks kind, color, filled, size, centre>
        >>> load_records([("a.jpg", [1, 0]), ("b.jpg", [2, 0.5])])
        <Records: 2 records of 2 labels>
    """
    if label_count is not None:
        label_count = whole_number("label_count", label_count, 1, MAX_LABELS)
    if not is_one_of(list_format, get_args(ListFormat)):
        raise OptionError(f"list_format is {shown(list_format)}, must be auto, space, tab or csv")
    if not is_one_of(header, get_args(HeaderLine)):
        raise OptionError(f"header is {shown(header)}, must be auto, yes or no")
    known = label_schema_of(tasks)
    rules = core_rules(known)
    names: list[str] = []
    shape: tuple[int, ...] = ()
    if isinstance(records, str | os.PathLike):
        path = path_bytes("the list", records)
        if not path:
            raise OptionError("the path of the list is empty")
        core, cells, _ = _core.read_list(
            path=path,
            label_count=label_count or 0,
            rules=rules,
            list_format=list_format,
            header=header,
        )
        names = [cell.decode("utf-8", "backslashreplace") for cell in cells]
    else:
        paths, values = _split(records)
        labels = label_array(values, len(paths))
        shape = labels.shape[1:]
        labels = labels.reshape(len(paths), -1)
        if label_count is not None and labels.shape[1] != label_count:
            raise ListError(f"records have {plural(labels.shape[1], 'label')}, want {label_count}")
        core = _core.make_list(paths=paths, labels=labels, rules=rules)
    return Records(
        core,
        names,
        None if known is None else known.over(core.label_count),
        shape if len(shape) == 3 else None,
    )


def label_schema_of(tasks: TaskFile | LabelSchema | StrPath | None) -> LabelSchema | None:
    """Return what the label columns of a list mean, over as many columns as the tasks read.

    Raises:
        TaskFileError: the task file is wrong.
    """
    if tasks is None:
        return None
    from caffe_multilabel.labels.schema import (  # noqa: PLC0415  (not for --help)
        LabelSchema,
        check_label_schema,
    )

    if isinstance(tasks, LabelSchema):
        check_label_schema(tasks)
        return tasks.over(tasks.width)
    from caffe_multilabel.tasks import ResolvedTasks, load_tasks  # noqa: PLC0415  (likewise)

    return ResolvedTasks.of(load_tasks(tasks)).schema


def core_rules(schema: LabelSchema | None) -> list[_core.LabelRule]:
    """Return the rules of a schema's label columns as the core takes them."""
    if schema is None:
        return []
    from caffe_multilabel.labels import LabelLayout  # noqa: PLC0415  (not for --help)

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
        for rule in LabelLayout.of(schema).rules
    ]


def _split(source: Rows | Columns) -> tuple[list[bytes], object]:
    """Return the paths, and whatever holds the labels."""
    if isinstance(source, tuple) and len(source) == 2 and _is_iterable(source[0]):
        # Either (paths, array), or an iterable that happens to be a tuple of two records.
        names = list(cast("Columns", source)[0])
        if all(isinstance(name, str | bytes | os.PathLike) for name in names):
            return [_listed_path(name) for name in names], source[1]
    if not _is_iterable(source):
        raise OptionError(
            f"records are {shown(source)}, must be the path of a list, pairs (path, labels), "
            "or (paths, array)"
        )
    paths: list[bytes] = []
    values: list[object] = []
    for number, row in enumerate(source, start=1):
        try:
            path, labels = cast("tuple[ListedPath, ArrayLike]", row)
            paths.append(os.fsencode(path))
        except (TypeError, ValueError):
            message = f"record {number} is {shown(row)}, must be (path, labels)"
            raise ListError(message, line=number) from None
        values.append(labels)
    return paths, values


def _listed_path(path: ListedPath) -> bytes:
    return bytes(path) if isinstance(path, bytes) else path_bytes("a path", path, opened=False)


def _is_iterable(value: object) -> bool:
    if isinstance(value, str | bytes):
        return False
    try:
        iter(cast("Iterable[object]", value))
    except TypeError:  # an array of no axes says so only now
        return False
    return True
