"""Generates the nets and the solver of a task file.

Names are loaded when they are first used, so that protobuf and numpy are paid only by those who
generate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel._base.lazy import lazy_names

if TYPE_CHECKING:
    from caffe_multilabel.nets.generate.backbones import BACKBONES, Backbone
    from caffe_multilabel.nets.generate.generated import GeneratedNet
    from caffe_multilabel.nets.generate.generator import generate
    from caffe_multilabel.nets.generate.label_statistics import (
        ColumnStatistics,
        LabelStatistics,
        read_label_statistics,
    )
    from caffe_multilabel.nets.generate.loss_weights import TaskWeight, starting_loss
    from caffe_multilabel.nets.generate.options import tasks_from_options

__all__ = [
    "BACKBONES",
    "Backbone",
    "ColumnStatistics",
    "GeneratedNet",
    "LabelStatistics",
    "TaskWeight",
    "generate",
    "read_label_statistics",
    "starting_loss",
    "tasks_from_options",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "backbones": ("BACKBONES", "Backbone"),
        "generator": ("generate",),
        "generated": ("GeneratedNet",),
        "label_statistics": ("ColumnStatistics", "LabelStatistics", "read_label_statistics"),
        "options": ("tasks_from_options",),
        "loss_weights": ("TaskWeight", "starting_loss"),
    },
)
