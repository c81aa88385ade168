"""Class weights for tasks whose classes are not equally frequent, as infogain matrices."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from caffe_multilabel.caffe.proto.blobs import array_to_blob
from caffe_multilabel.errors import OptionError, TaskFileError

if TYPE_CHECKING:
    from caffe_multilabel.caffe.proto.types import BlobProto
    from caffe_multilabel.nets.generate.label_statistics import LabelStatistics
    from caffe_multilabel.tasks import ResolvedTasks, TaskFile

__all__ = ["infogain_files", "infogain_matrices", "is_balanced"]

# A matrix has a float for each pair of classes, and Caffe reads files below 2 GiB.
_MOST_CLASSES = 20_000


def is_balanced(tasks: TaskFile) -> bool:
    """Tell whether any task asks for class weights from the label DB."""
    return any(task.class_weight == "balanced" for task in tasks.tasks)


def infogain_files(tasks: TaskFile) -> dict[str, str]:
    """Name the matrix file of each balanced task, by the task's name."""
    files: dict[str, str] = {}
    for index, task in enumerate(tasks.tasks):
        if task.class_weight == "balanced":
            stem = re.sub(r"[^\w.-]", "_", task.name)
            taken = f"infogain_{stem}.binaryproto" in files.values()
            files[task.name] = f"infogain_{stem}{f'_{index}' if taken else ''}.binaryproto"
    return files


def infogain_matrices(
    tasks: ResolvedTasks, statistics: LabelStatistics | None, warnings: list[str]
) -> dict[str, BlobProto]:
    """Make the matrix of each balanced task.

    A matrix is diagonal: class k has the weight N / (P n_k), for N labels that count, P classes
    that occur and n_k labels of class k. So each class weighs the same in the sum over the label
    DB, and the loss starts at ln K, for K classes, as without weights.

    Args:
        tasks: the tasks.
        statistics: what the label DB holds.
        warnings: gets a sentence for each task with classes that do not occur.

    Returns:
        The matrices, K x K, by the task's name.

    Raises:
        TaskFileError: there are no statistics, or a task has too many classes or no label.
        OptionError: the statistics are not those of the task's classes.
    """
    matrices: dict[str, BlobProto] = {}
    for index, (task, columns) in enumerate(tasks.with_columns()):
        if task.class_weight != "balanced":
            continue
        key = f"tasks[{index}].class_weight"
        if statistics is None:
            raise TaskFileError(
                f"{key}: balanced needs the label DB at data.train.labels, which is not there yet",
                key=key,
            )
        if task.class_count > _MOST_CLASSES:
            raise TaskFileError(
                f"{key}: found {task.class_count} classes; a matrix for more than "
                f"{_MOST_CLASSES} is larger than Caffe reads",
                key=key,
            )
        counts = np.array(statistics.columns[columns[0]].class_counts, dtype=np.float64)
        if len(counts) != task.class_count:
            raise OptionError(
                f"label_statistics: column {columns[0]} counts {len(counts)} classes; "
                f"task '{task.name}' has {task.class_count}",
                key=key,
            )
        if not counts.any():
            raise TaskFileError(f"{key}: the label DB has no label of '{task.name}'", key=key)
        absent = np.flatnonzero(counts == 0)
        if len(absent):
            warnings.append(
                f"task '{task.name}': {len(absent)} of {len(counts)} classes have no record "
                f"({', '.join(map(str, absent[:10]))}{', ...' if len(absent) > 10 else ''}); "
                "their class weight is 0"
            )
        weights = np.divide(
            counts.sum(),
            np.count_nonzero(counts) * counts,
            out=np.zeros_like(counts),
            where=counts > 0,
        )
        matrices[task.name] = array_to_blob(np.diag(weights))
    return matrices
