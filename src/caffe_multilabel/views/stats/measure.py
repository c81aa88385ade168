"""Counts and measures the labels of one task."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from caffe_multilabel.views.stats.model import (
    BinaryStats,
    BinaryValue,
    ClassCount,
    ClassStats,
    RealStats,
    RealValue,
    TaskStats,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from caffe_multilabel.views.stats.label_tasks import LabelTask

__all__ = ["measure_task"]


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
