"""What labels mean: their schema, the layout of their columns, their statistics, their words.

Knows neither task files nor DBs nor Caffe: labels are numpy arrays, float32 (N, L). Names are
loaded when they are first used, so that numpy is paid only by those who look at labels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel._base.lazy import lazy_names

if TYPE_CHECKING:
    from caffe_multilabel.labels.contradictions import Contradiction
    from caffe_multilabel.labels.describe import describe_labels, describe_labels_briefly
    from caffe_multilabel.labels.layout import LabelLayout, LabelTask
    from caffe_multilabel.labels.normalizing import Normalizing
    from caffe_multilabel.labels.rule import LabelRule
    from caffe_multilabel.labels.schema import LabelSchema, TaskLabels, read_label_schema
    from caffe_multilabel.labels.statistics import (
        ColumnSummary,
        DistinctLabels,
        measure_columns,
    )
    from caffe_multilabel.labels.whole import WholeTask, whole_tasks

__all__ = [
    "ColumnSummary",
    "Contradiction",
    "DistinctLabels",
    "LabelLayout",
    "LabelRule",
    "LabelSchema",
    "LabelTask",
    "Normalizing",
    "TaskLabels",
    "WholeTask",
    "describe_labels",
    "describe_labels_briefly",
    "measure_columns",
    "read_label_schema",
    "whole_tasks",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "contradictions": ("Contradiction",),
        "describe": ("describe_labels", "describe_labels_briefly"),
        "layout": ("LabelLayout", "LabelTask"),
        "normalizing": ("Normalizing",),
        "rule": ("LabelRule",),
        "schema": ("LabelSchema", "TaskLabels", "read_label_schema"),
        "statistics": ("ColumnSummary", "DistinctLabels", "measure_columns"),
        "whole": ("WholeTask", "whole_tasks"),
    },
)
