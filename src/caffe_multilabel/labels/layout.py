"""Which label columns are whose, as a schema says or, without one, the labels themselves."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from caffe_multilabel.errors import TaskFileError
from caffe_multilabel.tasks.losses import LOSSES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from caffe_multilabel.labels import LabelSchema, TaskLabels
    from caffe_multilabel.tasks.model import Task

__all__ = ["LabelColumns", "LabelTask", "TaskKind", "guess_tasks", "label_columns", "schema_tasks"]


TaskKind: TypeAlias = Literal["class", "binary", "real"]

_MOST_CLASSES = 256
"""A column of more distinct whole numbers is taken for a measure, not for classes."""
_MOST_COLUMNS = 1024
"""Longer records without a schema are taken for one label map."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelTask:
    """The labels of one task, as statistics look at them.

    Attributes:
        name: the task.
        loss: its loss; None where nothing tells.
        kind: `class` one of several classes, `binary` yes or no, `real` any number.
        columns: its label columns.
        value_names: a name for each column; empty where they have none.
        classes: the label of each class in rising order; empty unless `kind` is `class`.
        class_names: their names; empty where they have none.
        ignore_label: the label of records that the task leaves out, or None.
    """

    name: str
    loss: str | None
    kind: TaskKind
    columns: tuple[int, ...]
    value_names: tuple[str, ...] = ()
    classes: tuple[int, ...] = ()
    class_names: tuple[str, ...] = ()
    ignore_label: int | None = None

    @property
    def full_names(self) -> tuple[str, ...]:
        """A name for each column that tells it from those of all tasks."""
        if len(self.columns) == 1:
            return (self.name,)
        parts = self.value_names or tuple(map(str, range(len(self.columns))))
        return tuple(f"{self.name}.{part}" for part in parts)

    def class_name(self, place: int) -> str:
        """Return the name of a class by its place, its number where it has none."""
        return self.class_names[place] if self.class_names else str(self.classes[place])

    def missing(self, labels: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Tell which labels are left out by the task's `ignore_label`, in the labels' shape."""
        if self.ignore_label is None:
            return np.zeros(labels.shape, dtype=np.bool_)
        return np.equal(labels, np.float32(self.ignore_label))

    def places(self, column: NDArray[np.float32]) -> NDArray[np.int64]:
        """Return the place of each label's class, -1 for labels that are no class.

        Args:
            column: the labels of a task of classes, (N,).
        """
        known = np.array(self.classes, dtype=np.float64)
        labels = column.astype(np.float64)
        labels[~np.isfinite(labels)] = np.inf
        found = np.minimum(np.searchsorted(known, labels), len(known) - 1)
        return np.where(known[found] == labels, found, -1)

    def counts(self, labels: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Tell which labels count: finite, not missing, and what the kind allows.

        Args:
            labels: the labels of the task's columns, (N, len(columns)).
        """
        good = np.isfinite(labels) & ~self.missing(labels)
        if self.kind == "binary":
            good &= (labels == 0) | (labels == 1)
        elif self.kind == "class":
            good &= self.places(labels[:, 0])[:, np.newaxis] >= 0
        return good


def schema_tasks(schema: LabelSchema) -> tuple[LabelTask, ...]:
    """Take the tasks of a label schema."""
    return tuple(map(_from_schema, schema.tasks))


def guess_tasks(labels: NDArray[np.float32], names: Sequence[str] = ()) -> tuple[LabelTask, ...]:
    """Take each column for a task of its own: classes if it holds few whole numbers, else real.

    Args:
        labels: float32 (N, L).
        names: a name for each column, or empty.
    """
    records, width = labels.shape
    if width > _MOST_COLUMNS:
        return (LabelTask(name="labels", loss=None, kind="real", columns=tuple(range(width))),)
    tasks = []
    for column in range(width):
        name = names[column] if names else f"column {column}"
        classes = _whole_numbers(labels[:, column])
        few = 0 < len(classes) <= min(_MOST_CLASSES, max(records // 4, 2))
        tasks.append(
            LabelTask(
                name=name,
                loss=None,
                kind="class" if few else "real",
                columns=(column,),
                classes=classes if few else (),
            )
        )
    return tuple(tasks)


def _from_schema(task: TaskLabels) -> LabelTask:
    kinds: dict[str, TaskKind] = {"class": "class", "binary": "binary"}
    return LabelTask(
        name=task.name,
        loss=task.loss,
        kind=kinds.get(LOSSES[task.loss].kind, "real"),
        columns=task.columns,
        value_names=task.value_names,
        classes=tuple(range(task.classes)),
        class_names=task.class_names,
        ignore_label=task.ignore_label,
    )


def _whole_numbers(column: NDArray[np.float32]) -> tuple[int, ...]:
    """Return the distinct values of a column of whole numbers, empty for other columns."""
    if not np.isfinite(column).all() or (column != np.floor(column)).any():
        return ()
    return tuple(int(value) for value in np.unique(column))


@dataclass(frozen=True, slots=True)
class LabelColumns:
    """The label columns of a task file's tasks.

    Attributes:
        names: the tasks' names, in file order.
        columns: for each task the columns it reads, in the order of its values.
    """

    names: tuple[str, ...]
    columns: tuple[tuple[int, ...], ...]

    @property
    def width(self) -> int:
        """The least number of label columns that holds every task."""
        return 1 + max(max(columns) for columns in self.columns)

    def free(self, label_count: int) -> tuple[int, ...]:
        """Return the columns that no task reads, out of `label_count` columns.

        Raises:
            TaskFileError: a task reads a column that is not there.
        """
        for place, (name, columns) in enumerate(zip(self.names, self.columns, strict=True)):
            if max(columns) >= label_count:
                raise TaskFileError(
                    f"task '{name}' reads label column {max(columns)}, but records have "
                    f"{label_count} labels (columns 0 to {label_count - 1}); "
                    f"the tasks need {self.width}",
                    key=f"tasks[{place}]",
                )
        taken = {column for columns in self.columns for column in columns}
        return tuple(column for column in range(label_count) if column not in taken)


def label_columns(tasks: Sequence[Task]) -> LabelColumns:
    """Give each task its label columns.

    A task with `columns` reads those. The others take, in file order, the lowest columns that
    no task names.
    """
    named = {column for task in tasks for column in task.columns or ()}
    rest = (column for column in count() if column not in named)
    return LabelColumns(
        names=tuple(task.name for task in tasks),
        columns=tuple(
            task.columns or tuple(next(rest) for _ in range(task.width)) for task in tasks
        ),
    )
