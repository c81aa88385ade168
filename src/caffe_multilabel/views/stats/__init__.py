"""Measures labels: counts, ranges, baselines, what tasks tell of each other, and drift.

Names are loaded when they are first used, so that numpy is paid only by those who measure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel._base.lazy import lazy_names

if TYPE_CHECKING:
    from caffe_multilabel.views.stats.correlation import Correlation, Pair
    from caffe_multilabel.views.stats.drift import TaskDrift, label_drift
    from caffe_multilabel.views.stats.identities import IdentityStats
    from caffe_multilabel.views.stats.measure import label_stats, measure_labels
    from caffe_multilabel.views.stats.results import (
        BinaryStats,
        BinaryValue,
        ClassCount,
        ClassStats,
        LabelStats,
        RealStats,
        RealValue,
        TaskStats,
    )

__all__ = [
    "BinaryStats",
    "BinaryValue",
    "ClassCount",
    "ClassStats",
    "Correlation",
    "IdentityStats",
    "LabelStats",
    "Pair",
    "RealStats",
    "RealValue",
    "TaskDrift",
    "TaskStats",
    "label_drift",
    "label_stats",
    "measure_labels",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "correlation": ("Correlation", "Pair"),
        "drift": ("TaskDrift", "label_drift"),
        "identities": ("IdentityStats",),
        "results": (
            "BinaryStats",
            "BinaryValue",
            "ClassCount",
            "ClassStats",
            "LabelStats",
            "RealStats",
            "RealValue",
            "TaskStats",
        ),
        "measure": ("label_stats", "measure_labels"),
    },
)
