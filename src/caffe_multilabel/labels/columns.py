"""Which label columns each task reads."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from caffe_multilabel.errors import TaskFileError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caffe_multilabel.tasks.model import Task

__all__ = ["LabelColumns", "label_columns"]


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
