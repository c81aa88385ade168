"""The least and the greatest of some values, and what becomes of both in arithmetic."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ANYTHING", "Reach", "ValueRange", "all_at_once"]


class Reach(IntEnum):
    """How a value gets to a bound."""

    NEVER = 0
    """It comes near, or nothing tells."""
    ROUNDED = 1
    """By rounding, as a Sigmoid does: one value may, hundreds at once do not."""
    EXACT = 2
    """As a ReLU does: all at once may."""


@dataclass(frozen=True, slots=True)
class ValueRange:
    """The least and the greatest value of a blob, and how values get there."""

    low: float = -math.inf
    high: float = math.inf
    at_low: Reach = Reach.NEVER
    at_high: Reach = Reach.NEVER

    @property
    def reaches_zero(self) -> bool:
        """Whether one of the bounds is 0, and values get there."""
        return (self.low == 0 and self.at_low > 0) or (self.high == 0 and self.at_high > 0)

    @property
    def excludes_zero(self) -> bool:
        """Whether no value is 0."""
        return (
            self.low > 0
            or self.high < 0
            or (self.low == 0 and not self.at_low)
            or (self.high == 0 and not self.at_high)
        )

    def affine(self, scale: float, shift: float) -> ValueRange:
        """Return the range of scale x + shift; scale is not 0."""
        low, high = self.low * scale + shift, self.high * scale + shift
        if scale < 0:
            return ValueRange(high, low, self.at_high, self.at_low)
        return ValueRange(low, high, self.at_low, self.at_high)

    def plus(self, other: ValueRange) -> ValueRange:
        """Return the range of a sum."""
        return ValueRange(
            self.low + other.low,
            self.high + other.high,
            all_at_once(self.at_low, other.at_low),
            all_at_once(self.at_high, other.at_high),
        )

    def times(self, other: ValueRange) -> ValueRange:
        """Return the range of a product of what is not below 0; of others, nothing is known."""
        if self.low < 0 or other.low < 0:
            return ANYTHING
        if self.low == 0 or other.low == 0:
            reached = max(each.at_low for each in (self, other) if each.low == 0)
        else:
            reached = min(self.at_low, other.at_low)
        high = 0.0 if 0 in (self.high, other.high) else self.high * other.high
        return ValueRange(self.low * other.low, high, reached, min(self.at_high, other.at_high))

    def hull(self, other: ValueRange) -> ValueRange:
        """Return the range of values of either."""
        low, high = min(self.low, other.low), max(self.high, other.high)
        both = (self, other)
        return ValueRange(
            low,
            high,
            max(each.at_low for each in both if each.low == low),
            max(each.at_high for each in both if each.high == high),
        )

    def magnitude(self) -> ValueRange:
        """Return the range of absolute values."""
        if self.low >= 0:
            return self
        turned = self.affine(-1, 0)
        if self.high <= 0:
            return turned
        larger = self if self.high > turned.high else turned
        return ValueRange(0.0, larger.high, Reach.EXACT, larger.at_high)

    def rising(self, function: Callable[[float], float]) -> ValueRange:
        """Return the range of a function that rises with its value."""
        return ValueRange(function(self.low), function(self.high), self.at_low, self.at_high)


ANYTHING = ValueRange()


def all_at_once(*reached: Reach) -> Reach:
    """Return how a sum gets to the sum of bounds: what is reached by rounding is not at once."""
    return Reach.EXACT if min(reached) == Reach.EXACT else Reach.NEVER
