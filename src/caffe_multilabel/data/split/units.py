"""What is shared out: records, or groups of records that stay together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from caffe_multilabel.data.split.groups import Groups
    from caffe_multilabel.data.split.strata import Places

__all__ = ["Units"]


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
    def of(cls, places: Places, groups: Groups | None) -> Units:
        """Make units of records.

        Args:
            places: (N, C), each record's strata, numbered from 0 over all columns.
            groups: (N,), each record's group; None where each is on its own.
        """
        records, columns = places.shape
        strata = np.zeros((records, 1 + columns), np.int32)
        strata[:, 1:] = places + 1
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
