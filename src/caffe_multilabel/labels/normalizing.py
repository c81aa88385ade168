"""What numbers are best learnt as: around 0 and about 1 wide."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Normalizing"]

_DIGITS = 4
"""Of the standard deviation; the mean is as exact."""
_WIDE = 2.0
_NARROW = 0.05


@dataclass(frozen=True, slots=True)
class Normalizing:
    """How numbers are normalized: (number - mean) / std, as the key `normalize` of a task says.

    Attributes:
        mean: what is taken from each.
        std: what the rest is divided by.

    Example:
        >>> print(Normalizing.of([(200, 128.13, 3906.25)]))
        normalize: {mean: 128.13, std: 62.5}
    """

    mean: float
    std: float

    @classmethod
    def of(cls, columns: Iterable[tuple[int, float, float]]) -> Normalizing | None:
        """Return what suits columns of numbers, with few digits; None where all are the same.

        Args:
            columns: of each column how many numbers it has, their mean and their variance.
        """
        known = [column for column in columns if column[0]]
        total = sum(count for count, _, _ in known)
        if not total:
            return None
        mean = math.fsum(count * each for count, each, _ in known) / total
        squares = math.fsum(count * (spread + (each - mean) ** 2) for count, each, spread in known)
        std = math.sqrt(squares / total)
        if not std > 0:
            return None
        digits = _DIGITS - 1 - math.floor(math.log10(std))
        return cls(round(mean, digits), round(std, digits))

    @property
    def is_needed(self) -> bool:
        """Whether a EuclideanLoss trains badly on the numbers as they are.

        Far from 0 or wide, they start at a loss that makes training diverge or drowns other tasks;
        close to each other, at one that drowns beside others.
        """
        return math.hypot(self.mean, self.std) > _WIDE or self.std < _NARROW

    def __str__(self) -> str:
        return f"normalize: {{mean: {self.mean:.10g}, std: {self.std:.10g}}}"
