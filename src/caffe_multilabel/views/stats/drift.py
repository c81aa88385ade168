"""How far the labels of two sets, such as those for training and validation, are apart."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from caffe_multilabel.labels.layout import LabelTask

__all__ = ["TaskDrift", "label_drift"]

_LEVEL = 0.99
_DRAWS = 500


@dataclass(frozen=True, slots=True)
class TaskDrift:
    """How far a task's labels are apart.

    Attributes:
        task: its name.
        value: the value of the task that stands out most; empty for a task of one value.
        measure: `total variation`: half the sum of the differences between the shares of the
            classes, that is the part of the records that would need another class; for yes/no
            values the difference between the shares of yes. `Kolmogorov-Smirnov`: the greatest
            difference between the shares of records below any number.
        distance: from 0, the same, to 1, nothing in common.
        chance: a split at random stays below this distance 99 times in 100.
    """

    task: str
    value: str
    measure: Literal["total variation", "Kolmogorov-Smirnov"]
    distance: float
    chance: float

    @property
    def differs(self) -> bool:
        """Whether the distance is more than chance explains."""
        return self.distance > self.chance

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON-ready values."""
        return asdict(self) | {"differs": self.differs}


def label_drift(
    tasks: Sequence[LabelTask], train: NDArray[np.float32], val: NDArray[np.float32]
) -> tuple[TaskDrift, ...]:
    """Compare the labels of two sets, task by task.

    Args:
        tasks: the tasks.
        train: the labels of one set, float32 (N, L).
        val: those of the other, float32 (M, L).

    Returns:
        One for each task that has labels which count in both sets.
    """
    compare = {"class": _classes, "binary": _binary, "real": _real}
    drifts = []
    for task in tasks:
        found = []
        sets = [labels[:, list(task.columns)] for labels in (train, val)]
        counts = [task.counts(labels) for labels in sets]
        for index, name in enumerate(task.full_names):
            one, other = (
                labels[good[:, index], index] for labels, good in zip(sets, counts, strict=True)
            )
            if len(one) and len(other):
                value = name.removeprefix(f"{task.name}.") if len(task.columns) > 1 else ""
                found.append(compare[task.kind](task, value, one, other))
        if found:
            drifts.append(max(found, key=lambda drift: drift.distance / max(drift.chance, 1e-9)))
    return tuple(drifts)


def _classes(
    task: LabelTask, value: str, one: NDArray[np.float32], other: NDArray[np.float32]
) -> TaskDrift:
    counts = [
        np.bincount(task.indices(labels), minlength=len(task.classes)) for labels in (one, other)
    ]
    pooled = (counts[0] + counts[1]) / (len(one) + len(other))
    # A fixed seed: the same labels must give the same page.
    generator = np.random.Generator(np.random.PCG64(0))
    drawn = [generator.multinomial(len(labels), pooled, _DRAWS) for labels in (one, other)]
    distances = np.abs(drawn[0] / len(one) - drawn[1] / len(other)).sum(axis=1) / 2
    distance = np.abs(counts[0] / len(one) - counts[1] / len(other)).sum() / 2
    chance = float(np.quantile(distances, _LEVEL))
    return TaskDrift(task.name, value, "total variation", float(distance), chance)


def _binary(
    task: LabelTask, value: str, one: NDArray[np.float32], other: NDArray[np.float32]
) -> TaskDrift:
    shares = [float(labels.mean(dtype=np.float64)) for labels in (one, other)]
    pooled = float(np.concatenate([one, other]).mean(dtype=np.float64))
    deviation = math.sqrt(pooled * (1 - pooled) * (1 / len(one) + 1 / len(other)))
    chance = NormalDist().inv_cdf((1 + _value_level(task)) / 2) * deviation
    return TaskDrift(task.name, value, "total variation", abs(shares[0] - shares[1]), chance)


def _real(
    task: LabelTask, value: str, one: NDArray[np.float32], other: NDArray[np.float32]
) -> TaskDrift:
    first, second = np.sort(one), np.sort(other)
    every = np.concatenate([first, second])
    below = [np.searchsorted(each, every, side="right") / len(each) for each in (first, second)]
    distance = float(np.abs(below[0] - below[1]).max())
    # The limit of Kolmogorov's distribution for many records (Smirnov 1948), its first term.
    factor = math.sqrt(-math.log((1 - _value_level(task)) / 2) / 2)
    chance = factor * math.sqrt((len(one) + len(other)) / (len(one) * len(other)))
    return TaskDrift(task.name, value, "Kolmogorov-Smirnov", distance, min(chance, 1.0))


def _value_level(task: LabelTask) -> float:
    """Return the level of each value at which all values of a task keep theirs together."""
    return float(_LEVEL ** (1 / len(task.columns)))
