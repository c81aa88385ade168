"""Random choices that are the same for one seed on every machine and numpy version.

numpy keeps the words of a bit generator stable for good, but not what `Generator` makes of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Draws", "dealt", "place_in_block"]

_ROUNDS = 6
_MIXED = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
"""The factors of SplitMix64 (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number
Generators", 2014), with which it mixes the bits of a word."""


class Draws:
    """The random choices of one seed."""

    def __init__(self, seed: int) -> None:
        """Begin with a seed of 0 or more."""
        self._bits = np.random.PCG64(np.random.SeedSequence(seed))

    def words(self, count: int) -> NDArray[np.uint64]:
        """Draw words of 64 bits, each as likely as any other."""
        return np.asarray(self._bits.random_raw(count), np.uint64)

    def order(self, count: int) -> NDArray[np.int64]:
        """Draw an order of 0 to `count` - 1."""
        return np.argsort(self.words(count), kind="stable")

    def order_by(self, *keys: NDArray[np.int64] | NDArray[np.bool_]) -> NDArray[np.int64]:
        """Return the order that sorts by keys, the first one first; chance decides among equals."""
        return np.lexsort((self.words(len(keys[0])), *keys[::-1]))

    def evenly(self, total: int, most: NDArray[np.int64]) -> NDArray[np.int64]:
        """Share out a number as evenly as can be; no share is more than its `most`.

        Args:
            total: the sum of the shares, no more than that of `most`.
            most: of each share.

        Returns:
            int64, of the shape of `most`. Shares below their `most` differ by 1 at the most.
        """
        most = np.minimum(most, total)
        low, high = 0, total + 1
        while high - low > 1:
            level = (low + high) // 2
            low, high = (level, high) if np.minimum(most, level).sum() <= total else (low, level)
        shares = np.minimum(most, low)
        open_ones = np.flatnonzero(most > low)
        shares[open_ones[self.order(len(open_ones))[: total - int(shares.sum())]]] += 1
        return shares

    def evenly_in_pools(
        self, totals: NDArray[np.int64], pools: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """Share out the total of each pool among its members as evenly as can be.

        Args:
            totals: of each pool; 0 where it has no members.
            pools: the pool of each member.

        Returns:
            int64, the share of each member.
        """
        members = np.bincount(pools, minlength=len(totals))
        shares, rests = np.divmod(totals, np.maximum(members, 1))
        order = self.order_by(pools)
        rank = np.empty(len(pools), np.int64)
        rank[order] = place_in_block(members)
        found: NDArray[np.int64] = shares[pools] + (rank < rests[pools])
        return found

    def permutation(self) -> Permutation:
        """Draw a permutation of whole numbers, which is told number by number."""
        return Permutation(self.words(_ROUNDS))


class Permutation:
    """A permutation of 0 to SIZE - 1, for each SIZE, that needs no memory.

    A Feistel network over a power of four that is not less than SIZE, gone through again where it
    leads beyond SIZE (Black and Rogaway, "Ciphers with Arbitrary Finite Domains", 2002).

    Example:
        >>> places = np.arange(5)
        >>> sorted(Draws(0).permutation().of(places, np.full(5, 5), np.zeros(5)).tolist())
        [0, 1, 2, 3, 4]
    """

    def __init__(self, keys: NDArray[np.uint64]) -> None:
        self._keys = keys

    def of(
        self,
        places: NDArray[np.int64],
        sizes: NDArray[np.int64],
        kinds: NDArray[np.int64],
    ) -> NDArray[np.int64]:
        """Return where numbers go.

        Args:
            places: 0 or more, below their `sizes`.
            sizes: up to 2^62.
            kinds: each has permutations of its own.

        Returns:
            int64, below their `sizes`, no two alike of one kind and size.
        """
        found = places.astype(np.uint64)
        # A size that a float rounds up makes a larger domain, which does no harm.
        halves = np.maximum((np.frexp((sizes - 1).astype(np.float64))[1] + 1) // 2, 1)
        halves = halves.astype(np.uint64)
        own = _mixed(kinds.astype(np.uint64) + np.uint64(1))
        todo = np.arange(len(found))
        while len(todo):
            found[todo] = self._once(found[todo], halves[todo], own[todo])
            todo = todo[found[todo] >= sizes[todo].astype(np.uint64)]
        return found.astype(np.int64)

    def _once(
        self, words: NDArray[np.uint64], halves: NDArray[np.uint64], own: NDArray[np.uint64]
    ) -> NDArray[np.uint64]:
        mask = (np.uint64(1) << halves) - np.uint64(1)
        left, right = words >> halves, words & mask
        for key in self._keys:
            left, right = right, left ^ (_mixed((right + key) ^ own) & mask)
        return (left << halves) | right


def _mixed(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    words = (words ^ (words >> np.uint64(30))) * _MIXED[0]
    words = (words ^ (words >> np.uint64(27))) * _MIXED[1]
    return words ^ (words >> np.uint64(31))


def place_in_block(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Count from 0 in each of some blocks.

    Example:
        >>> place_in_block(np.array([2, 0, 3])).tolist()
        [0, 1, 0, 1, 2]
    """
    before = np.cumsum(counts) - counts
    places: NDArray[np.int64] = np.arange(int(counts.sum())) - np.repeat(before, counts)
    return places


def dealt(
    counts: NDArray[np.int64], starts: NDArray[np.int64], sizes: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Take from each block as often as `counts` says, its items by turns.

    Args:
        counts: of each block; 0 where it has no items.
        starts: the first item of each block.
        sizes: how many items each block has.

    Example:
        >>> dealt(np.array([3, 0, 1]), np.array([0, 2, 5]), np.array([2, 3, 1])).tolist()
        [0, 1, 0, 5]
    """
    turns = place_in_block(counts) % np.repeat(np.maximum(sizes, 1), counts)
    items: NDArray[np.int64] = np.repeat(starts, counts) + turns
    return items
