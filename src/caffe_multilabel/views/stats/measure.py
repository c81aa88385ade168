"""Counts and measures labels: those of one task, and those of a whole label DB."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from caffe_multilabel.data.label_table import read_label_table
from caffe_multilabel.views.stats.correlation import correlate
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
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from caffe_multilabel.data.records import StrPath
    from caffe_multilabel.labels import LabelSchema
    from caffe_multilabel.labels.layout import LabelTask
    from caffe_multilabel.tasks import TaskFile

__all__ = ["constant_columns", "duplicate_columns", "label_stats", "measure_labels", "measure_task"]


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


def constant_columns(labels: NDArray[np.float32]) -> tuple[int, ...]:
    """Return the columns of (N, L) labels that hold the same number in all records."""
    same = (labels == labels[:1]).all(axis=0)
    return tuple(np.flatnonzero(same).tolist()) if len(labels) else ()


def duplicate_columns(labels: NDArray[np.float32]) -> tuple[tuple[int, ...], ...]:
    """Return the groups of equal columns of (N, L) labels, constant ones left out."""
    constant = set(constant_columns(labels))
    groups: dict[bytes, list[int]] = {}
    for column in range(labels.shape[1]):
        if column not in constant:
            # Adding 0 makes 0 of -0, which is the same label in other bytes.
            content = np.ascontiguousarray(labels[:, column] + np.float32(0))
            groups.setdefault(hashlib.sha256(content.tobytes()).digest(), []).append(column)
    return tuple(tuple(group) for group in groups.values() if len(group) > 1)


def measure_task(task: LabelTask, labels: NDArray[np.float32]) -> TaskStats:
    """Measure a task.

    Args:
        task: the task.
        labels: the labels of all columns, float32 (N, L).
    """
    own = labels[:, list(task.columns)]
    if task.kind == "class":
        return _classes(task, own)
    return _binary(task, own) if task.kind == "binary" else _real(task, own)


def _classes(task: LabelTask, labels: NDArray[np.float32]) -> ClassStats:
    missing = task.missing(labels)[:, 0]
    places = task.places(labels[:, 0])[~missing]
    counts = np.bincount(places[places >= 0], minlength=len(task.classes))
    counted = int(counts.sum())
    return ClassStats(
        task=task.name,
        loss=task.loss,
        column=task.columns[0],
        counted=counted,
        missing=int(missing.sum()),
        wrong=len(places) - counted,
        classes=tuple(
            ClassCount(label, task.class_name(place), count, count / max(counted, 1))
            for place, (label, count) in enumerate(zip(task.classes, counts.tolist(), strict=True))
        ),
        baseline_accuracy=float(counts.max()) / counted if counted else None,
        baseline_loss=_entropy(counts / counted) if counted and task.loss == "softmax" else None,
    )


def _binary(task: LabelTask, labels: NDArray[np.float32]) -> BinaryStats:
    missing = task.missing(labels)
    good = task.counts(labels)
    positives = ((labels == 1) & good).sum(axis=0).tolist()
    values = []
    loss = 0.0
    for place, (name, column) in enumerate(zip(_parts(task), task.columns, strict=True)):
        counted = int(good[:, place].sum())
        share = positives[place] / counted if counted else None
        if share is not None:
            loss += _entropy(np.array([share, 1 - share])) * counted / len(labels)
        values.append(
            BinaryValue(
                name=name,
                column=column,
                counted=counted,
                missing=int(missing[:, place].sum()),
                wrong=int((~good[:, place] & ~missing[:, place]).sum()),
                positives=positives[place],
                share=share,
                baseline_accuracy=None if share is None else max(share, 1 - share),
            )
        )
    right = [value.baseline_accuracy for value in values if value.baseline_accuracy is not None]
    return BinaryStats(
        task=task.name,
        loss=task.loss,
        values=tuple(values),
        baseline_accuracy=sum(right) / len(right) if right else None,
        baseline_loss=loss if right else None,
    )


def _real(task: LabelTask, labels: NDArray[np.float32]) -> RealStats:
    columns = zip(_parts(task), task.columns, labels.T, strict=True)
    values = tuple(_real_value(name, column, held) for name, column, held in columns)
    deviations = [value.std for value in values if value.std is not None]
    complete = len(deviations) == len(values)
    return RealStats(
        task=task.name,
        loss=task.loss,
        values=values,
        baseline_loss=sum(each**2 for each in deviations) / 2
        if complete and task.loss == "euclidean"
        else None,
    )


def _real_value(name: str, column: int, labels: NDArray[np.float32]) -> RealValue:
    finite = labels[np.isfinite(labels)].astype(np.float64)
    some = len(finite) > 0
    return RealValue(
        name=name,
        column=column,
        counted=len(finite),
        wrong=len(labels) - len(finite),
        least=float(finite.min()) if some else None,
        greatest=float(finite.max()) if some else None,
        mean=float(finite.mean()) if some else None,
        std=float(finite.std()) if some else None,
    )


def _parts(task: LabelTask) -> tuple[str, ...]:
    return task.value_names or tuple(map(str, range(len(task.columns))))


def _entropy(shares: NDArray[np.float64]) -> float:
    some = shares[shares > 0]
    return float(-(some * np.log(some)).sum())
