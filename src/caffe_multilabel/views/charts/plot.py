"""Curves over common axes, such as losses over iterations, laid out for whatever draws them.

A figure is worked out here once: ranges, ticks, points, colours, legend. `charts.svg` draws it into
a page and `charts.figure` into an image file; neither chooses anything of its own but the style.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from caffe_multilabel.views.charts.scale import Scale

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from caffe_multilabel.views.charts.scale import Tick

__all__ = ["Axis", "Figure", "Key", "Line", "Mark", "Plot", "Series", "Stretch", "make_plot"]

_MOST_POINTS = 600
"""A curve of more points is drawn by the least and greatest of each stretch of them."""
_MOST_TICKS = 4


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """Numbers to be drawn as a curve.

    Attributes:
        name: its name for the reader.
        color: its colour, a name of `PALETTE`.
        x: float64 (N,), rising.
        y: float64 (N,); what is not finite is marked and leaves a gap.
        dotted: whether each point gets a dot; one that stands alone always does.
        faint: whether it stands in the background.
    """

    name: str
    color: str
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    dotted: bool = False
    faint: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """Points that are joined by a line: x and y, float64 (K,), all finite, K at least 1."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    dotted: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A curve, cut where values are not finite."""

    name: str
    color: str
    faint: bool
    stretches: tuple[Stretch, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """A value that is not finite: where it stands along the x axis, and what it is."""

    x: float
    text: str


@dataclass(frozen=True, slots=True)
class Axis:
    """An axis: its range, and what is written beside it."""

    scale: Scale
    ticks: tuple[Tick, ...]

    @classmethod
    def over(
        cls, values: NDArray[np.float64], *, logarithmic: bool = False, margin: float = 0.0
    ) -> Axis:
        """Make an axis that holds all of some finite values; see `Scale.over`."""
        scale = Scale.over(values, logarithmic=logarithmic, margin=margin)
        return cls(scale, scale.ticks(_MOST_TICKS))


@dataclass(frozen=True, slots=True)
class Plot:
    """Curves over one pair of axes.

    Attributes:
        title: what they show.
        detail: more of that, for the small print; may be empty.
        x: the horizontal axis.
        y: the vertical axis.
        lines: the curves; later ones are drawn over earlier ones.
        marks: values that are not finite.
    """

    title: str
    detail: str
    x: Axis
    y: Axis
    lines: tuple[Line, ...]
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Key:
    """An entry of a legend; `cross` tells that it explains the marks, not a curve."""

    name: str
    color: str
    cross: bool = False


@dataclass(frozen=True, slots=True)
class Figure:
    """Plots that share a legend."""

    plots: tuple[Plot, ...]
    legend: tuple[Key, ...]


def make_plot(
    series: Sequence[Series], *, title: str = "", detail: str = "", logarithmic: bool = False
) -> Plot:
    """Lay out curves over one x and one y axis.

    Args:
        series: the curves.
        title: what they show.
        detail: more of that.
        logarithmic: whether the y axis is; all finite values must be positive then.
    """
    finite = [np.isfinite(each.y) for each in series]
    heights = _joined([each.y[good] for each, good in zip(series, finite, strict=True)])
    marks = [
        Mark(x, f"{each.name}: {value} at {x:g}")
        for each, good in zip(series, finite, strict=True)
        for x, value in zip(each.x[~good].tolist(), each.y[~good].tolist(), strict=True)
    ]
    return Plot(
        title=title,
        detail=detail,
        x=Axis.over(_joined([each.x for each in series])),
        y=Axis.over(heights, logarithmic=logarithmic, margin=0.05),
        lines=tuple(_line(each) for each in series),
        marks=tuple(marks[:_MOST_POINTS]),
    )


def _joined(parts: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    return np.concatenate(parts) if parts else np.empty(0)


def _line(series: Series) -> Line:
    """Cut a curve at the values that are not finite, and thin out what is left."""
    indices = np.flatnonzero(np.isfinite(series.y))
    cuts = np.flatnonzero(np.diff(indices) > 1) + 1
    stretches = []
    for part in np.split(indices, cuts) if len(indices) else []:
        x, y = _thinned(series.x[part], series.y[part])
        stretches.append(Stretch(x, y, dotted=series.dotted or len(x) == 1))
    return Line(series.name, series.color, series.faint, tuple(stretches))


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
    indices = sorted(kept)
    return x[indices], y[indices]
