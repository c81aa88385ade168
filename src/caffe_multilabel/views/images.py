"""Pictures made small by the mean over areas."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["LUMA", "as_color", "shrink"]

LUMA = np.array([0.114, 0.587, 0.299], dtype=np.float32)
"""Weights of blue, green and red in the brightness of a pixel (ITU-R BT.601)."""

_LEAST_PIXELS_A_CELL, _MOST_PIXELS_A_CELL = 8, 32
"""Fewer pixels a side of a cell count several times, as near as can be to the part of them that
lies in it; more are passed over evenly, for a mean needs no more."""


def shrink(picture: NDArray[np.uint8], height: int, width: int) -> NDArray[np.float32]:
    """Take the mean of each of `height` x `width` areas of a picture.

    The areas are of one size in whole pixels; where the picture's sides are no multiples of it,
    some rows or columns are passed over or count again, evenly.

    Args:
        picture: uint8 (C, H, W).
        height: rows of areas.
        width: columns of areas.

    Returns:
        float32 (C, height, width), from 0 to 255.
    """
    channels = len(picture)
    rows, row_count = _chosen(picture.shape[1], height)
    columns, column_count = _chosen(picture.shape[2], width)
    if rows is not None:
        picture = picture.take(rows, axis=1)
    # A sum of 32 bytes fits into 16 bits, and sums of rows are the bulk of the work.
    sums = picture.reshape(channels, height, row_count, -1).sum(axis=2, dtype=np.uint16)
    if columns is not None:
        sums = sums.take(columns, axis=2)
    cells = sums.reshape(channels, height, width, column_count)
    areas: NDArray[np.float32] = cells.sum(axis=3, dtype=np.float32)
    areas /= np.float32(row_count * column_count)
    return areas


def as_color(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a picture in three channels: gray thrice, the first three of more.

    Args:
        picture: uint8 (C, H, W).
    """
    if picture.shape[0] >= 3:
        return picture[:3]
    return np.repeat(picture[:1], 3, axis=0)


def _chosen(pixels: int, cells: int) -> tuple[NDArray[np.int64] | None, int]:
    """Choose the pixels of one side, and how many a cell gets; None if it is all of them."""
    count = min(max(pixels // cells, _LEAST_PIXELS_A_CELL), _MOST_PIXELS_A_CELL)
    if count * cells == pixels:
        return None, count
    return (np.arange(count * cells) * 2 + 1) * pixels // (2 * count * cells), count
