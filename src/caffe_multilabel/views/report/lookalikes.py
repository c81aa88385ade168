"""Images that look the same: the small numbers by which they are found, and the search."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from caffe_multilabel.views.images import LUMA, as_color, shrink

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

__all__ = ["SIGNATURE_SIZE", "Duplicates", "Fingerprint", "find_duplicates", "fingerprint"]

_ROWS, _COLUMNS = 16, 18
SIGNATURE_SIZE = 3 * _ROWS * _COLUMNS

# A step between neighbours counts from this part of the image's contrast on, so that noise on an
# even ground is no step.
_LEAST_STEP = 1 / 16
_BIT_VALUES = np.left_shift(np.uint64(1), np.arange(64, dtype=np.uint64))

_BANDS = 4
_CELLS = 1 << 20
_COMPARISONS = 500_000
_CHUNK = 2048

# How far signatures of images that look the same may be apart, of 255. Sample images at JPEG
# quality 20 or half their size stay below 5 in the mean and 35 in any area, captchas below 7 and
# 42; of 60,000 pairs of different content with hashes as close, none is below 8.8 and 52.
_MOST_DIFFERENCE = 7.0
_MOST_IN_ONE_AREA = 45.0
_PART_OF_CONTRAST = 0.25
_LEAST_DIFFERENCE = 2.0
"""Images of little contrast may differ by this part of it only, or by what JPEG makes of it."""


@dataclass(frozen=True, slots=True, eq=False)
class Fingerprint:
    """An image in small.

    Attributes:
        brightness: mean brightness, from 0 to 255.
        hash: a bit for each of 8 x 8 steps from left to right, set where it gets darker; a
            difference hash, which stays the same when an image is scaled, compressed or made
            brighter.
        signature: uint8 (SIGNATURE_SIZE,), the mean colours of 16 x 18 areas.
    """

    brightness: float
    hash: np.uint64
    signature: NDArray[np.uint8]


def fingerprint(image: NDArray[np.uint8]) -> Fingerprint:
    """Make the fingerprint of an image, uint8 (C, H, W)."""
    means = shrink(as_color(image), _ROWS, _COLUMNS)
    gray = np.tensordot(LUMA, means, axes=1)
    coarse = gray.reshape(8, 2, 9, 2).mean(axis=(1, 3))
    least = max(0.5, float(coarse.max() - coarse.min()) * _LEAST_STEP)
    bits = (coarse[:, :-1] - coarse[:, 1:] > least).ravel()
    return Fingerprint(
        brightness=float(gray.mean()),
        hash=np.bitwise_or.reduce(_BIT_VALUES[bits], initial=np.uint64(0)),
        signature=np.rint(means).astype(np.uint8).ravel(),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Duplicates:
    """Images that look the same.

    Attributes:
        groups: the indices of the images of each group, rising, at least two.
        complete: whether all pairs were looked at; not where very many images have nearly the
            same hash and yet look different.
    """

    groups: tuple[NDArray[np.int64], ...]
    complete: bool


def find_duplicates(hashes: NDArray[np.uint64], signatures: NDArray[np.uint8]) -> Duplicates:
    """Group images that look the same.

    Two images do if at most three bits of their hashes differ, and their signatures are close
    once one is made as bright as the other, in the mean and in every area; groups are joined where
    they share an image.

    Args:
        hashes: uint64 (N,).
        signatures: uint8 (N, S).
    """
    search = _Search(hashes, signatures)
    # Of images of one hash that look the same, one stands for all from here on.
    kept = search.join_equal_hashes()
    for band in _bands(hashes[kept]):
        for first, second in _near_pairs(hashes[kept], band):
            search.compare(kept[first], kept[second])
            if search.left <= 0:
                break
    return Duplicates(search.groups(), complete=search.left > 0)


class _Search:
    """Disjoint sets of images; `left` is how many more signatures may be compared."""

    def __init__(self, hashes: NDArray[np.uint64], signatures: NDArray[np.uint8]) -> None:
        self.left = _COMPARISONS
        self._hashes = hashes
        self._signatures = signatures
        self._coarse = _coarse_signatures(signatures)
        self._roots = np.arange(len(hashes))

    def join_equal_hashes(self) -> NDArray[np.int64]:
        """Join images of one hash that look the same; return one of each such set."""
        order = np.argsort(self._hashes, kind="stable")
        cuts = np.flatnonzero(np.diff(self._hashes[order])) + 1
        for same_hash in np.split(order, cuts):
            rest = same_hash
            while len(rest) > 1 and self.left > 0:
                self.compare(np.full(len(rest) - 1, rest[0]), rest[1:])
                rest = rest[self._roots[rest] != rest[0]]
        return np.flatnonzero(self._roots == np.arange(len(self._roots)))

    def compare(self, first: NDArray[np.int64], second: NDArray[np.int64]) -> None:
        """Join each two images that look the same."""
        for begin in range(0, len(first), _CHUNK):
            one, other = first[begin : begin + _CHUNK], second[begin : begin + _CHUNK]
            apart = self._roots[one] != self._roots[other]
            one, other = one[apart], other[apart]
            # Means of larger areas are no further apart than those of the small ones within.
            steps = self._coarse[one] - self._coarse[other]
            near = (steps**2).mean(axis=1) <= _MOST_DIFFERENCE**2
            one, other = one[near], other[near]
            self.left -= len(one)
            same = _are_alike(self._signatures[one], self._signatures[other])
            for low, high in zip(one[same].tolist(), other[same].tolist(), strict=True):
                self._join(low, high)

    def groups(self) -> tuple[NDArray[np.int64], ...]:
        """Return the sets of two or more."""
        order = np.argsort(self._roots, kind="stable")
        cuts = np.flatnonzero(np.diff(self._roots[order])) + 1
        return tuple(part for part in np.split(order, cuts) if len(part) > 1)

    def _join(self, one: int, other: int) -> None:
        low, high = sorted((int(self._roots[one]), int(self._roots[other])))
        if low != high:
            self._roots[self._roots == high] = low


def _bands(hashes: NDArray[np.uint64]) -> Iterator[NDArray[np.uint64]]:
    """Give four parts of each hash: two hashes of at most three other bits share one of them.

    Bits that are set in about half of the hashes tell most. They are dealt out evenly, so that no
    part is the same in most images, as it would be where all have an even ground at one side.
    """
    bits = [(hashes >> np.uint64(bit)) & np.uint64(1) for bit in range(64)]
    shares = [abs(float(bit.mean()) - 0.5) if len(bit) else 0.5 for bit in bits]
    ranked = sorted(range(64), key=shares.__getitem__)
    for band in range(_BANDS):
        part = np.zeros(len(hashes), dtype=np.uint64)
        for bit, which in enumerate(ranked[band::_BANDS]):
            part |= bits[which] << np.uint64(bit)
        yield part


def _near_pairs(
    hashes: NDArray[np.uint64], band: NDArray[np.uint64]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Go through the pairs of equal bands whose hashes differ, by at most three bits."""
    order = np.argsort(band, kind="stable")
    cuts = np.flatnonzero(np.diff(band[order])) + 1
    for bucket in np.split(order, cuts):
        rows = max(1, _CELLS // max(len(bucket), 1))
        for begin in range(0, len(bucket) - 1, rows):
            above = bucket[begin : begin + rows]
            steps = hashes[above][:, np.newaxis] ^ hashes[bucket[begin:]]
            near = _three_bits_at_most(steps) & (steps != 0)
            first, second = np.nonzero(np.triu(near, 1))
            yield above[first], bucket[begin:][second]


def _three_bits_at_most(numbers: NDArray[np.uint64]) -> NDArray[np.bool_]:
    rest = numbers
    for _ in range(3):
        rest = rest & (rest - np.uint64(1))  # takes the lowest bit away; 0 stays 0
    none_left: NDArray[np.bool_] = rest == 0
    return none_left


def _coarse_signatures(signatures: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the mean colours of 4 x 6 areas, each image's own mean taken off.

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


def _are_alike(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Tell of each two signatures whether they are close, once they are equally bright."""
    one, other = (
        each - each.mean(axis=1, keepdims=True, dtype=np.float32) for each in (first, second)
    )
    steps = one - other
    apart = np.sqrt((steps**2).mean(axis=1))
    contrast = np.minimum(one.std(axis=1), other.std(axis=1))
    allowed = (_PART_OF_CONTRAST * contrast).clip(_LEAST_DIFFERENCE, _MOST_DIFFERENCE)
    same: NDArray[np.bool_] = (apart <= allowed) & (np.abs(steps).max(axis=1) <= _MOST_IN_ONE_AREA)
    return same
