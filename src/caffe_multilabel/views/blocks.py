"""Pictures in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from caffe_multilabel.views.images import shrink

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["half_blocks"]

_UPPER_HALF = "\N{UPPER HALF BLOCK}"
_RESET = "\x1b[0m"


def half_blocks(picture: NDArray[np.uint8], columns: int, lines: int) -> list[str]:
    """Draw a picture in letters that are half one pixel and half the one below it.

    Letters of terminals are about twice as high as wide, so the pixels are about square. The
    picture is made smaller where it does not fit, never larger.

    Args:
        picture: uint8 (3, H, W), BGR.
        columns: letters there is room for in a line.
        lines: lines there is room for.

    Returns:
        The lines, with escape codes of 24-bit colour.
    """
    _, height, width = picture.shape
    factor = min(1.0, columns / width, 2 * lines / height)
    across = max(1, int(width * factor))
    down = max(1, int(height * factor / 2))
    pixels = np.rint(shrink(picture, 2 * down, across)).astype(np.uint8)
    colors = pixels[::-1].transpose(1, 2, 0).tolist()  # rows of red, green, blue
    return [
        "".join(
            f"\x1b[38;2;{_code(upper)};48;2;{_code(lower)}m{_UPPER_HALF}"
            for upper, lower in zip(colors[row], colors[row + 1], strict=True)
        )
        + _RESET
        for row in range(0, 2 * down, 2)
    ]


def _code(color: list[int]) -> str:
    return ";".join(map(str, color))
