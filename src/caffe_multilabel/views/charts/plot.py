"""Curves over a common axis, such as a loss over iterations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from caffe_multilabel.views.charts.scale import Scale

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from caffe_multilabel.views.charts.scale import Tick

__all__ = ["Line", "LinePlot", "Mark", "Series", "dot_path", "line_plot"]

_MOST_POINTS = 600
"""A curve of more points is drawn by the least and greatest of each stretch of them."""


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """A curve to be drawn.

    Attributes:
        name: its name for the reader.
        style: class of its look in the style sheet.
        x: float64 (N,), rising.
        y: float64 (N,); what is not finite is marked and leaves a gap.
        dotted: whether each point gets a dot; one that stands alone always does.
    """

    name: str
    style: str
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    dotted: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A curve as an SVG path in a box of 100 by 100; `dots` is a path of its single points."""

    name: str
    style: str
    path: str
    dots: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A value that is not finite: its place along the x axis in per cent, and what it is."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class LinePlot:
    """Curves with their axes."""

    lines: tuple[Line, ...]
    marks: tuple[Mark, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]


def line_plot(series: Sequence[Series], *, logarithmic: bool = False) -> LinePlot:
    """Lay out curves over one x and one y axis.

    Args:
        series: the curves.
        logarithmic: whether the y axis is; all finite values must be positive then.
    """
    finite = [np.isfinite(each.y) for each in series]
    across = Scale.over(_joined([each.x for each in series]))
    heights = _joined([each.y[good] for each, good in zip(series, finite, strict=True)])
    up = Scale.over(heights, logarithmic=logarithmic, margin=0.05)
    return LinePlot(
        lines=tuple(_line(each, across, up) for each in series),
        marks=tuple(
            Mark(round(float(place), 2), f"{each.name}: {value} at {at:g}")
            for each, good in zip(series, finite, strict=True)
            for place, value, at in zip(
                across.at(each.x[~good]), each.y[~good], each.x[~good], strict=True
            )
        )[:_MOST_POINTS],
        x_ticks=across.ticks(4),
        y_ticks=up.ticks(4),
    )


def dot_path(x: NDArray[np.float64], y: NDArray[np.float64]) -> str:
    """Return the SVG path of dots at x and y, in per cent from the lower left corner.

    A line of no length with round ends is a dot, whatever way the box is stretched.
    """
    return "".join(f"M{left:.2f} {100 - up:.2f}h0" for left, up in zip(x, y, strict=True))


def _joined(parts: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    return np.concatenate(parts) if parts else np.empty(0)


def _line(series: Series, across: Scale, up: Scale) -> Line:
    path, dots = [], []
    for stretch in _stretches(series.x, series.y):
        thinned = _thinned(*stretch)
        x, y = across.at(thinned[0]), up.at(thinned[1])
        points = (f"{left:.2f} {100 - height:.2f}" for left, height in zip(x, y, strict=True))
        path.append("M" + "L".join(points))
        if series.dotted or len(x) == 1:
            dots.append(dot_path(x, y))
    return Line(series.name, series.style, "".join(path), "".join(dots))


def _stretches(
    x: NDArray[np.float64], y: NDArray[np.float64]
) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Cut a curve at the values that are not finite."""
    places = np.flatnonzero(np.isfinite(y))
    if not len(places):
        return []
    cuts = np.flatnonzero(np.diff(places) > 1) + 1
    return [(x[part], y[part]) for part in np.split(places, cuts)]


def _thinned(
    x: NDArray[np.float64], y: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Keep the least and the greatest value of each of some hundred stretches."""
    if len(x) <= _MOST_POINTS:
        return x, y
    bounds = np.linspace(0, len(x), _MOST_POINTS // 2 + 1).astype(np.int64)
    kept: set[int] = {0, len(x) - 1}
    for begin, end in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        part = y[begin:end]
        kept |= {begin + int(part.argmin()), begin + int(part.argmax())}
    places = sorted(kept)
    return x[places], y[places]
