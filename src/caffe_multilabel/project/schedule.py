"""How long to train a net that is begun with, by how many records there are."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Schedule"]

_EPOCHS = 60
_LEAST, _MOST = 1000, 100_000
"""Few images still take a net that begins from nothing some time; many need no more than that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A length of training, and what goes by it.

    Attributes:
        records: how many records there are to train with.
        batch_size: how many of them a batch has.

    Example:
        >>> Schedule(records=5000, batch_size=64).max_iter
        4700
    """

    records: int
    batch_size: int

    @property
    def max_iter(self) -> int:
        """Iterations: so many epochs, within bounds, in two digits."""
        exact = min(max(_EPOCHS * self.records / self.batch_size, _LEAST), _MOST)
        step: int = 10 ** (math.floor(math.log10(exact)) - 1)
        return round(exact / step) * step

    @property
    def epochs(self) -> float:
        """How often each record is seen."""
        return self.max_iter * self.batch_size / max(self.records, 1)

    @property
    def solver(self) -> dict[str, int]:
        """The fields of the solver: rates at 40 and 80 percent, 20 tests, 5 snapshots."""
        length = self.max_iter
        return {
            "max_iter": length,
            "stepsize": length * 2 // 5,
            "test_interval": length // 20,
            "snapshot": length // 5,
            "display": min(max(length // 100, 20), 100),
        }

    def lines(self, counted: str) -> Iterator[str]:
        """Give the key `solver` of a task file, and why.

        Args:
            counted: what `records` are, with their number.
        """
        yield (
            f"# {_EPOCHS} epochs of {counted}, but {_LEAST:,} iterations "
            f"at least and {_MOST:,} at most: here {self.epochs:,.0f} epochs. The rate falls to a "
            "tenth at 40 % and at 80 %; 20 tests, 5 snapshots."
        )
        fields = ", ".join(f"{name}: {value}" for name, value in self.solver.items())
        yield f"solver: {{{fields}}}"
