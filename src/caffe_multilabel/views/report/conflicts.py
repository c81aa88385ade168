"""Pictures that look the same but are labelled differently."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from caffe_multilabel.labels.layout import LabelTask

__all__ = ["conflicting_tasks", "label_spreads"]

_MOST_SPREAD = 0.5


def label_spreads(
    tasks: Sequence[LabelTask], labels: NDArray[np.float32]
) -> dict[str, NDArray[np.float64]]:
    """Return the standard deviation of each column of the tasks of real numbers, by task.

    Args:
        tasks: the tasks.
        labels: all labels, float32 (N, L).
    """
    spreads = {}
    for task in tasks:
        if task.kind == "real":
            own = labels[:, list(task.columns)].astype(np.float64)
            own[~np.isfinite(own)] = np.nan
            counted = ~np.isnan(own).all(axis=0)
            spread = np.zeros(own.shape[1])
            spread[counted] = np.nanstd(own[:, counted], axis=0)
            spreads[task.name] = spread
    return spreads


def conflicting_tasks(
    tasks: Sequence[LabelTask],
    labels: NDArray[np.float32],
    spreads: dict[str, NDArray[np.float64]],
) -> list[str]:
    """Return the tasks by which pictures that look the same are not labelled the same.

    Classes and yes/no values conflict if any two differ that both count. Real numbers do if they
    are more than half a standard deviation of the task apart.

    Args:
        tasks: the tasks.
        labels: the labels of these pictures, float32 (K, L).
        spreads: see `label_spreads`.
    """
    found = []
    for task in tasks:
        own = labels[:, list(task.columns)]
        counts = task.counts(own)
        ranges = np.array(
            [
                np.ptp(column[good]) if good.any() else 0.0
                for column, good in zip(own.T, counts.T, strict=True)
            ]
        )
        allowed = _MOST_SPREAD * spreads[task.name] if task.kind == "real" else 0.0
        if (ranges > allowed).any():
            found.append(task.name)
    return found
