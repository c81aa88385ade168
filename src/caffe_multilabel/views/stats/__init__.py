"""Measures labels: counts, ranges, baselines, what tasks tell of each other, and drift.

Names are loaded when they are first used, so that numpy is paid only by those who measure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel._base.lazy import lazy_names

if TYPE_CHECKING:
    from caffe_multilabel.views.stats.correlation import Correlation, Pair
    from caffe_multilabel.views.stats.drift import TaskDrift, label_drift
    from caffe_multilabel.views.stats.label_db import LabelTable, read_label_table
    from caffe_multilabel.views.stats.label_tasks import LabelTask
    from caffe_multilabel.views.stats.model import (
        BinaryStats,
        BinaryValue,
        ClassCount,
        ClassStats,
        LabelStats,
        RealStats,
        RealValue,
        TaskStats,
    )
    from caffe_multilabel.views.stats.run import label_stats, measure_labels

__all__ = [
    "BinaryStats",
    "BinaryValue",
    "ClassCount",
    "ClassStats",
    "Correlation",
    "LabelStats",
    "LabelTable",
    "LabelTask",
    "Pair",
    "RealStats",
    "RealValue",
    "TaskDrift",
    "TaskStats",
    "label_drift",
    "label_stats",
    "measure_labels",
    "read_label_table",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "correlation": ("Correlation", "Pair"),
        "drift": ("TaskDrift", "label_drift"),
        "label_db": ("LabelTable", "read_label_table"),
        "label_tasks": ("LabelTask",),
        "model": (
            "BinaryStats",
            "BinaryValue",
            "ClassCount",
            "ClassStats",
            "LabelStats",
            "RealStats",
            "RealValue",
            "TaskStats",
        ),
        "run": ("label_stats", "measure_labels"),
    },
)
