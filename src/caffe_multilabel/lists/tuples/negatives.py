"""The negatives of images: which there are, and one for each of many anchors.

A negative is of another identity; where a column is named, it shares the anchor's text in it
(hard) or has another one (easy). What is unknown in that column neither shares nor differs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from caffe_multilabel._base.text import shown
from caffe_multilabel.errors import OptionError
from caffe_multilabel.lists.tuples.told import identities

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from caffe_multilabel.lists.tuples.candidates import Candidates

__all__ = ["Negatives"]


@dataclass(frozen=True, slots=True, eq=False)
class Negatives:
    """The negatives that each of M images may have.

    Attributes:
        identity: int64 (M,).
        value: int64 (M,), what hard and easy go by; all 0 where no column is named, -1 unknown.
        order: int64, the images that can be negatives, by value and then by identity.
        low: int64 (M,), where in `order` the negatives of an image begin.
        gap: int64 (M, 2), from where to where in `order` they are left out again.
        spans: int64 (M,), how many places that leaves.
        counts: int64 (M,), how many of these hold a negative; fewer than `spans` where an identity
            has several values and negatives are to differ in it.
        differs: whether negatives are to differ in value.
        told: how messages call the negatives.
    """

    identity: NDArray[np.int64]
    value: NDArray[np.int64]
    order: NDArray[np.int64]
    low: NDArray[np.int64]
    gap: NDArray[np.int64]
    spans: NDArray[np.int64]
    counts: NDArray[np.int64]
    differs: bool
    told: str

    @classmethod
    def of(cls, candidates: Candidates, hard: str | None, easy: str | None) -> Negatives:
        """Find them.

        Raises:
            OptionError: there is no such column, or both are named.
        """
        if hard is not None and easy is not None:
            raise OptionError("hard and easy are both given; the negatives are of one kind")
        identity = candidates.identity
        value, told = np.zeros(len(identity), np.int64), "negative"
        if hard is not None:
            value = candidates.codes_of("hard", hard)
            told = f"negative of the same {shown(hard)}"
        elif easy is not None:
            value = candidates.codes_of("easy", easy)
            told = f"negative of another {shown(easy)}"
        known = np.flatnonzero(value >= 0)
        order = known[np.lexsort((identity[known], value[known]))]
        values = _Blocks(value[order], value)
        cells = value * max(len(candidates.sizes), 1) + identity
        own = _Blocks(cells[order], cells)
        if easy is None:
            low, gap = values.begin, own
            spans = values.sizes - own.sizes
            counts = spans
        else:
            low, gap = np.zeros(len(value), np.int64), values
            spans = len(order) - values.sizes
            of_identity = np.bincount(identity[known], minlength=len(candidates.sizes))
            counts = spans - (of_identity[identity] - own.sizes)
        return cls(
            identity,
            value,
            order,
            low,
            np.stack([gap.begin, gap.begin + gap.sizes], axis=1),
            np.where(value < 0, 0, spans),
            np.where(value < 0, 0, counts),
            easy is not None,
            told,
        )

    @property
    def pools(self) -> NDArray[np.int64]:
        """Of each image the pool that its negatives are drawn from, from 0."""
        return np.zeros_like(self.value) if self.differs else self.value

    def at(self, anchors: NDArray[np.int64], places: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the images at places, each from 0 to the anchor's span."""
        where = self.low[anchors] + places
        begin, end = self.gap[anchors].T
        images: NDArray[np.int64] = self.order[where + np.where(where >= begin, end - begin, 0)]
        return images

    def allow(self, anchors: NDArray[np.int64], images: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Tell which images can be the negatives of anchors that have some."""
        one, other = self.value[anchors], self.value[images]
        fits: NDArray[np.bool_] = one != other if self.differs else one == other
        found: NDArray[np.bool_] = fits & (self.identity[anchors] != self.identity[images])
        return found

    def warning(self, candidates: Candidates, anchors: NDArray[np.bool_]) -> str:
        """Say how many identities with anchors have no negative at all; nothing if all have."""
        many = len(candidates.sizes)
        some = np.bincount(self.identity[anchors & (self.counts > 0)], minlength=many) > 0
        asked = np.bincount(self.identity[anchors], minlength=many) > 0
        without = np.flatnonzero(asked & ~some)
        if not len(without):
            return ""
        row = candidates.rows[np.flatnonzero(self.identity == without[0])[0]]
        verb = "has" if len(without) == 1 else "have"
        return (
            f"{len(without)} of {identities(int(asked.sum()))} {verb} no {self.told}, as that of "
            f"{shown(candidates.table.paths[row])}"
        )


class _Blocks:
    """Where the blocks of equal numbers are in a sorted array, for each of some numbers."""

    def __init__(self, sorted_ones: NDArray[np.int64], asked: NDArray[np.int64]) -> None:
        self.begin: NDArray[np.int64] = np.searchsorted(sorted_ones, asked)
        end = np.searchsorted(sorted_ones, asked, side="right")
        self.sizes: NDArray[np.int64] = end - self.begin
