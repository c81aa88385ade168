"""Signed distances to the outlines of the sample's shapes.

Every shape lies in the unit circle, upright, x to the right and y down. Only +, -, *, / and square
roots touch a pixel: IEEE 754 fixes their results, so a seed draws the same pixels everywhere.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["KINDS", "Distance", "Plane"]

Plane = npt.NDArray[np.floating[Any]]  # float32 at run time
Distance = Callable[[Plane, Plane], Plane]
Point = tuple[float, float]

_ROUNDING = 0.07


def _on_circle(degrees: Sequence[float], radii: Sequence[float]) -> list[Point]:
    """Points by clock angle (0 is up); rounded, as sine and cosine differ between machines."""
    return [
        (
            round(radius * math.sin(math.radians(angle)), 6),
            round(-radius * math.cos(math.radians(angle)), 6),
        )
        for angle, radius in zip(degrees, radii, strict=True)
    ]


def _length(x: Plane, y: Plane) -> Plane:
    return np.sqrt(x * x + y * y)


def _polygon(points: Sequence[Point]) -> Distance:
    """The distance to a polygon, its corners rounded by `_ROUNDING`.

    The magnitude is the distance to the nearest edge; the sign flips with every edge that a ray
    from the point towards +x crosses (the even-odd rule).
    """
    corners = [(x * (1 - _ROUNDING), y * (1 - _ROUNDING)) for x, y in points]
    edges = list(pairwise([*corners, corners[0]]))

    def distance(x: Plane, y: Plane) -> Plane:
        nearest = np.full(x.shape, np.inf, dtype=np.float32)
        inside = np.zeros(x.shape, dtype=np.bool_)
        for (ax, ay), (bx, by) in edges:
            edge_x, edge_y = bx - ax, by - ay
            from_x, from_y = x - ax, y - ay
            along = (from_x * edge_x + from_y * edge_y) / (edge_x * edge_x + edge_y * edge_y)
            np.clip(along, 0.0, 1.0, out=along)
            off_x, off_y = from_x - along * edge_x, from_y - along * edge_y
            np.minimum(nearest, off_x * off_x + off_y * off_y, out=nearest)
            if edge_y:
                spans = (from_y >= 0.0) != (y >= by)
                inside ^= spans & (from_x < from_y * (edge_x / edge_y))
        magnitude = np.sqrt(nearest)
        return np.where(inside, -magnitude, magnitude) - np.float32(_ROUNDING)

    return distance


def _circle(x: Plane, y: Plane) -> Plane:
    return _length(x, y) - np.float32(1.0)


def _heart() -> Distance:
    """A square on its corner, with a half disc on both of its upper sides.

    Its middle lies `drop` below the middle of the unit circle, so that the tip and both lobes
    just touch the circle. Corners are `reach` away from the middle.
    """
    drop, reach = 0.205, 0.79
    lobe_x, lobe_y, lobe_radius = reach / 2, drop - reach / 2, 0.558614  # reach / sqrt(2)
    square = _polygon([(0.0, drop - reach), (reach, drop), (0.0, drop + reach), (-reach, drop)])

    def distance(x: Plane, y: Plane) -> Plane:
        lobes = _length(np.abs(x) - lobe_x, y - lobe_y) - np.float32(lobe_radius)
        both: Plane = np.minimum(square(x, y), lobes)
        return both

    return distance


def _cross() -> Distance:
    """A plus sign: twelve corners, the outer eight on the unit circle."""
    arm, notch = 0.92, 0.31
    quarter = [(-notch, -arm), (notch, -arm), (notch, -notch)]
    turns = [(1, 0), (0, 1), (-1, 0), (0, -1)]
    return _polygon([(x * c - y * s, x * s + y * c) for c, s in turns for x, y in quarter])


KINDS: dict[str, Distance] = {
    "circle": _circle,
    "square": _polygon(_on_circle([45, 135, 225, 315], [1.0] * 4)),
    "triangle": _polygon(_on_circle([0, 120, 240], [1.0] * 3)),
    "star": _polygon(_on_circle(range(0, 360, 36), [1.0, 0.48] * 5)),
    "cross": _cross(),
    "heart": _heart(),
}
