"""Chooses the pictures that a reader looks at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from caffe_multilabel.labels.layout import LabelTask

__all__ = ["choose_pictures"]


def choose_pictures(
    tasks: Sequence[LabelTask],
    labels: NDArray[np.float32],
    readable: NDArray[np.bool_],
    count: int,
) -> list[int]:
    """Choose pictures at random so that, as far as may be, every class is among them.

    The same labels give the same choice.

    Args:
        tasks: the tasks.
        labels: float32 (N, L).
        readable: bool (N,), which pictures may be chosen.
        count: how many.

    Returns:
        Their places, rising.
    """
    order = np.random.Generator(np.random.PCG64(0)).permutation(len(labels))
    order = order[readable[order]]
    if len(order) <= count:
        return sorted(order.tolist())
    chosen: dict[int, None] = {}
    # Rare classes first: a picture of a rare class shows a common one of another task as well.
    for holders in sorted(_holders(tasks, labels[order]), key=len):
        if len(chosen) == count:
            break
        if not any(int(order[place]) in chosen for place in holders):
            chosen[int(order[holders[0]])] = None
    for place in order.tolist():
        if len(chosen) == count:
            break
        chosen[place] = None
    return sorted(chosen)


def _holders(
    tasks: Sequence[LabelTask], labels: NDArray[np.float32]
) -> Iterator[NDArray[np.int64]]:
    """Give for each class and each yes the places of the records that have it."""
    for task in tasks:
        if task.kind == "class":
            places = task.places(labels[:, task.columns[0]])
            order = np.argsort(places, kind="stable")
            cuts = np.flatnonzero(np.diff(places[order])) + 1
            yield from (part for part in np.split(order, cuts) if places[part[0]] >= 0)
        elif task.kind == "binary":
            for column in task.columns:
                holders = np.flatnonzero(labels[:, column] == 1)
                if len(holders):
                    yield holders
