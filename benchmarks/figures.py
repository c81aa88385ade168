"""From measured numbers to the tables that the README shows."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["Figure", "Rates", "figures_table", "markdown", "rates_table", "ratio"]


@dataclass(frozen=True)
class Rates:
    """What one contender reached, a number a round.

    Attributes:
        images_per_second: over the job alone, without the start of the process.
        wall: seconds of the whole process.
    """

    images_per_second: list[float]
    wall: list[float]


@dataclass(frozen=True)
class Figure:
    """A number that the project wants to reach.

    Attributes:
        text: what it is.
        wanted: the limit.
        measured: what was found.
        unit: written after both numbers.
        at_least: whether more is better.
    """

    text: str
    wanted: float
    measured: float
    unit: str = ""
    at_least: bool = False

    @property
    def met(self) -> bool:
        """Whether the limit is kept."""
        return self.measured >= self.wanted if self.at_least else self.measured <= self.wanted


def ratio(rates: Mapping[str, Rates], over: str, under: str) -> float:
    """Median over the rounds of one rate over another, each within its own round."""
    pairs = zip(rates[over].images_per_second, rates[under].images_per_second, strict=True)
    return median(a / b for a, b in pairs)


def rates_table(rates: Mapping[str, Rates]) -> str:
    """Images a second, as a Markdown table."""
    rows = [
        (
            name,
            f"{median(rate.images_per_second):.0f}",
            f"{min(rate.images_per_second):.0f} to {max(rate.images_per_second):.0f}",
            f"{median(rate.wall):.2f}",
        )
        for name, rate in rates.items()
    ]
    return markdown(("", "images/s, median", "over the rounds", "whole command, s"), rows)


def figures_table(figures: Sequence[Figure]) -> str:
    """Wanted against measured, as a Markdown table."""
    rows = [
        (
            figure.text,
            f"{'at least' if figure.at_least else 'at most'} {figure.wanted:g}{figure.unit}",
            f"{figure.measured:.2f}{figure.unit}",
            "yes" if figure.met else "**no**",
        )
        for figure in figures
    ]
    return markdown(("figure", "wanted", "measured", "met"), rows)


def markdown(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
