"""What numbers are best learnt as: around 0 and about 1 wide."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["MAX_FLOAT", "Normalizing", "is_normalizing"]

MAX_FLOAT = 2.0**128 - 2.0**104
"""The greatest float32."""

_DIGITS = 4
"""Of the standard deviation; the mean is as exact."""
_WIDE = 2.0
_NARROW = 0.05


def is_normalizing(mean: float, std: float) -> bool:
    """Tell whether a net's float32 hold what normalizes by these, and what turns it back.

    Example:
        >>> is_normalizing(120, 60), is_normalizing(0, 1e-45), is_normalizing(1e30, 1e-20)
        (True, False, False)
    """
    return std > 0 and all(abs(each) <= MAX_FLOAT for each in (mean, std, 1 / std, mean / std))


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
        """Return what suits columns of numbers, with few digits.

        Args:
            columns: of each column how many numbers it has, their mean and their variance.

        Returns:
            None where all numbers are the same, or a net's float32 cannot hold it.
        """
        known = [column for column in columns if column[0]]
        total = sum(count for count, _, _ in known)
        if not total or not all(
            abs(each) <= MAX_FLOAT and spread <= MAX_FLOAT**2 for _, each, spread in known
        ):
            return None
        mean = math.fsum(count * each for count, each, _ in known) / total
        squares = math.fsum(count * (spread + (each - mean) ** 2) for count, each, spread in known)
        std = math.sqrt(squares / total)
        if not std > 0:
            return None
        digits = _DIGITS - 1 - math.floor(math.log10(std))
        mean, std = round(mean, digits), round(std, digits)
        return cls(mean, std) if is_normalizing(mean, std) else None

    @property
    def is_needed(self) -> bool:
        """Whether a EuclideanLoss trains badly on the numbers as they are.

        Far from 0 or wide, they start at a loss that makes training diverge or drowns other tasks;
        close to each other, at one that drowns beside others.
        """
        return math.hypot(self.mean, self.std) > _WIDE or self.std < _NARROW

    def __str__(self) -> str:
        return f"normalize: {{mean: {self.mean:.10g}, std: {self.std:.10g}}}"
