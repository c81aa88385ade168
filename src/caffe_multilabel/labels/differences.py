"""Where tasks say something else of stored labels than the tasks that a label DB was made by."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from caffe_multilabel._base.text import listed
from caffe_multilabel.labels.layout import LabelLayout
from caffe_multilabel.labels.whole import whole_tasks

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from caffe_multilabel.labels.layout import LabelTask
    from caffe_multilabel.labels.schema import LabelSchema
    from caffe_multilabel.labels.whole import WholeTask

__all__ = ["LabelDifference", "differences", "differences_of_dbs"]

_MOST = 8
"""So many items of a list are said."""


@dataclass(frozen=True, slots=True)
class LabelDifference:
    """A key of a task by which stored labels mean one thing to it, and another as they were made.

    Attributes:
        task: the task.
        key: `classes`, `dim`, `columns`, `weight_columns`, `ignore_label` or `map`.
        said: what the task says, as text.
        stored: what the labels were made by, as text.
    """

    task: str
    key: str
    said: str
    stored: str

    def against(self, label_db: str) -> tuple[str, str]:
        """Say it of a label DB, and what to do."""
        what = (
            f"task '{self.task}': the task file says {self.key}: {self.said}, but {label_db} was "
            f"converted with {self.key}: {self.stored}"
        )
        return what, "convert or relabel it again, or correct the task file"

    def between(self, label_db: str, other: str) -> tuple[str, str]:
        """Say it of two label DBs, the one that `said` is of first, and what to do."""
        what = (
            f"task '{self.task}': {label_db} was converted with {self.key}: {self.said}, and "
            f"{other} with {self.key}: {self.stored}"
        )
        return what, "convert or relabel one of them again, both by one task file"


def differences(tasks: LabelSchema, stored: LabelSchema) -> tuple[LabelDifference, ...]:
    """Find what tasks say otherwise of stored labels than the tasks of the conversion.

    Tasks are the same by name, one that only one side has is no difference. Nor is anything that
    a conversion by `tasks` would store likewise: more classes behind those that there are, names
    that one side lacks, an `ignore_label` where there was none, another loss.

    Args:
        tasks: of a task file.
        stored: of a label DB, as its manifest keeps it.

    Example:
        >>> from caffe_multilabel.labels.schema import LabelSchema, TaskLabels
        >>> def of(*names):
        ...     color = TaskLabels(
        ...         name="color", loss="softmax", columns=(0,), classes=2, class_names=names
        ...     )
        ...     return LabelSchema(label_count=1, tasks=(color,))
        >>> [found] = differences(of("red", "blue"), of("blue", "red"))
        >>> found.key, found.said, found.stored
        ('classes', '[red, blue]', '[blue, red]')
    """
    known = {whole.task.name: whole for whole in _whole(stored)}
    taken = {column for whole in known.values() for column in _flat(whole)}
    pairs = ((whole, known.get(whole.task.name)) for whole in _whole(tasks))
    found = (_differ(whole, other, taken) for whole, other in pairs if other is not None)
    return tuple(chain.from_iterable(found))


def differences_of_dbs(
    first: LabelSchema, second: LabelSchema, read: LabelSchema
) -> tuple[LabelDifference, ...]:
    """Find what the labels of two DBs mean that one net reads, where they mean different things.

    Args:
        first: of a label DB, as its manifest keeps it.
        second: of another one.
        read: the tasks of the net. Columns that none of them reads may differ.
    """
    columns = {column for task in read.tasks for column in task.columns}
    others = {whole.task.name: whole for whole in _whole(second)}
    found: list[LabelDifference] = []
    for whole in _whole(first):
        other = others.get(whole.task.name)
        if other is not None and columns & {*_flat(whole), *_flat(other)}:
            found += _differ(whole, other, either_may_have_more=True)
    return tuple(found)


def _whole(schema: LabelSchema) -> tuple[WholeTask, ...]:
    return whole_tasks(LabelLayout.of(schema).tasks)


def _differ(
    said: WholeTask,
    stored: WholeTask,
    taken: Collection[int] = (),
    *,
    either_may_have_more: bool = False,
) -> Iterator[LabelDifference]:
    """Compare a task; `taken` are the columns of the label DB that hold labels or weights."""
    name, here, there = said.task.name, said.task, stored.task
    if _other_columns(said, stored, taken):
        if said.columns == stored.columns:
            names = _lists(here.value_names, there.value_names)
            yield LabelDifference(name, "dim", *names)
        else:
            columns = (tuple(chain.from_iterable(each.columns)) for each in (said, stored))
            yield LabelDifference(name, "columns", *_lists(*columns))
    if said.weights and stored.weights and said.weights != stored.weights:
        yield LabelDifference(name, "weight_columns", *_lists(said.weights, stored.weights))
    if _other_classes(here, there, either_may_have_more=either_may_have_more):
        yield LabelDifference(name, "classes", *_classes(here, there))
    # What is put beside the labels that there are is stored as it would be as a number.
    if there.ignore_label not in (None, here.ignore_label) and not (
        either_may_have_more and here.ignore_label is None
    ):
        yield LabelDifference(name, "ignore_label", _label(here), _label(there))
    if _maps_otherwise(here, there):
        yield LabelDifference(name, "map", _mapping(here), _mapping(there))


def _other_columns(said: WholeTask, stored: WholeTask, taken: Collection[int]) -> bool:
    """Tell whether a value is read from a column of another one.

    Values that both name may be fewer, stand in any order, and have new ones beside them in columns
    that no task had. The others are told by their place.
    """
    here, there = _values(said), _values(stored)
    if here is None or there is None or len(said.columns) != len(stored.columns):
        return said.columns != stored.columns
    columns = {value: column for column, value in there.items()}
    return any(
        there.get(column, None if column in taken else value) != value
        or columns.get(value, column) != column
        for column, value in here.items()
    )


def _values(whole: WholeTask) -> dict[int, tuple[int, str]] | None:
    """Return the image and the name of the value in each column; None without names."""
    names = whole.task.value_names
    if not names:
        return None
    return {
        column: (item, name)
        for item, columns in enumerate(whole.columns)
        for column, name in zip(columns, names, strict=True)
    }


def _other_classes(here: LabelTask, there: LabelTask, *, either_may_have_more: bool) -> bool:
    if "class" not in (here.kind, there.kind) or here.kind != there.kind:
        return False
    fewer = min(len(here.classes), len(there.classes))
    if fewer < len(there.classes) and not either_may_have_more:
        return True
    named = bool(here.class_names and there.class_names)
    return named and here.class_names[:fewer] != there.class_names[:fewer]


def _maps_otherwise(here: LabelTask, there: LabelTask) -> bool:
    """Tell whether a number of a list would be stored as another label."""
    ours, theirs = dict(here.mapping), dict(there.mapping)
    return any(
        ours.get(number, number) != theirs.get(number, number)
        for number in {**ours, **theirs}
        if all(
            number in own or _takes(task, number) for own, task in ((ours, here), (theirs, there))
        )
    )


def _takes(task: LabelTask, number: float) -> bool:
    return bool(task.rule.allowed(np.array(number, np.float32)))


def _flat(whole: WholeTask) -> tuple[int, ...]:
    return (*chain.from_iterable(whole.columns), *whole.weights)


def _classes(here: LabelTask, there: LabelTask) -> tuple[str, str]:
    if here.class_names and there.class_names:
        return _lists(here.class_names, there.class_names)
    return str(len(here.classes)), str(len(there.classes))


def _label(task: LabelTask) -> str:
    return "none" if task.ignore_label is None else str(task.ignore_label)


def _mapping(task: LabelTask) -> str:
    pairs = ", ".join(f"{number:g}: {label:g}" for number, label in task.mapping)
    return f"{{{pairs}}}"


def _lists(here: Sequence[object], there: Sequence[object]) -> tuple[str, str]:
    """Return two lists as texts that begin, where they are long, at the first item that differs."""
    shorter = min(len(here), len(there))
    alike = next((place for place in range(shorter) if here[place] != there[place]), shorter)
    start = alike if alike >= _MOST else 0
    first, second = (
        f"[{'..., ' * bool(start)}{listed(own[start:], most=_MOST)}]" for own in (here, there)
    )
    return first, second
