"""Measures the labels of a label DB."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel.views.stats.columns import constant_columns, duplicate_columns
from caffe_multilabel.views.stats.correlation import correlate
from caffe_multilabel.views.stats.label_db import read_label_table
from caffe_multilabel.views.stats.measure import measure_task
from caffe_multilabel.views.stats.model import LabelStats

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from caffe_multilabel.data.records import StrPath
    from caffe_multilabel.labels import LabelSchema
    from caffe_multilabel.tasks import TaskFile
    from caffe_multilabel.views.stats.label_tasks import LabelTask

__all__ = ["label_stats", "measure_labels"]

_MOST_COMPARED = 256


def label_stats(
    labels: StrPath,
    *,
    tasks: TaskFile | LabelSchema | StrPath | None = None,
    threads: int | None = None,
) -> LabelStats:
    """Measure the labels of a label DB, task by task.

    Args:
        labels: the label DB.
        tasks: the task file or its path. None takes the schema in the DB's manifest; where there
            is none, each column is a task of its own: one of classes if it holds few whole
            numbers, else one of real numbers.
        threads: threads that read; None takes the CPUs this process may use.

    Raises:
        DatabaseError: the DB cannot be read or is empty, or its records differ in length.
        TaskFileError: the task file is wrong or wants columns that are not there.
        OptionError: `threads` is out of its range.
    """
    table = read_label_table(labels, tasks=tasks, threads=threads)
    return measure_labels(table.labels, table.tasks)


def measure_labels(labels: NDArray[np.float32], tasks: Sequence[LabelTask]) -> LabelStats:
    """Measure labels that are in memory.

    Args:
        labels: float32 (N, L), N at least 1.
        tasks: the tasks that read its columns.
    """
    read = {column for task in tasks for column in task.columns}
    few = max(labels.shape[1], sum(len(task.columns) for task in tasks)) <= _MOST_COMPARED
    return LabelStats(
        records=len(labels),
        label_count=labels.shape[1],
        tasks=tuple(measure_task(task, labels) for task in tasks),
        correlation=correlate(tasks, labels) if few else None,
        constant_columns=constant_columns(labels) if few else (),
        duplicate_columns=duplicate_columns(labels) if few else (),
        unread_columns=tuple(c for c in range(labels.shape[1]) if c not in read),
    )
