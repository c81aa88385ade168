"""Scales of axes: where a value stands, and which values are written beside the axis."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Scale", "Tick", "number_text"]

_STEPS = (1.0, 2.0, 5.0, 10.0)
_MOST_WITH_UNIT = 1e12
# From which value on, what it is divided by, and the letter for that.
_MAGNITUDES = ((1e9, 1e9, "G"), (1e6, 1e6, "M"), (1e4, 1e3, "k"))


@dataclass(frozen=True, slots=True)
class Tick:
    """A value written beside an axis.

    Attributes:
        value: the value.
        at: its place in per cent of the axis.
        text: what is written.
    """

    value: float
    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Scale:
    """Maps values to per cent of an axis.

    Attributes:
        low: the value at the beginning.
        high: the value at the end, greater than `low`.
        logarithmic: equal steps are equal factors; both ends are positive.
    """

    low: float
    high: float
    logarithmic: bool = False

    @classmethod
    def over(
        cls, values: NDArray[np.float64], *, logarithmic: bool = False, margin: float = 0.0
    ) -> Scale:
        """Make a scale that holds all of some finite values.

        Args:
            values: (N,); none at all gives a scale from 0 to 1.
            logarithmic: the values are positive and the scale is logarithmic.
            margin: part of the axis that is left free at each end.
        """
        if not len(values):
            return cls(0.0, 1.0)
        low, high = float(values.min()), float(values.max())
        if logarithmic and high > low:
            factor = (high / low) ** margin
            return cls(low / factor, high * factor, logarithmic=True)
        room = (high - low) * margin if high > low else abs(low) / 2 or 0.5
        return cls(low - room, high + room)

    def at(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return where values stand, in per cent of the axis, shape as given."""
        low, high = self.low, self.high
        if self.logarithmic:
            values, low, high = np.log(values), math.log(low), math.log(high)
        return 100.0 * (values - low) / (high - low)

    def ticks(self, most: int = 5) -> tuple[Tick, ...]:
        """Choose round values within the scale."""
        values = self._decades(most) if self.logarithmic else []
        if len(values) < 2:
            values = self._even(most)
        positions = self.at(np.array(values, dtype=np.float64))
        return tuple(
            Tick(value, round(float(position), 2), number_text(value))
            for position, value in zip(positions, values, strict=True)
        )

    def _even(self, most: int) -> list[float]:
        rough = (self.high - self.low) / most
        size = 10.0 ** math.floor(math.log10(rough))
        step = next(size * step for step in _STEPS if size * step >= rough * (1 - 1e-9))
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        # Products of whole numbers, so that zero is 0 and not 1e-17.
        values = [position * step for position in range(first, last + 1)]
        return [value for value in values if value > 0] if self.logarithmic else values

    def _decades(self, most: int) -> list[float]:
        first = math.ceil(math.log10(self.low) - 1e-9)
        last = math.floor(math.log10(self.high) + 1e-9)
        stride = max(1, math.ceil((last - first + 1) / most))
        return [10.0**power for power in range(first, last + 1, stride)]


def number_text(value: float, digits: int = 4) -> str:
    """Write a number in a few digits, as in `0.25`, `1,800` or `120k`."""
    if not abs(value) < _MOST_WITH_UNIT:
        return f"{value:.{digits}g}"
    for least, unit, letter in _MAGNITUDES:
        if abs(value) >= least:
            return f"{value / unit:.{digits}g}{letter}"
    if value == int(value):
        return f"{int(value):,}"
    return f"{value:.{digits}g}"
