"""Anchors with a negative each, no two records alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from caffe_multilabel.lists.tuples.draws import dealt

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from caffe_multilabel.lists.tuples.draws import Draws
    from caffe_multilabel.lists.tuples.negatives import Negatives

__all__ = ["Possible", "negatives_for"]

_EXCHANGES = 16
"""Exchanges leave identities as often negatives as they are. Two or three do in a list of many
identities; of few, which meet themselves often, the first ones do most."""

_REDRAWS = 4

_LEAST_CHUNK = 1 << 16
_MOST_PLACES = 1 << 62
_TOO_LARGE = 1 << 63


@dataclass(frozen=True, slots=True, eq=False)
class Possible:
    """All records that there can be: anchor, positive, negative.

    Attributes:
        negatives: that each image may have.
        positives: int64 (M,), how many each image has as an anchor.
        positive_at: gives the positives of anchors at places, each from 0 to the anchor's count.
        either_way: a record is the same with anchor and negative exchanged; its positive is its
            anchor.
    """

    negatives: Negatives
    positives: NDArray[np.int64]
    positive_at: Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[np.int64]]
    either_way: bool

    def numbers(self, records: NDArray[np.int64]) -> NDArray[np.int64]:
        """Number records, those alike alike."""
        images = len(self.positives)
        anchor, positive, negative = records.T
        if self.either_way:
            first, last = np.minimum(anchor, negative), np.maximum(anchor, negative)
        elif images**3 < _TOO_LARGE:
            first, last = anchor * images + positive, negative
        else:  # three numbers do not fit into 64 bits, so that anchor and positive become one
            both = np.unique(anchor * images + positive, return_inverse=True)[1]
            first, last = both.astype(np.int64), negative
        numbers: NDArray[np.int64] = first * images + last
        return numbers

    def bad(self, records: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Tell which records cannot be, or are there already."""
        numbers = self.numbers(records)
        order = np.argsort(numbers, kind="stable")
        again = np.zeros(len(records), np.bool_)
        again[order[1:]] = np.diff(numbers[order]) == 0
        return again | ~self.negatives.allow(records[:, 0], records[:, 2])

    def filled(self, records: NDArray[np.int64], count: int, draws: Draws) -> NDArray[np.int64]:
        """Add records of any identities until there are `count`, by a walk through all."""
        spans = self.negatives.spans
        places = np.where(self.negatives.counts > 0, self.positives, 0) * spans
        ends = np.cumsum(places.astype(np.float64))
        places = np.where(ends < _MOST_PLACES, places, 0)  # enough for any list that fits a disk
        after = np.cumsum(places)
        before, total = after - places, int(after[-1])
        permutation = draws.permutation()
        begin = 0
        while len(records) < count and begin < total:
            missing = count - len(records)
            end = min(total, begin + max(2 * missing, len(records) // 4, _LEAST_CHUNK))
            steps = np.arange(begin, end)
            place = permutation.of(steps, np.full(len(steps), total), np.zeros_like(steps))
            anchor = np.searchsorted(after, place, side="right")
            which, where = np.divmod(place - before[anchor], spans[anchor])
            negative = self.negatives.at(anchor, where)
            new = np.stack([anchor, self.positive_at(anchor, which), negative], axis=1)
            both = np.concatenate([records, new[self.negatives.allow(anchor, negative)]])
            firsts = np.unique(self.numbers(both), return_index=True)[1]
            records = both[np.sort(firsts)[:count]]
            begin = end
        return records


def negatives_for(
    anchors: NDArray[np.int64],
    positives: NDArray[np.int64],
    possible: Possible,
    draws: Draws,
) -> NDArray[np.int64]:
    """Give each anchor a negative, so that identities are negatives about equally often.

    Where that cannot be, because records would be alike, there are others in their place: all that
    there can be, if need be.

    Args:
        anchors: int64 (T,), images that have negatives; no more than records there can be.
        positives: int64 (T,), that of each.
        possible: all records that there can be.
        draws: what chance says.

    Returns:
        int64 (T, 3): anchor, positive, negative.
    """
    negatives = possible.negatives
    records = np.stack([anchors, positives, _evenly(anchors, negatives, draws)], axis=1)
    bad = possible.bad(records)
    if bad.any():
        exchange = _Exchange(negatives.pools[anchors], draws)
    for turn in range(_EXCHANGES):
        if not bad.any():
            return records
        exchange.pass_on(records[:, 2], bad, with_others=turn % 2 == 0)
        bad = possible.bad(records)
    for _ in range(_REDRAWS):
        if not bad.any():
            return records
        spans = negatives.spans[anchors[bad]].astype(np.uint64)
        places = (draws.words(len(spans)) % spans).astype(np.int64)
        records[bad, 2] = negatives.at(anchors[bad], places)
        bad = possible.bad(records)
    return possible.filled(records[~bad], len(records), draws)


def _evenly(anchors: NDArray[np.int64], negatives: Negatives, draws: Draws) -> NDArray[np.int64]:
    """Deal out negatives of the anchors' pools, each identity of a pool as often as the others."""
    pools, identity = negatives.pools, negatives.identity
    order = negatives.order
    order = order[draws.order_by(pools[order], identity[order])]
    cells = pools[order] * (int(identity.max()) + 1) + identity[order]
    _, starts, sizes = np.unique(cells, return_index=True, return_counts=True)
    wanted = np.bincount(pools[anchors], minlength=int(pools.max()) + 1)
    shares = draws.evenly_in_pools(wanted, pools[order[starts]])
    found = np.empty_like(anchors)
    # What is dealt comes pool by pool, as `order` has them.
    found[draws.order_by(pools[anchors])] = order[dealt(shares, starts, sizes)]
    return found


class _Exchange:
    """Passes on negatives among records whose anchors draw from one pool."""

    def __init__(self, pools: NDArray[np.int64], draws: Draws) -> None:
        self._pools = pools
        self._draws = draws
        self._order = np.argsort(pools, kind="stable")
        self._sizes = np.bincount(pools)
        self._starts = np.cumsum(self._sizes) - self._sizes

    def pass_on(
        self, negatives: NDArray[np.int64], bad: NDArray[np.bool_], *, with_others: bool
    ) -> None:
        """Pass on the negatives of bad records, and with them those of as many others."""
        places = np.flatnonzero(bad)
        if with_others:
            pools = self._pools[places]
            turns = self._draws.words(len(places)) % self._sizes[pools].astype(np.uint64)
            others = self._order[self._starts[pools] + turns.astype(np.int64)]
            places = np.union1d(places, others)
        # In an order of chance each takes that of the next one of its pool, the last the first's.
        places = places[self._draws.order_by(self._pools[places])]
        pools = self._pools[places]
        givers = np.arange(1, len(places) + 1)
        begins = np.flatnonzero(np.diff(pools, prepend=-1))
        givers[np.append(begins[1:], len(places)) - 1] = begins
        negatives[places] = negatives[places[givers]]
