"""Pictures of any kind as ones that can be looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["as_bytes", "viewable"]


def viewable(picture: NDArray[np.uint8] | NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return a stored picture as a colour picture.

    Numbers other than bytes are made bytes as by `as_bytes`. Three channels are blue, green and
    red; a multiple of three are pictures side by side; of any other number each is a gray picture,
    side by side.

    Args:
        picture: (C, H, W), C at least 1.

    Returns:
        uint8 (3, H, W times the number of pictures).
    """
    content = as_bytes(picture)
    channels, height, width = content.shape
    if channels % 3:
        content = np.repeat(content, 3, axis=0)
    parts = content.reshape(-1, 3, height, width)
    return np.concatenate(list(parts), axis=2)


def as_bytes(picture: NDArray[np.uint8] | NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return a picture of bytes; other numbers are stretched from black to white.

    Args:
        picture: (C, H, W).
    """
    if picture.dtype == np.uint8:
        return picture.astype(np.uint8, copy=False)
    numbers = np.nan_to_num(picture.astype(np.float64), posinf=0.0, neginf=0.0)
    low, high = float(numbers.min()), float(numbers.max())
    scaled = (numbers - low) * (255.0 / (high - low) if high > low else 0.0)
    return np.rint(scaled).astype(np.uint8)
