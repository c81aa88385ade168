"""Where the boxes of a drawing stand: in rows from top to bottom, lines between them.

The usual steps for layered graphs (Sugiyama, Tagawa, Toda 1981): rows by the longest way from the
top; a place in every row that a line passes; an order with few crossings, by the mean place of the
neighbours; and then the columns, as near to the neighbours as the widths allow.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Layout", "lay_out"]

_SWEEPS = 8
_GAP = 18.0
_PASSAGE = 8.0
"""Width of the place that a line takes in a row that it passes."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where things stand.

    Attributes:
        centers: x of the middle of each box, and its row.
        lines: for each line from an upper to a lower box its x in each row that it touches, from
            the first row on.
        width: of the whole drawing.
        rows: how many there are.
    """

    centers: tuple[tuple[float, int], ...]
    lines: tuple[tuple[int, tuple[float, ...]], ...]
    width: float
    rows: int


def lay_out(widths: Sequence[float], above: Sequence[Sequence[int]]) -> Layout:
    """Lay out boxes.

    Args:
        widths: of each box.
        above: for each box the boxes that lines come from, which stand before it.
    """
    rows_of = _rows(above)
    sizes = list(widths)
    neighbours: list[tuple[list[int], list[int]]] = [([], []) for _ in widths]
    ways: list[list[int]] = []
    for lower, uppers in enumerate(above):
        for upper in uppers:
            way = [upper]
            for row in range(rows_of[upper] + 1, rows_of[lower]):
                rows_of.append(row)
                sizes.append(_PASSAGE)
                neighbours.append(([], []))
                way.append(len(sizes) - 1)
            way.append(lower)
            ways.append(way)
            for one, other in pairwise(way):
                neighbours[other][0].append(one)
                neighbours[one][1].append(other)
    count = 1 + max(rows_of, default=-1)
    rows: list[list[int]] = [[] for _ in range(count)]
    for item, row in enumerate(rows_of):
        rows[row].append(item)
    _order(rows, neighbours)
    centers = _columns(rows, neighbours, sizes)
    left = min((center - size / 2 for center, size in zip(centers, sizes, strict=True)), default=0)
    centers = [center - left for center in centers]
    right = max((c + size / 2 for c, size in zip(centers, sizes, strict=True)), default=0.0)
    return Layout(
        centers=tuple(zip(centers[: len(widths)], rows_of[: len(widths)], strict=True)),
        lines=tuple((rows_of[way[0]], tuple(centers[item] for item in way)) for way in ways),
        width=right,
        rows=count,
    )


def _rows(above: Sequence[Sequence[int]]) -> list[int]:
    rows: list[int] = []
    for uppers in above:
        rows.append(1 + max((rows[upper] for upper in uppers), default=-1))
    return rows


def _order(rows: list[list[int]], neighbours: Sequence[tuple[list[int], list[int]]]) -> None:
    """Sort each row by the mean place of the neighbours, down and up in turn."""
    for sweep in range(_SWEEPS):
        side = sweep % 2
        indices = {item: index for row in rows for index, item in enumerate(row)}
        for row in rows if side == 0 else reversed(rows):
            wanted = {
                item: _mean([indices[each] for each in neighbours[item][side]], indices[item])
                for item in row
            }
            row.sort(key=wanted.__getitem__)
            indices.update((item, index) for index, item in enumerate(row))


def _columns(
    rows: Sequence[Sequence[int]],
    neighbours: Sequence[tuple[list[int], list[int]]],
    sizes: Sequence[float],
) -> list[float]:
    """Move each row as near to its neighbours as widths allow, down and up in turn."""
    centers = [0.0] * len(sizes)
    for sweep in range(_SWEEPS + 1):
        side = sweep % 2
        for row in rows if side == 0 else reversed(rows):
            wanted = [
                _mean([centers[each] for each in neighbours[item][side]], centers[item])
                for item in row
            ]
            placed = _spread(wanted, [sizes[item] for item in row])
            for item, center in zip(row, placed, strict=True):
                centers[item] = center
    return centers


def _spread(wanted: Sequence[float], sizes: Sequence[float]) -> list[float]:
    """Return the positions nearest to those wanted (least squares) in their order without overlap.

    With the room that each needs taken off, the positions must not fall from left to right; pooling
    neighbours that do gives the nearest such numbers (pool adjacent violators).
    """
    offsets = [0.0]
    for one, other in pairwise(sizes):
        offsets.append(offsets[-1] + (one + other) / 2 + _GAP)
    pools: list[tuple[float, int]] = []
    for want, offset in zip(wanted, offsets, strict=False):
        total, count = want - offset, 1
        while pools and pools[-1][0] / pools[-1][1] > total / count:
            before = pools.pop()
            total, count = total + before[0], count + before[1]
        pools.append((total, count))
    free = [total / count for total, count in pools for _ in range(count)]
    return [x + offset for x, offset in zip(free, offsets, strict=False)]


def _mean(numbers: Sequence[float], otherwise: float) -> float:
    return sum(numbers) / len(numbers) if numbers else otherwise
