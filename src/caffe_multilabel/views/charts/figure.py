"""Draws a training log with matplotlib."""

from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING

import numpy as np

from caffe_multilabel._base.extras import import_extra
from caffe_multilabel.views.log.curves import make_panels

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from caffe_multilabel.views.log.curves import Curve, Panel
    from caffe_multilabel.views.log.model import TrainingLog

__all__ = ["draw_figure"]

_COLUMNS = 3
_PANEL_WIDTH, _PANEL_HEIGHT = 4.6, 2.9  # inches
_DPI = 110
_COLORS = {"train": "#2c6e9b", "test": "#d9822b"}
_OTHER = ("#5b8c3a", "#8e5ba6", "#a05a2c")
_WRONG = "#c62828"


def draw_figure(log: TrainingLog) -> bytes:
    """Draw a panel for each output of the net; return a PNG.

    What a resumed training did again is faint; nan and infinite values are crosses at the top.

    Raises:
        Error: matplotlib is not installed.
    """
    figures = import_extra("matplotlib.figure")
    panels = make_panels(log)
    columns = min(_COLUMNS, len(panels))
    rows = math.ceil(len(panels) / columns)
    figure = figures.Figure(
        figsize=(_PANEL_WIDTH * columns, _PANEL_HEIGHT * rows), dpi=_DPI, layout="constrained"
    )
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for panel, place in zip(panels, axes, strict=False):
        _draw_panel(place, panel)
    for place in axes[len(panels) :]:
        place.set_axis_off()
    png = io.BytesIO()
    figure.savefig(png, format="png")
    return png.getvalue()


def _draw_panel(axes: Axes, panel: Panel) -> None:
    phases = sorted({curve.phase for curve in panel.curves}, reverse=True)
    others = iter(_OTHER * len(phases))
    colors = {phase: _COLORS.get(phase) or next(others) for phase in phases}
    for curve in panel.curves:
        _draw_curve(axes, curve, colors[curve.phase])
    weight = "" if panel.loss_weight is None else f", weight {panel.loss_weight:g}"
    axes.set_title(f"{panel.output}{weight}", loc="left", fontsize=10)
    axes.set_yscale("log" if panel.logarithmic else "linear")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#dddddd", linewidth=0.6)
    axes.tick_params(labelsize=8, length=3)
    handles, labels = axes.get_legend_handles_labels()
    if len(labels) > 1:
        axes.legend(handles, labels, fontsize=8, frameon=False)


def _draw_curve(axes: Axes, curve: Curve, color: str) -> None:
    finite = curve.finite
    axes.plot(
        curve.iterations,
        np.where(finite, curve.values, np.nan),
        color=color,
        alpha=0.25 if curve.superseded else 1.0,
        linewidth=1.3,
        marker="o" if curve.dotted else "",
        markersize=3,
        label="_" if curve.superseded else curve.phase,
    )
    if not finite.all():
        axes.plot(
            curve.iterations[~finite],
            np.full(int((~finite).sum()), 0.97),
            "x",
            color=_WRONG,
            markersize=5,
            transform=axes.get_xaxis_transform(),
            label="_" if curve.superseded else f"{curve.phase}: nan or inf",
        )
