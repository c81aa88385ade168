"""Weights for classes and values that are not equally frequent, and matrices of classes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from caffe_multilabel.caffe.proto.blobs import array_to_blob
from caffe_multilabel.errors import OptionError, TaskFileError
from caffe_multilabel.nets.generate.recipes.class_losses import cost_matrix

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from caffe_multilabel.caffe.proto.types import BlobProto
    from caffe_multilabel.nets.generate.label_statistics import LabelStatistics
    from caffe_multilabel.tasks import ResolvedTasks, Task, TaskFile

__all__ = ["infogain_files", "infogain_matrices", "is_balanced", "positive_weights"]

# A matrix has a float for each pair of classes, and Caffe reads files below 2 GiB.
_MOST_CLASSES = 20_000


def is_balanced(tasks: TaskFile) -> bool:
    """Tell whether any task asks for weights of its classes or values from the label DB."""
    return any("balanced" in (task.class_weight, task.positive_weight) for task in tasks.tasks)


def infogain_files(tasks: TaskFile) -> dict[str, str]:
    """Name the matrix file of each task that has one, by the task's name."""
    files: dict[str, str] = {}
    for index, task in enumerate(tasks.tasks):
        if task.class_weight is not None or task.label_smoothing is not None:
            stem = re.sub(r"[^\w.-]", "_", task.name)
            taken = f"infogain_{stem}.binaryproto" in files.values()
            files[task.name] = f"infogain_{stem}{f'_{index}' if taken else ''}.binaryproto"
    return files


def infogain_matrices(
    tasks: ResolvedTasks, statistics: LabelStatistics | None, warnings: list[str]
) -> dict[str, BlobProto]:
    """Make the matrix of each task with class weights or label smoothing.

    Class weights are its diagonal; balanced ones are N / (P n_k) of class k, for N labels that
    count, P classes that occur and n_k labels of class k. So each class weighs the same in the sum
    over the label DB, and the loss starts at ln K, for K classes, as without weights. For smoothing
    see `cost_matrix`.

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
    for index, (task, (columns, _)) in enumerate(tasks.with_columns()):
        if task.class_weight is None and task.label_smoothing is None:
            continue
        name = "label_smoothing" if task.class_weight is None else "class_weight"
        key = f"tasks[{index}].{name}"
        if task.class_count > _MOST_CLASSES:
            raise TaskFileError(
                f"{key}: found {task.class_count} classes; a matrix for more than "
                f"{_MOST_CLASSES} is larger than Caffe reads",
                key=key,
            )
        weights: Sequence[float] | None = None
        if isinstance(task.class_weight, tuple):
            weights = task.class_weight
        elif task.class_weight is not None:
            weights = _balanced_classes(task, columns, statistics, key, warnings).tolist()
        matrix = cost_matrix(
            task.class_count, weights=weights, smoothing=task.label_smoothing or 0.0
        )
        matrices[task.name] = array_to_blob(matrix)
    return matrices


def positive_weights(
    tasks: ResolvedTasks, statistics: LabelStatistics | None, warnings: list[str]
) -> dict[str, tuple[float, ...]]:
    """Return what a yes weighs in each value of a task that says so, by the task's name.

    Balanced is the number of noes by that of yesses in the value's column, so that both weigh the
    same in the sum over the label DB.

    Args:
        tasks: the tasks.
        statistics: what the label DB holds.
        warnings: gets a sentence for each task with values that are never yes, or always.

    Raises:
        TaskFileError: there are no statistics.
    """
    found: dict[str, tuple[float, ...]] = {}
    for index, (task, (columns, _)) in enumerate(tasks.with_columns()):
        wanted = task.positive_weight
        if wanted is None:
            continue
        if isinstance(wanted, tuple):
            found[task.name] = wanted
        elif wanted != "balanced":
            found[task.name] = (wanted,) * task.width
        else:
            key = f"tasks[{index}].positive_weight"
            counts = _counts(task, columns, statistics, key)
            # Images with labels of their own have the columns of a value one for each image.
            no, yes = counts.reshape(-1, task.width, 2).sum(axis=0).T
            alone = (no == 0) | (yes == 0)
            if alone.any():
                warnings.append(
                    f"task '{task.name}': {np.count_nonzero(alone)} of {len(alone)} values are "
                    "never yes, or always; a yes of them weighs 1"
                )
            ratio = np.divide(no, yes, out=np.ones(len(no)), where=~alone)
            found[task.name] = tuple(ratio.tolist())
    return found


def _balanced_classes(
    task: Task,
    columns: Sequence[int],
    statistics: LabelStatistics | None,
    key: str,
    warnings: list[str],
) -> NDArray[np.float64]:
    counts = _counts(task, columns, statistics, key).sum(axis=0)
    if not counts.any():
        raise TaskFileError(f"{key}: the label DB has no label of '{task.name}'", key=key)
    absent = np.flatnonzero(counts == 0)
    if len(absent):
        warnings.append(
            f"task '{task.name}': {len(absent)} of {len(counts)} classes have no record "
            f"({', '.join(map(str, absent[:10]))}{', ...' if len(absent) > 10 else ''}); "
            "their class weight is 0"
        )
    weights: NDArray[np.float64] = np.divide(
        counts.sum(),
        np.count_nonzero(counts) * counts,
        out=np.zeros_like(counts),
        where=counts > 0,
    )
    return weights


def _counts(
    task: Task, columns: Sequence[int], statistics: LabelStatistics | None, key: str
) -> NDArray[np.float64]:
    """Return how often each class, or no and yes, occurs in each of a task's columns.

    Raises:
        TaskFileError: there are no statistics.
        OptionError: the statistics are not those of the task's classes.
    """
    if statistics is None:
        raise TaskFileError(
            f"{key}: balanced needs the label DB at data.train.labels, which is not there yet",
            key=key,
        )
    wanted = task.class_count or 2
    counts = [statistics.columns[column].class_counts for column in columns]
    for column, found in zip(columns, counts, strict=True):
        if len(found) != wanted:
            raise OptionError(
                f"label_statistics: column {column} counts {len(found)} classes; "
                f"task '{task.name}' has {wanted}",
                key=key,
            )
    return np.array(counts, dtype=np.float64)
