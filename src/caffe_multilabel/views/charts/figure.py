"""Draws figures into image files, with matplotlib."""

from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING, Any

from caffe_multilabel._base.extras import import_extra
from caffe_multilabel.views.charts.palette import FAINT, PALETTE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

    from caffe_multilabel.views.charts.plot import Figure, Key, Plot

__all__ = ["draw_figure", "figure_png"]

_COLUMNS = 3
_PANEL_WIDTH, _PANEL_HEIGHT, _LEGEND_HEIGHT, _PAD = 4.6, 2.9, 0.3, 0.12  # inches
_DPI = 110
_LINE_WIDTH, _DOT, _CROSS = 1.3, 3.6, 5.0  # points
_TITLE, _TEXT = 10, 8  # points
_UNCLIPPED: dict[str, Any] = {"clip_on": False, "in_layout": False}
"""Dots and crosses at the ends of the axes are whole, and take no room from the axes."""


def figure_png(figure: Figure) -> bytes:
    """Draw a figure as a PNG.

    Raises:
        Error: matplotlib is not installed.
    """
    png = io.BytesIO()
    draw_figure(figure).savefig(png, format="png")
    return png.getvalue()


def draw_figure(figure: Figure) -> Canvas:
    """Draw a figure of at least one plot, in rows of three plots, under its legend.

    Raises:
        Error: matplotlib is not installed.
    """
    columns = min(_COLUMNS, len(figure.plots))
    rows = math.ceil(len(figure.plots) / columns)
    canvas: Canvas = import_extra("matplotlib.figure").Figure(
        figsize=(_PANEL_WIDTH * columns, _PANEL_HEIGHT * rows + _LEGEND_HEIGHT),
        dpi=_DPI,
        facecolor=_color("paper"),
    )
    canvas.set_layout_engine("constrained", w_pad=_PAD, h_pad=_PAD)
    panels = canvas.subplots(rows, columns, squeeze=False).ravel()
    for plot, axes in zip(figure.plots, panels, strict=False):
        _draw_plot(axes, plot)
    for axes in panels[len(figure.plots) :]:
        axes.set_axis_off()
    canvas.legend(
        handles=[_handle(key) for key in figure.legend],
        loc="outside upper left",
        ncols=len(figure.legend),
        fontsize=_TITLE,
        frameon=False,
        labelcolor=_color("ink"),
    )
    return canvas


def _draw_plot(axes: Axes, plot: Plot) -> None:
    # Names of blobs are no formulas, whatever dollar signs they hold.
    axes.set_title(
        f"{plot.title}  {plot.detail}".rstrip(),
        loc="left",
        pad=_TITLE,
        fontsize=_TITLE,
        color=_color("ink"),
        parse_math=False,
    )
    axes.set_yscale("log" if plot.y.scale.logarithmic else "linear")
    for axis, side in ((axes.xaxis, plot.x), (axes.yaxis, plot.y)):
        axis.set_ticks([])
        axis.set_ticks([], minor=True)
        axis.set_ticks([tick.value for tick in side.ticks], [tick.text for tick in side.ticks])
    axes.set_xlim(plot.x.scale.low, plot.x.scale.high)
    axes.set_ylim(plot.y.scale.low, plot.y.scale.high)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(_color("soft"))
    axes.grid(axis="y", color=_color("line"), linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=_TEXT, length=0, pad=5, labelcolor=_color("soft"))
    for line in plot.lines:
        for stretch in line.stretches:
            axes.plot(
                stretch.x,
                stretch.y,
                color=_color(line.color),
                alpha=FAINT if line.faint else 1.0,
                linewidth=_LINE_WIDTH,
                marker="o" if stretch.dotted else "",
                markersize=_DOT,
                **_UNCLIPPED,
            )
    axes.plot(
        [mark.x for mark in plot.marks],
        [1.0] * len(plot.marks),
        "x",
        color=_color("bad"),
        markersize=_CROSS,
        transform=axes.get_xaxis_transform(),
        **_UNCLIPPED,
    )


def _handle(key: Key) -> object:
    return import_extra("matplotlib.lines").Line2D(
        [],
        [],
        color=_color(key.color),
        linewidth=0 if key.cross else 2 * _LINE_WIDTH,
        marker="x" if key.cross else "",
        markersize=_CROSS,
        label=key.name,
    )


def _color(name: str) -> str:
    return PALETTE[name].light
