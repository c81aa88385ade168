"""What tasks tell of each other, and how far training and validation are apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from caffe_multilabel.views.stats.drift import label_drift

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from caffe_multilabel.labels.layout import LabelTask
    from caffe_multilabel.views.report.pair import ReportPair
    from caffe_multilabel.views.stats.correlation import Correlation, Pair
    from caffe_multilabel.views.stats.drift import TaskDrift

__all__ = ["DriftRow", "HeatCell", "HeatMap", "make_drift_rows", "make_heat_map"]

_MOST_COLUMNS = 48
_MOST_TEXTS = 14


@dataclass(frozen=True, slots=True)
class HeatCell:
    """A cell: how strong it is from 0 to 1, its sign, its number, and what it is in words."""

    strength: float
    negative: bool
    text: str
    title: str


@dataclass(frozen=True, slots=True)
class HeatMap:
    """What label columns, or tasks where there are many columns, tell of each other.

    Attributes:
        names: of rows and columns.
        rows: the cells.
        by_task: whether rows are tasks, each with the strongest value among its columns.
        hidden: how many tasks there was no room for.
        strongest: the pairs of columns of different tasks that tell most of each other.
    """

    names: tuple[str, ...]
    rows: tuple[tuple[HeatCell, ...], ...]
    by_task: bool
    hidden: int
    strongest: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class DriftRow:
    """A task's distance, with the bars that show it, in per cent of the longest."""

    drift: TaskDrift
    length: float
    chance_length: float


def make_heat_map(correlation: Correlation | None) -> HeatMap | None:
    """Lay out the heat map; None where there is nothing to compare."""
    if correlation is None or len(correlation.names) < 2:
        return None
    by_task = len(correlation.names) > _MOST_COLUMNS
    names, values = correlation.names, correlation.values
    if by_task:
        names, values = correlation.between_tasks()
    shown = names[:_MOST_COLUMNS]
    with_text = len(shown) <= _MOST_TEXTS
    rows = tuple(
        tuple(
            _cell(values, row, column, f"{first} and {second}", with_text)
            for column, second in enumerate(shown)
        )
        for row, first in enumerate(shown)
    )
    return HeatMap(shown, rows, by_task, len(names) - len(shown), correlation.strongest(5, 0.3))


def make_drift_rows(
    pairs: Sequence[ReportPair], tasks: Sequence[LabelTask]
) -> tuple[DriftRow, ...]:
    """Compare the labels of training and validation; empty without validation."""
    if len(pairs) < 2:
        return ()
    drifts = label_drift(tasks, pairs[0].table.labels, pairs[1].table.labels)
    longest = max((max(each.distance, each.chance) for each in drifts), default=0.0) or 1.0
    return tuple(
        DriftRow(
            drift=each,
            length=round(100 * each.distance / longest, 2),
            chance_length=round(100 * each.chance / longest, 2),
        )
        for each in drifts
    )


def _cell(
    values: NDArray[np.float64], row: int, column: int, names: str, with_text: bool
) -> HeatCell:
    value = float(values[row, column])
    if np.isnan(value):
        return HeatCell(0.0, False, "", f"{names}: not known")
    # Not "-0.00", which would only raise a question.
    text = f"{value:.2f}".replace("-0.00", "0.00") if with_text and row != column else ""
    return HeatCell(round(abs(value), 3), value < 0, text, f"{names}: {value:.3f}")
