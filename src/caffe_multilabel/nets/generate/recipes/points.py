"""Points of a record, N x P x k: some of them, or all in another order, for any P."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from caffe_multilabel.nets.generate.recipes.arithmetic import sliced

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caffe_multilabel.nets.generate.builder import NetBuilder

__all__ = ["picked_points", "reordered_points"]


def picked_points(
    net: NetBuilder, suffix: str, points: str, wanted: Sequence[int], *, count: int, **fields: Any
) -> dict[int, str]:
    """Add some of the points alone. One layer, and a Silence where others are left.

    Args:
        net: the net.
        suffix: what the names of the layers end with.
        points: N x P x k.
        wanted: the indices of the points.
        count: P.
        **fields: further fields of the layers.

    Returns:
        The blob of each, N x 1 x k, by its index.
    """
    cuts = sorted({0, count, *wanted, *(index + 1 for index in wanted)})
    parts = list(pairwise(cuts))
    blobs = _cut(net, suffix, points, parts, **fields)
    alone = {first: blob for (first, _), blob in zip(parts, blobs, strict=True) if first in wanted}
    rest = [blob for (first, _), blob in zip(parts, blobs, strict=True) if first not in wanted]
    if rest:
        net.add("Silence", f"silence_points_{suffix}", rest, (), **fields)
    return alone


def reordered_points(
    net: NetBuilder, suffix: str, points: str, order: Sequence[int], **fields: Any
) -> str:
    """Add the points in another order. Two layers, or none where the order is the same.

    Args:
        net: the net.
        suffix: what the names of the layers end with.
        points: N x P x k.
        order: which point stands in each place, P indices.
        **fields: further fields of the layers.

    Returns:
        The points, N x P x k.
    """
    runs: list[tuple[int, int]] = []
    for index in order:
        if runs and runs[-1][1] == index:
            runs[-1] = (runs[-1][0], index + 1)
        else:
            runs.append((index, index + 1))
    if len(runs) == 1:
        return points
    blobs = dict(zip(sorted(runs), _cut(net, suffix, points, sorted(runs), **fields), strict=True))
    return net.add("Concat", f"reordered_{suffix}", [blobs[run] for run in runs], **fields)


def _cut(
    net: NetBuilder, suffix: str, points: str, parts: Sequence[tuple[int, int]], **fields: Any
) -> tuple[str, ...]:
    """Add all parts of the points, each from its first point to before its last."""
    names = [
        f"point{first}_{suffix}" if last == first + 1 else f"points{first}-{last - 1}_{suffix}"
        for first, last in parts
    ]
    at = [first for first, _ in parts[1:]]
    return sliced(net, f"slice_points_{suffix}", points, names, points=at, **fields)
