"""How far training and validation are apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from caffe_multilabel.views.stats.drift import label_drift

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caffe_multilabel.labels.layout import LabelTask
    from caffe_multilabel.views.report.pair import ReportPair
    from caffe_multilabel.views.stats.drift import TaskDrift

__all__ = ["DriftRow", "make_drift_rows"]


@dataclass(frozen=True, slots=True)
class DriftRow:
    """A task's distance, with the bars that show it, in per cent of the longest."""

    drift: TaskDrift
    length: float
    chance_length: float


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
