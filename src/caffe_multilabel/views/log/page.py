"""Draws a training log as a page of HTML."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from caffe_multilabel.views.charts.plot import Series, line_plot
from caffe_multilabel.views.log.curves import make_panels
from caffe_multilabel.views.page import render

if TYPE_CHECKING:
    from caffe_multilabel.views.charts.plot import LinePlot
    from caffe_multilabel.views.log.curves import Curve, Panel
    from caffe_multilabel.views.log.model import OutputSummary, TrainingLog

__all__ = ["CurvePanel", "LogView", "make_page", "view_log"]

_STYLES = {"train": "train", "test": "val"}


@dataclass(frozen=True, slots=True)
class CurvePanel:
    """One output as the page shows it."""

    output: str
    loss_weight: float | None
    plot: LinePlot
    summaries: tuple[OutputSummary, ...]


@dataclass(frozen=True, slots=True)
class LogView:
    """A training log as the page shows it."""

    panels: tuple[CurvePanel, ...]
    resumed_at: tuple[int, ...]
    not_finite: int


def view_log(log: TrainingLog) -> LogView:
    """Lay out the curves of a log."""
    summaries = sorted(log.summaries(), key=lambda each: each.phase != "train")
    panels = make_panels(log)
    return LogView(
        panels=tuple(
            CurvePanel(
                output=panel.output,
                loss_weight=panel.loss_weight,
                plot=_plot(panel),
                summaries=tuple(each for each in summaries if each.output == panel.output),
            )
            for panel in panels
        ),
        resumed_at=log.run_starts[1:],
        not_finite=sum(panel.not_finite for panel in panels),
    )


def make_page(log: TrainingLog) -> str:
    """Make the page.

    Raises:
        Error: Jinja is not installed.
    """
    return render("curves.html.j2", log=view_log(log))


def _plot(panel: Panel) -> LinePlot:
    return line_plot(list(map(_series, panel.curves)), logarithmic=panel.logarithmic)


def _series(curve: Curve) -> Series:
    style = _STYLES.get(curve.phase, "other")
    return Series(
        name=curve.phase,
        style=f"{style} superseded" if curve.superseded else style,
        x=curve.iterations.astype(np.float64),
        y=curve.values,
        dotted=curve.dotted,
    )
