"""Sharing out units so that every part gets its share of every stratum.

After the idea of iterative stratification (Sechidis, Tsoumakas and Vlahavas, "On the Stratification
of Multi-label Data", 2011): what each part still wants of each stratum is kept, and units are given
away one by one. A unit goes where it lowers the sum of (found - wanted)^2 / wanted over all its
strata most, so that rare labels of any task weigh as much as common ones.

The numbers are sums in a fixed order, so that a seed gives the same parts on every machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from fractions import Fraction

    from numpy.typing import NDArray

    from caffe_multilabel.data.split.strata import Codes
    from caffe_multilabel.data.split.ties import Groups

__all__ = ["PartOf", "Units", "assign", "part_sizes"]


@dataclass(frozen=True, slots=True, eq=False)
class Units:
    """Units with the strata that their records are in.

    The entries of unit u are those from bounds[u] to bounds[u + 1].

    Attributes:
        strata: stratum of each entry. Stratum 0 is that of all records.
        counts: how many of the unit's records are in it.
        bounds: (units + 1,).
        totals: records in each stratum.
    """

    strata: NDArray[np.int32]
    counts: NDArray[np.int32]
    bounds: NDArray[np.int64]
    totals: NDArray[np.int64]

    def __len__(self) -> int:
        """Return the number of units."""
        return len(self.bounds) - 1

    @classmethod
    def of(cls, codes: Codes, groups: Groups | None) -> Units:
        """Make units of records.

        Args:
            codes: (N, C), each record's strata, numbered from 0 over all columns.
            groups: (N,), each record's group; None where each is on its own.
        """
        records, columns = codes.shape
        strata = np.zeros((records, 1 + columns), np.int32)
        strata[:, 1:] = codes + 1
        totals = np.bincount(strata.reshape(-1))
        if groups is None:
            counts = np.broadcast_to(np.int32(1), strata.size)
            bounds = np.arange(records + 1) * (1 + columns)
            return cls(strata.reshape(-1), counts, bounds, totals)
        width = len(totals)
        cells, sizes = np.unique(groups[:, np.newaxis] * width + strata, return_counts=True)
        owners, members = np.divmod(cells, width)
        bounds = np.searchsorted(owners, np.arange(groups.max() + 2))
        return cls(members.astype(np.int32), sizes.astype(np.int32), bounds, totals)

    @property
    def sizes(self) -> NDArray[np.int32]:
        """The records of each unit."""
        return self.counts[self.bounds[:-1]]  # stratum 0 comes first in each


PartOf: TypeAlias = "NDArray[np.int8]"

_CHUNK = 4096


def assign(units: Units, shares: Sequence[Fraction], seed: int) -> PartOf:
    """Give each unit a part.

    Args:
        units: what to share out.
        shares: of each part; their sum is 1.
        seed: 0 or more.

    Returns:
        int8 (units,), the part of each. Where units are single records, parts have the sizes that
        `part_sizes` says.
    """
    parts = np.empty(len(units), np.int8)
    room = part_sizes(int(units.totals[0]), shares)
    wants = [(units.totals * float(share)).tolist() for share in shares]
    weights = [[1 / wanted for wanted in part] for part in wants]
    for unit, strata, counts in _in_order(units, seed):
        size = counts[0]
        fitting = [part for part, left in enumerate(room) if left >= size]
        best, least = -1, float("inf")
        for part in fitting or [room.index(max(room))]:
            wanted, weight = wants[part], weights[part]
            change = 0.0
            for stratum, count in zip(strata, counts, strict=True):
                change += count * (count - 2 * wanted[stratum]) * weight[stratum]
            if change < least:
                best, least = part, change
        wanted = wants[best]
        for stratum, count in zip(strata, counts, strict=True):
            wanted[stratum] -= count
        room[best] -= size
        parts[unit] = best
    return parts


def part_sizes(records: int, shares: Sequence[Fraction]) -> list[int]:
    """Return the shares of `records`, rounded; the first part takes what the others leave."""
    rest = [round(records * share) for share in shares[1:]]
    return [records - sum(rest), *rest]


def _in_order(units: Units, seed: int) -> Iterator[tuple[int, list[int], list[int]]]:
    """Go through the units, large ones first, since they fit where there is room; else at random.

    Yields:
        Each unit with its strata and its count of each.
    """
    words = np.random.PCG64(np.random.SeedSequence(seed)).random_raw(len(units))
    order = np.lexsort((words, -units.sizes))
    for begin in range(0, len(order), _CHUNK):
        chunk = order[begin : begin + _CHUNK]
        starts, ends = units.bounds[chunk].tolist(), units.bounds[chunk + 1].tolist()
        for unit, start, end in zip(chunk.tolist(), starts, ends, strict=True):
            yield unit, units.strata[start:end].tolist(), units.counts[start:end].tolist()
