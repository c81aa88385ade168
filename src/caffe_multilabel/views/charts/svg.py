"""Draws plots as paths for a page.

Charts stretch to the width of the page. So that letters do not stretch with them, curves are SVG
paths in a box of 100 by 100, and all text is HTML placed over it, in per cent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from caffe_multilabel.views.charts.plot import Line, Plot
    from caffe_multilabel.views.charts.scale import Tick

__all__ = ["SvgLine", "SvgMark", "SvgPlot", "dot_path", "draw_svg"]


@dataclass(frozen=True, slots=True)
class SvgLine:
    """A curve: its look in the style sheet, its path, and the path of its single points."""

    style: str
    path: str
    dots: str


@dataclass(frozen=True, slots=True)
class SvgMark:
    """A value that is not finite: its place along the x axis in per cent, and what it is."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class SvgPlot:
    """Curves with their axes, as the templates place them."""

    title: str
    detail: str
    lines: tuple[SvgLine, ...]
    marks: tuple[SvgMark, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]


def draw_svg(plot: Plot) -> SvgPlot:
    """Draw a plot."""
    marks = plot.x.scale.at(np.array([mark.x for mark in plot.marks], dtype=np.float64)).tolist()
    return SvgPlot(
        title=plot.title,
        detail=plot.detail,
        lines=tuple(_line(line, plot) for line in plot.lines),
        marks=tuple(
            SvgMark(round(at, 2), mark.text) for at, mark in zip(marks, plot.marks, strict=True)
        ),
        x_ticks=plot.x.ticks,
        y_ticks=plot.y.ticks,
    )


def dot_path(x: NDArray[np.float64], y: NDArray[np.float64]) -> str:
    """Return the SVG path of dots at x and y, in per cent from the lower left corner.

    A line of no length with round ends is a dot, whatever way the box is stretched.
    """
    return "".join(f"M{left:.2f} {100 - up:.2f}h0" for left, up in zip(x, y, strict=True))


def _line(line: Line, plot: Plot) -> SvgLine:
    path, dots = [], []
    for stretch in line.stretches:
        x, y = plot.x.scale.at(stretch.x), plot.y.scale.at(stretch.y)
        points = (f"{left:.2f} {100 - up:.2f}" for left, up in zip(x, y, strict=True))
        path.append("M" + "L".join(points))
        if stretch.dotted:
            dots.append(dot_path(x, y))
    style = f"{line.color} faint" if line.faint else line.color
    return SvgLine(style, "".join(path), "".join(dots))
