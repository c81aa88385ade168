"""Sorts the rows of a log into curves, and lays them out for a figure and for a page."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import cycle
from typing import TYPE_CHECKING

import numpy as np

from caffe_multilabel.views.charts.plot import Figure, Key, Series, make_plot
from caffe_multilabel.views.charts.scale import number_text
from caffe_multilabel.views.charts.svg import draw_svg
from caffe_multilabel.views.log.model import LEARNING_RATE, TOTAL_LOSS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from caffe_multilabel.views.charts.plot import Plot
    from caffe_multilabel.views.charts.svg import SvgPlot
    from caffe_multilabel.views.log.model import LogRow, OutputSummary, TrainingLog

__all__ = [
    "Curve",
    "LogView",
    "Panel",
    "PanelView",
    "make_figure",
    "make_panels",
    "view_log",
]

# Parts of an output's name that say what is measured, and not of which task.
_MEASURES = frozenset(
    ("loss", "accuracy", "acc", "top", "top1", "top5", "topk", "error", "err", "softmax", "score")
)

_FEW_POINTS = 40

_COLORS = {"train": "train", "test": "val"}
_FURTHER_COLORS = ("other", "other2", "other3")


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """The values of one output in one phase: all that count, or what one run did in vain.

    Attributes:
        phase: `train`, `test`, `test1` and so on.
        iterations: int64 (N,), rising.
        values: float64 (N,), nan and infinity included.
        superseded: a later run has been through these iterations again.
    """

    phase: str
    iterations: NDArray[np.int64]
    values: NDArray[np.float64]
    superseded: bool

    @property
    def dotted(self) -> bool:
        """Whether its points are few enough to be seen one by one."""
        return len(self.values) <= _FEW_POINTS and not self.superseded

    @property
    def finite(self) -> NDArray[np.bool_]:
        """Which values are finite, bool (N,)."""
        return np.isfinite(self.values)


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """The curves of one output, to be drawn on one pair of axes.

    Attributes:
        output: the output.
        loss_weight: its weight in the total loss; None if it is no loss.
        curves: those that are superseded, then one for each phase.
    """

    output: str
    loss_weight: float | None
    curves: tuple[Curve, ...]

    @property
    def not_finite(self) -> int:
        """How many values are nan or infinite."""
        return sum(int((~curve.finite).sum()) for curve in self.curves)

    @property
    def logarithmic(self) -> bool:
        """Whether the values are positive and so far apart that small ones would not be seen."""
        parts = [curve.values[curve.finite] for curve in self.curves]
        finite = np.concatenate(parts) if parts else np.empty(0)
        return len(finite) > 1 and finite.min() > 0 and bool(finite.max() > 100 * finite.min())


@dataclass(frozen=True, slots=True)
class PanelView:
    """One output as the page shows it."""

    plot: SvgPlot
    summaries: tuple[OutputSummary, ...]


@dataclass(frozen=True, slots=True)
class LogView:
    """A training log as the page shows it.

    Attributes:
        panels: its outputs.
        legend: what the colours mean.
        went_back: as in `TrainingLog`.
        not_finite: how many values are nan or infinite.
        unread: as in `TrainingLog`.
    """

    panels: tuple[PanelView, ...]
    legend: tuple[Key, ...]
    went_back: tuple[int, ...]
    not_finite: int
    unread: tuple[str, ...]


def make_panels(log: TrainingLog) -> tuple[Panel, ...]:
    """Make a panel for each output.

    The total loss comes first and the learning rate last. Between them stand the outputs of one
    task side by side, told by what their names have in common beside words such as `loss`.
    """
    rows: dict[str, list[LogRow]] = {}
    for row in log.rows:
        rows.setdefault(row.output, []).append(row)
    tasks = {task: position for position, task in enumerate(dict.fromkeys(map(_task, rows)))}
    order = {output: position for position, output in enumerate(rows)}

    def position(output: str) -> tuple[int, int, int]:
        edge = {TOTAL_LOSS: -1, LEARNING_RATE: 1}.get(output, 0)
        return edge, tasks[_task(output)], order[output]

    return tuple(
        Panel(output, log.loss_weights.get(output), tuple(_curves(log, rows[output])))
        for output in sorted(rows, key=position)
    )


def make_figure(panels: Sequence[Panel]) -> Figure:
    """Lay out a plot for each panel."""
    phases = sorted({curve.phase for panel in panels for curve in panel.curves}, key=_phase_order)
    further = [phase for phase in phases if phase not in _COLORS]
    colors = _COLORS | dict(zip(further, cycle(_FURTHER_COLORS), strict=False))
    legend = [Key(phase, colors[phase]) for phase in phases]
    if not_finite := _not_finite(panels):
        legend.append(Key(f"nan or inf, {not_finite:,} in all", "bad", cross=True))
    return Figure(tuple(_plot(panel, colors) for panel in panels), tuple(legend))


def view_log(log: TrainingLog) -> LogView:
    """Draw the curves of a log."""
    panels = make_panels(log)
    figure = make_figure(panels)
    summaries = sorted(log.summaries(), key=lambda each: each.phase != "train")
    return LogView(
        panels=tuple(
            PanelView(
                plot=draw_svg(plot),
                summaries=tuple(each for each in summaries if each.output == panel.output),
            )
            for panel, plot in zip(panels, figure.plots, strict=True)
        ),
        legend=figure.legend,
        went_back=log.went_back,
        not_finite=_not_finite(panels),
        unread=log.unread,
    )


def _not_finite(panels: Sequence[Panel]) -> int:
    return sum(panel.not_finite for panel in panels)


def _phase_order(phase: str) -> tuple[bool, int, str]:
    """Put `train` first, and `test10` behind `test9`."""
    return phase != "train", len(phase), phase


def _plot(panel: Panel, colors: Mapping[str, str]) -> Plot:
    weight = panel.loss_weight
    return make_plot(
        [
            Series(
                name=curve.phase,
                color=colors[curve.phase],
                x=curve.iterations.astype(np.float64),
                y=curve.values,
                dotted=curve.dotted,
                faint=curve.superseded,
            )
            for curve in panel.curves
        ],
        title=panel.output,
        detail="" if weight is None else f"weight {number_text(weight)}",
        logarithmic=panel.logarithmic,
    )


def _task(output: str) -> str:
    words = re.split(r"[^0-9A-Za-z]+", output)
    return " ".join(word for word in words if word.lower() not in _MEASURES)


def _curves(log: TrainingLog, rows: Iterable[LogRow]) -> list[Curve]:
    groups: dict[tuple[str, int | None], list[LogRow]] = {}
    for row in rows:
        run = row.run if log.is_superseded(row) else None
        groups.setdefault((row.phase, run), []).append(row)
    curves = [
        Curve(
            phase=phase,
            iterations=np.array([row.iteration for row in group], dtype=np.int64),
            values=np.array([row.value for row in group], dtype=np.float64),
            superseded=run is not None,
        )
        for (phase, run), group in groups.items()
    ]
    return sorted(curves, key=lambda curve: not curve.superseded)
