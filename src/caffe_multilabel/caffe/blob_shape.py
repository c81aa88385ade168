"""Blob shapes: what Caffe's `Blob` computes from them and what it allows."""

from __future__ import annotations

import math
from typing import TypeAlias

__all__ = ["MAX_AXES", "MAX_COUNT", "Shape", "count", "shape_problem", "shape_text"]

Shape: TypeAlias = tuple[int, ...]
"""The dimensions of a blob, outermost first; a scalar has none."""

MAX_AXES = 32
MAX_COUNT = 2**31 - 1


def count(shape: Shape, start: int = 0, end: int | None = None) -> int:
    """Return the number of values over the axes `start` to `end`, `end` not included."""
    return math.prod(shape[start:end])


def shape_text(shape: Shape) -> str:
    """Return a shape for people, as in `64x3x227x227`."""
    return "x".join(map(str, shape)) if shape else "scalar"


def shape_problem(shape: Shape) -> str | None:
    """Say why a blob cannot have a shape, or return None where it can.

    Caffe makes blobs of no values too, but no layer of it can use them.
    """
    if len(shape) > MAX_AXES:
        return f"{len(shape)} axes; at most {MAX_AXES} are allowed"
    if any(size < 1 for size in shape):
        return f"shape {shape_text(shape)}; every dimension must be positive"
    if count(shape) > MAX_COUNT:
        return f"shape {shape_text(shape)}: {count(shape)} values; at most {MAX_COUNT} are allowed"
    return None
