"""What label columns mean: the rules of single columns, and the schema of all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel._base.lazy import lazy_names

if TYPE_CHECKING:
    from caffe_multilabel.labels.layout import (
        LabelColumns,
        LabelTask,
        guess_tasks,
        label_columns,
        schema_tasks,
    )
    from caffe_multilabel.labels.read_schema import read_label_schema
    from caffe_multilabel.labels.rule import LabelRule
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
    "LabelTask",
    "TaskLabels",
    "guess_tasks",
    "label_columns",
    "label_rules",
    "label_schema",
    "read_label_schema",
    "schema_tasks",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "layout": ("LabelColumns", "LabelTask", "guess_tasks", "label_columns", "schema_tasks"),
        "read_schema": ("read_label_schema",),
        "rule": ("LabelRule",),
        "schema": ("LabelSchema", "TaskLabels", "label_rules", "label_schema"),
    },
)
