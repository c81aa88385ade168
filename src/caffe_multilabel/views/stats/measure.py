"""Counts and measures labels: those of one task, and those of a whole label DB."""

from __future__ import annotations

import hashlib
import math
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from caffe_multilabel.data.label_table import read_label_table
from caffe_multilabel.labels import LabelLayout, LabelSchema, measure_columns, whole_tasks
from caffe_multilabel.tasks import load_tasks
from caffe_multilabel.views.stats.correlation import correlate
from caffe_multilabel.views.stats.identities import measure_identities
from caffe_multilabel.views.stats.results import (
    BinaryStats,
    BinaryValue,
    ClassCount,
    ClassStats,
    LabelStats,
    RealStats,
    RealValue,
    TaskStats,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from caffe_multilabel._base.arguments import StrPath
    from caffe_multilabel.labels import ColumnSummary, LabelTask
    from caffe_multilabel.tasks import TaskFile

__all__ = ["label_stats", "measure_labels", "measure_task", "measure_whole_tasks"]

_MOST_COMPARED = 256
_ROWS = 1 << 16


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
        DatabaseError: the DB cannot be read, is empty or an image DB by its manifest, or its
            records differ in length.
        TaskFileError: the task file is wrong or wants columns that are not there.
        OptionError: `threads` is out of its range.

    Example:
        >>> from caffe_multilabel import label_stats
        >>> kind = label_stats("train_labels").tasks[0]
        >>> [(each.name, each.count) for each in kind.classes][:3]
        [('circle', 15), ('square', 10), ('triangle', 17)]
    """
    file = None if tasks is None or isinstance(tasks, LabelSchema) else load_tasks(tasks)
    table = read_label_table(labels, tasks=tasks if file is None else file, threads=threads)
    return measure_labels(
        table.labels, table.layout.tasks, images_per_record=table.images_per_record, file=file
    )


def measure_labels(
    labels: NDArray[np.float32],
    tasks: Sequence[LabelTask],
    *,
    images_per_record: int = 1,
    file: TaskFile | None = None,
) -> LabelStats:
    """Measure labels that are in memory.

    Args:
        labels: float32 (N, L), N at least 1.
        tasks: the tasks that read its columns.
        images_per_record: images that a record has.
        file: the task file that they are of, if there is one: it tells whose loss is another than
            the usual one.
    """
    layout = LabelLayout(label_count=labels.shape[1], tasks=tuple(tasks))
    columns = [column for task in tasks for column in task.columns]
    rules = [task.rule for task in tasks for _ in task.columns]
    found = iter(measure_columns(labels, rules, columns))
    measured = [_measured(task, list(islice(found, len(task.columns))), labels) for task in tasks]
    few = max(labels.shape[1], len(columns)) <= _MOST_COMPARED
    unusual = _unusual_losses(tasks, file)
    of_labels = [task for task in tasks if not task.is_weight]
    compared = sorted({*range(layout.label_count)} - _weights_alone(tasks))
    return LabelStats(
        records=len(labels),
        label_count=labels.shape[1],
        tasks=tuple(
            replace(each, baseline_loss=None) if each.task in unusual else each for each in measured
        ),
        identities=measure_identities(labels, tasks, images_per_record),
        correlation=correlate(of_labels, labels) if few else None,
        constant_columns=_constant_columns(labels, compared) if few else (),
        duplicate_columns=_duplicate_columns(labels, compared, tasks) if few else (),
        unread_columns=layout.free,
    )


def measure_task(task: LabelTask, labels: NDArray[np.float32]) -> TaskStats:
    """Measure the labels of one task.

    Args:
        task: the task.
        labels: float32 (N, L), N at least 1.
    """
    rules = (task.rule,) * len(task.columns)
    return _measured(task, measure_columns(labels, rules, task.columns), labels)


def measure_whole_tasks(
    tasks: Sequence[LabelTask], sets: Sequence[NDArray[np.float32]]
) -> tuple[tuple[TaskStats, ...], ...]:
    """Measure each task of a task file in several sets, the images of a record together.

    Args:
        tasks: who reads the columns; weights are left out.
        sets: the labels of each set, float32 (N, L), N at least 1.

    Returns:
        For each task what each set holds of it.
    """
    return tuple(
        tuple(measure_task(whole.task, whole.items(labels)) for labels in sets)
        for whole in whole_tasks(tasks)
    )


def _measured(
    task: LabelTask, columns: Sequence[ColumnSummary], labels: NDArray[np.float32]
) -> TaskStats:
    return _MEASURES[task.kind](task, columns, len(labels))


def _unusual_losses(tasks: Sequence[LabelTask], file: TaskFile | None) -> set[str]:
    """Return the names of the tasks whose loss is not the one that Caffe's layer has by itself."""
    known = () if file is None else file.tasks
    unusual = {task.name for task in known if not task.has_usual_loss}
    unusual |= {whole.task.name for whole in whole_tasks(tasks) if whole.weights}
    return {task.name for task in tasks if (task.part_of or task.name) in unusual}


def _weights_alone(tasks: Sequence[LabelTask]) -> set[int]:
    """Return the columns that hold weights of losses, and no labels."""
    weights = {column for task in tasks if task.is_weight for column in task.columns}
    return weights - {column for task in tasks if not task.is_weight for column in task.columns}


def _constant_columns(labels: NDArray[np.float32], columns: Sequence[int]) -> tuple[int, ...]:
    """Return the columns of (N, L) labels that hold the same number in all records.

    Args:
        labels: float32 (N, L).
        columns: those that are looked at.
    """
    same = np.ones(labels.shape[1], dtype=np.bool_)
    for begin in range(0, len(labels), _ROWS):
        same &= (labels[begin : begin + _ROWS] == labels[:1]).all(axis=0)
    return tuple(column for column in columns if same[column])


def _duplicate_columns(
    labels: NDArray[np.float32], columns: Sequence[int], tasks: Sequence[LabelTask]
) -> tuple[tuple[int, ...], ...]:
    """Return the groups of equal columns of (N, L) labels, constant ones left out; likewise.

    Labels of several images may be equal by intent, as those of a triplet's first two are.
    """
    several = [
        {column for item in whole.columns for column in item}
        for whole in whole_tasks(tasks)
        if len(whole.columns) > 1
    ]
    constant = set(_constant_columns(labels, columns))
    groups: dict[bytes, list[int]] = {}
    for column in columns:
        if column not in constant:
            # Adding 0 makes 0 of -0, which is the same label in other bytes.
            content = np.ascontiguousarray(labels[:, column] + np.float32(0))
            groups.setdefault(hashlib.sha256(content.tobytes()).digest(), []).append(column)
    return tuple(
        tuple(group)
        for group in groups.values()
        if len(group) > 1 and not any(own.issuperset(group) for own in several)
    )


def _classes(task: LabelTask, columns: Sequence[ColumnSummary], _: int) -> ClassStats:
    (column,) = columns
    counted = column.count
    counts = column.class_counts
    return ClassStats(
        task=task.name,
        loss=task.loss,
        column=task.columns[0],
        counted=counted,
        missing=column.missing,
        wrong=column.wrong,
        classes=tuple(
            ClassCount(label, task.class_name(index), count, count / max(counted, 1))
            for index, (label, count) in enumerate(zip(task.classes, counts.tolist(), strict=True))
        ),
        baseline_accuracy=float(counts.max()) / counted if counted else None,
        baseline_loss=_entropy(counts / counted) if counted and task.loss == "softmax" else None,
    )


def _binary(task: LabelTask, columns: Sequence[ColumnSummary], records: int) -> BinaryStats:
    values = tuple(map(_binary_value, task.parts, task.columns, columns))
    right = [value.baseline_accuracy for value in values if value.baseline_accuracy is not None]
    loss = sum(
        _entropy(np.array([value.share, 1 - value.share])) * value.counted / records
        for value in values
        if value.share is not None
    )
    return BinaryStats(
        task=task.name,
        loss=task.loss,
        values=values,
        baseline_accuracy=sum(right) / len(right) if right else None,
        baseline_loss=loss if right and task.loss == "sigmoid" else None,
    )


def _binary_value(name: str, column: int, summary: ColumnSummary) -> BinaryValue:
    positives = int(summary.class_counts[1])
    share = positives / summary.count if summary.count else None
    return BinaryValue(
        name=name,
        column=column,
        counted=summary.count,
        missing=summary.missing,
        wrong=summary.wrong,
        positives=positives,
        share=share,
        baseline_accuracy=None if share is None else max(share, 1 - share),
    )


def _real(task: LabelTask, columns: Sequence[ColumnSummary], records: int) -> RealStats:
    values = tuple(map(_real_value, task.parts, task.columns, columns))
    known = task.loss == "euclidean" and all(column.count for column in columns)
    loss = sum(column.variance * column.count for column in columns) / 2 / max(records, 1)
    return RealStats(
        task=task.name,
        loss=task.loss,
        values=values,
        baseline_loss=loss if known else None,
    )


def _real_value(name: str, column: int, summary: ColumnSummary) -> RealValue:
    some = summary.count > 0
    return RealValue(
        name=name,
        column=column,
        counted=summary.count,
        missing=summary.missing,
        wrong=summary.wrong,
        least=summary.least,
        greatest=summary.greatest,
        mean=summary.mean if some else None,
        std=math.sqrt(summary.variance) if some else None,
    )


_MEASURES: dict[str, Callable[[LabelTask, Sequence[ColumnSummary], int], TaskStats]] = {
    "class": _classes,
    "binary": _binary,
    "real": _real,
}


def _entropy(shares: NDArray[np.float64]) -> float:
    some = shares[shares > 0]
    return float(-(some * np.log(some)).sum())
