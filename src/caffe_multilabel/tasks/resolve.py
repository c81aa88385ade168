"""A task file applied to records: which label columns each task reads, found once for everybody."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from caffe_multilabel.labels.layout import LabelLayout
from caffe_multilabel.labels.schema import LabelSchema
from caffe_multilabel.tasks.label_side import columns_of, task_labels

if TYPE_CHECKING:
    from collections.abc import Iterator

    from caffe_multilabel.tasks.label_side import OwnColumns
    from caffe_multilabel.tasks.model import Task
    from caffe_multilabel.tasks.task_file import TaskFile

__all__ = ["ResolvedTasks"]


@dataclass(frozen=True, slots=True, eq=False)
class ResolvedTasks:
    """A task file whose label columns are known.

    Attributes:
        file: the task file.
        schema: what the label columns mean, as a manifest keeps it.
        layout: the same as readers of labels look at it.

    Example:
        >>> from caffe_multilabel.tasks import load_tasks
        >>> file = load_tasks(
        ...     {"tasks": [{"name": "size", "loss": "euclidean", "dim": 2}]}
        ... )
        >>> ResolvedTasks.of(file).layout.columns
        ((0, 1),)
        >>> ResolvedTasks.of(file, 3).layout.free
        (2,)
    """

    file: TaskFile
    schema: LabelSchema
    layout: LabelLayout

    @classmethod
    def of(cls, file: TaskFile, label_count: int | None = None) -> ResolvedTasks:
        """Apply a task file to records.

        Args:
            file: the task file.
            label_count: labels of each record; None takes as many as the tasks read.

        Raises:
            TaskFileError: a task reads a column that is not there.
        """
        tasks = task_labels(file.tasks, file.data.record.images)
        schema = LabelSchema(label_count=0, tasks=tasks)
        schema = schema.over(schema.width if label_count is None else label_count)
        return cls(file, schema, LabelLayout.of(schema))

    def over(self, label_count: int) -> ResolvedTasks:
        """Return the same tasks, applied to records of so many labels.

        Raises:
            TaskFileError: a task reads a column that is not there.
        """
        schema = self.schema.over(label_count)
        return replace(self, schema=schema, layout=LabelLayout.of(schema))

    def with_columns(self) -> Iterator[tuple[Task, OwnColumns]]:
        """Go through the tasks of the file, each with its label columns; it may have none."""
        columns = columns_of(self.file.tasks, self.file.data.record.images)
        return zip(self.file.tasks, columns, strict=True)
