"""Stored images made fit to be looked at: in colours, small, in a terminal, inside a page."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from caffe_multilabel import _core
from caffe_multilabel.tasks.record_shape import RecordShape

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "LUMA",
    "InlineImage",
    "as_bytes",
    "as_color",
    "half_blocks",
    "inline_image",
    "shrink",
    "viewable",
]

LUMA = np.array([0.114, 0.587, 0.299], dtype=np.float32)
"""Weights of blue, green and red in the brightness of a pixel (ITU-R BT.601)."""

_LEAST_PIXELS_A_CELL, _MOST_PIXELS_A_CELL = 8, 32
"""Fewer pixels a side of a cell count several times, as near as can be to the part of them that
lies in it; more are passed over evenly, for a mean needs no more."""

_BLURRED_BY_JPEG = 64
"""Images whose sides are shorter are shown pixel by pixel, which JPEG would blur."""

_PLAIN = RecordShape()
_UPPER_HALF = "\N{UPPER HALF BLOCK}"
_RESET = "\x1b[0m"


def viewable(
    image: NDArray[np.uint8] | NDArray[np.float32], record: RecordShape = _PLAIN
) -> NDArray[np.uint8]:
    """Return a stored image as a colour image.

    Numbers other than bytes are made bytes as by `as_bytes`. Three channels are blue, green and
    red; a multiple of three are images side by side; of any other number each is a gray image,
    side by side. Ramps, which tell places of pixels, are left out.

    Args:
        image: (C, H, W), C at least 1.
        record: how the record is made up; its channels are cut into as many images.

    Returns:
        uint8 (3, H, W times the number of images).
    """
    colours = record.image_channels(len(image))
    if record.ramps and colours is not None:
        image = image[:colours]
    content = as_bytes(image)
    channels, height, width = content.shape
    if (channels if colours is None else colours) % 3:
        content = np.repeat(content, 3, axis=0)
    parts = content.reshape(-1, 3, height, width)
    return np.concatenate(list(parts), axis=2)


def as_bytes(image: NDArray[np.uint8] | NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return an image of bytes; other numbers are stretched from black to white.

    Args:
        image: (C, H, W).
    """
    if image.dtype == np.uint8:
        return image.astype(np.uint8, copy=False)
    numbers = np.nan_to_num(image.astype(np.float64), posinf=0.0, neginf=0.0)
    low, high = float(numbers.min()), float(numbers.max())
    scaled = (numbers - low) * (255.0 / (high - low) if high > low else 0.0)
    return np.rint(scaled).astype(np.uint8)


def as_color(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return an image in three channels: gray thrice, the first three of more.

    Args:
        image: uint8 (C, H, W).
    """
    if image.shape[0] >= 3:
        return image[:3]
    return np.repeat(image[:1], 3, axis=0)


def shrink(image: NDArray[np.uint8], height: int, width: int) -> NDArray[np.float32]:
    """Take the mean of each of `height` x `width` areas of an image.

    The areas are of one size in whole pixels; where the image's sides are no multiples of it,
    some rows or columns are passed over or count again, evenly.

    Args:
        image: uint8 (C, H, W).
        height: rows of areas.
        width: columns of areas.

    Returns:
        float32 (C, height, width), from 0 to 255.
    """
    channels = len(image)
    rows, row_count = _chosen(image.shape[1], height)
    columns, column_count = _chosen(image.shape[2], width)
    if rows is not None:
        image = image.take(rows, axis=1)
    # A sum of 32 bytes fits into 16 bits, and sums of rows are the bulk of the work.
    sums = image.reshape(channels, height, row_count, -1).sum(axis=2, dtype=np.uint16)
    if columns is not None:
        sums = sums.take(columns, axis=2)
    cells = sums.reshape(channels, height, width, column_count)
    areas: NDArray[np.float32] = cells.sum(axis=3, dtype=np.float32)
    areas /= np.float32(row_count * column_count)
    return areas


def half_blocks(image: NDArray[np.uint8], columns: int, lines: int) -> list[str]:
    """Draw an image in letters that are half one pixel and half the one below it.

    Letters of terminals are about twice as high as wide, so the pixels are about square. The
    image is made smaller where it does not fit, never larger.

    Args:
        image: uint8 (3, H, W), BGR.
        columns: letters there is room for in a line.
        lines: lines there is room for.

    Returns:
        The lines, with escape codes of 24-bit colour.
    """
    _, height, width = image.shape
    factor = min(1.0, columns / width, 2 * lines / height)
    across = max(1, int(width * factor))
    down = max(1, int(height * factor / 2))
    pixels = np.rint(shrink(image, 2 * down, across)).astype(np.uint8)
    colors = pixels[::-1].transpose(1, 2, 0).tolist()  # rows of red, green, blue
    return [
        "".join(
            f"\x1b[38;2;{_code(upper)};48;2;{_code(lower)}m{_UPPER_HALF}"
            for upper, lower in zip(colors[row], colors[row + 1], strict=True)
        )
        + _RESET
        for row in range(0, 2 * down, 2)
    ]


@dataclass(frozen=True, slots=True)
class InlineImage:
    """An image that stands inside a page.

    Attributes:
        uri: the image as a data URI.
        width: its width in pixels.
        height: its height in pixels.
        pixelated: it is so small that each pixel is to be seen, and nothing of it is lost.
    """

    uri: str
    width: int
    height: int
    pixelated: bool


def inline_image(image: NDArray[np.uint8], most_side: int) -> InlineImage:
    """Encode an image for a page, made smaller where a side is longer than `most_side` pixels.

    Args:
        image: uint8 (3, H, W), BGR.
        most_side: the most pixels of a side.
    """
    _, height, width = image.shape
    factor = min(1.0, most_side / max(height, width))
    small_height, small_width = max(1, round(height * factor)), max(1, round(width * factor))
    if factor < 1:
        image = np.rint(shrink(image, small_height, small_width)).astype(np.uint8)
    pixelated = max(small_height, small_width) < _BLURRED_BY_JPEG
    ending, kind = ("png", "png") if pixelated else ("jpg", "jpeg")
    content = _core.encode_image(np.ascontiguousarray(image.transpose(1, 2, 0)), ending)
    return InlineImage(
        uri=f"data:image/{kind};base64,{base64.b64encode(content).decode()}",
        width=small_width,
        height=small_height,
        pixelated=pixelated,
    )


def _chosen(pixels: int, cells: int) -> tuple[NDArray[np.int64] | None, int]:
    """Choose the pixels of one side, and how many a cell gets; None if it is all of them."""
    count = min(max(pixels // cells, _LEAST_PIXELS_A_CELL), _MOST_PIXELS_A_CELL)
    if count * cells == pixels:
        return None, count
    return (np.arange(count * cells) * 2 + 1) * pixels // (2 * count * cells), count


def _code(color: list[int]) -> str:
    return ";".join(map(str, color))
