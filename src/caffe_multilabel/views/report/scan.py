"""Looks at every picture of an image DB once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from caffe_multilabel.errors import DatabaseError
from caffe_multilabel.views.report.fingerprints import SIGNATURE_SIZE, Fingerprint, fingerprint
from caffe_multilabel.views.viewable import as_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from caffe_multilabel.views.report.reading import PictureReader

__all__ = ["PictureScan", "scan_pictures"]

_KEPT_PROBLEMS = 20


@dataclass(frozen=True, slots=True, eq=False)
class PictureScan:
    """What all pictures of an image DB are like.

    Attributes:
        readable: bool (N,), which pictures could be read; the rest is 0 for the others.
        shapes: int32 (N, 3), channels, height and width.
        brightness: float32 (N,), the mean brightness, from 0 to 255.
        hashes: uint64 (N,); see `Fingerprint`.
        signatures: uint8 (N, S), likewise.
        problems: why the first pictures that could not be read could not.
    """

    readable: NDArray[np.bool_]
    shapes: NDArray[np.int32]
    brightness: NDArray[np.float32]
    hashes: NDArray[np.uint64]
    signatures: NDArray[np.uint8]
    problems: tuple[str, ...]


def scan_pictures(reader: PictureReader, report: Callable[[int], object]) -> PictureScan:
    """Read all pictures.

    Args:
        reader: the image DB.
        report: called with the number of pictures looked at, after each.
    """
    count = len(reader)
    readable = np.zeros(count, dtype=np.bool_)
    shapes = np.zeros((count, 3), dtype=np.int32)
    brightness = np.zeros(count, dtype=np.float32)
    hashes = np.zeros(count, dtype=np.uint64)
    signatures = np.zeros((count, SIGNATURE_SIZE), dtype=np.uint8)
    problems: list[str] = []
    for place, found in reader.map(_look, range(count)):
        if isinstance(found, DatabaseError):
            problems += [found.message][: _KEPT_PROBLEMS - len(problems)]
        else:
            shape, print_ = found
            readable[place] = True
            shapes[place] = shape
            brightness[place], hashes[place] = print_.brightness, print_.hash
            signatures[place] = print_.signature
        report(place + 1)
    return PictureScan(readable, shapes, brightness, hashes, signatures, tuple(problems))


def _look(
    picture: NDArray[np.uint8] | NDArray[np.float32],
) -> tuple[tuple[int, ...], Fingerprint]:
    return picture.shape, fingerprint(as_bytes(picture))
