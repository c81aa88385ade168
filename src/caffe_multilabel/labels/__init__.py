"""What label columns mean: the rules of single columns, and the schema of all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel._base.lazy import lazy_names

if TYPE_CHECKING:
    from caffe_multilabel.labels.columns import LabelColumns, label_columns
    from caffe_multilabel.labels.read_schema import read_label_schema
    from caffe_multilabel.labels.rules import LabelRule
    from caffe_multilabel.labels.schema import (
        LabelSchema,
        TaskLabels,
        label_rules,
        label_schema,
    )

__all__ = [
    "LabelColumns",
    "LabelRule",
    "LabelSchema",
    "TaskLabels",
    "label_columns",
    "label_rules",
    "label_schema",
    "read_label_schema",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "columns": ("LabelColumns", "label_columns"),
        "read_schema": ("read_label_schema",),
        "rules": ("LabelRule",),
        "schema": ("LabelSchema", "TaskLabels", "label_rules", "label_schema"),
    },
)
