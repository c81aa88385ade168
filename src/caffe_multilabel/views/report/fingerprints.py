"""Small numbers by which pictures that look the same are found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from caffe_multilabel.views.images import LUMA, as_color, shrink

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["SIGNATURE_SIZE", "Fingerprint", "coarse_signatures", "fingerprint"]

_ROWS, _COLUMNS = 16, 18
SIGNATURE_SIZE = 3 * _ROWS * _COLUMNS

# A step between neighbours counts from this part of the picture's contrast on, so that noise on an
# even ground is no step.
_LEAST_STEP = 1 / 16
_BIT_VALUES = np.left_shift(np.uint64(1), np.arange(64, dtype=np.uint64))


@dataclass(frozen=True, slots=True, eq=False)
class Fingerprint:
    """A picture in small.

    Attributes:
        brightness: mean brightness, from 0 to 255.
        hash: a bit for each of 8 x 8 steps from left to right, set where it gets darker; a
            difference hash, which stays the same when a picture is scaled, compressed or made
            brighter.
        signature: uint8 (SIGNATURE_SIZE,), the mean colours of 16 x 18 areas.
    """

    brightness: float
    hash: np.uint64
    signature: NDArray[np.uint8]


def fingerprint(picture: NDArray[np.uint8]) -> Fingerprint:
    """Make the fingerprint of a picture, uint8 (C, H, W)."""
    means = shrink(as_color(picture), _ROWS, _COLUMNS)
    gray = np.tensordot(LUMA, means, axes=1)
    coarse = gray.reshape(8, 2, 9, 2).mean(axis=(1, 3))
    least = max(0.5, float(coarse.max() - coarse.min()) * _LEAST_STEP)
    bits = (coarse[:, :-1] - coarse[:, 1:] > least).ravel()
    return Fingerprint(
        brightness=float(gray.mean()),
        hash=np.bitwise_or.reduce(_BIT_VALUES[bits], initial=np.uint64(0)),
        signature=np.rint(means).astype(np.uint8).ravel(),
    )


def coarse_signatures(signatures: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the mean colours of 4 x 6 areas, each picture's own mean taken off.

    Args:
        signatures: uint8 (N, SIGNATURE_SIZE).

    Returns:
        float32 (N, 72).
    """
    blocks = signatures.reshape(len(signatures), 3, 4, _ROWS // 4, 6, _COLUMNS // 6)
    coarse: NDArray[np.float32] = blocks.mean(axis=(3, 5), dtype=np.float32)
    coarse = coarse.reshape(len(signatures), 72)
    coarse -= coarse.mean(axis=1, keepdims=True)
    return coarse
