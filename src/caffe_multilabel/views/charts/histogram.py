"""Histograms of one or two sets of numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from caffe_multilabel.views.charts.scale import Scale, Tick

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Histogram", "histogram"]

_BINS = 40
_MOST_WHOLE_NUMBERS = 60


@dataclass(frozen=True, slots=True)
class Histogram:
    """A histogram, its paths in a box of 100 by 100.

    Attributes:
        bars: the areas of the first set.
        outline: the outline of the second set; empty without one.
        x_ticks: the numbers.
        y_ticks: per cent of a set's numbers in a bin.
    """

    bars: str
    outline: str
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]


def histogram(
    first: NDArray[np.float64],
    second: NDArray[np.float64] | None = None,
    *,
    over: tuple[float, float] | None = None,
) -> Histogram:
    """Lay out a histogram; each bin holds as many whole numbers if that is what they are.

    Args:
        first: finite numbers (N,).
        second: finite numbers (M,) to compare them with.
        over: the range of the axis; that of the numbers if None.
    """
    every = first if second is None else np.concatenate([first, second])
    edges = _edges(every, over)
    shares = [_shares(each, edges) for each in (first, second) if each is not None]
    across = Scale(float(edges[0]), float(edges[-1]))
    up = Scale(0.0, max(1e-9, *(float(each.max()) for each in shares)) * 1.08)
    at = across.at(edges)
    heights = [100 - up.at(each) for each in shares]
    bars = "".join(
        f"M{left:.2f} 100V{top:.2f}H{right:.2f}V100"
        for left, right, top in zip(at[:-1], at[1:], heights[0], strict=True)
        if top < 100
    )
    outline = ""
    if second is not None:
        steps = (f"V{top:.2f}H{right:.2f}" for right, top in zip(at[1:], heights[1], strict=True))
        outline = f"M{at[0]:.2f} 100{''.join(steps)}V100"
    per_cent = tuple(Tick(tick.value, tick.at, f"{tick.text} %") for tick in up.ticks(3))
    return Histogram(bars, outline, across.ticks(4), per_cent)


def _edges(values: NDArray[np.float64], over: tuple[float, float] | None) -> NDArray[np.float64]:
    if over is not None:
        return np.linspace(*over, _BINS + 1)
    scale = Scale.over(values)
    if len(values) and (values == np.floor(values)).all():
        low, high = float(values.min()), float(values.max())
        step = max(1.0, float(np.ceil((high - low) / _MOST_WHOLE_NUMBERS)))
        return np.arange(low - 0.5, high + step, step)
    return np.linspace(scale.low, scale.high, _BINS + 1)


def _shares(values: NDArray[np.float64], edges: NDArray[np.float64]) -> NDArray[np.float64]:
    counts, _ = np.histogram(values, edges)
    return 100.0 * counts / max(len(values), 1)
