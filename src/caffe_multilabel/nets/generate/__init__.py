"""Generates the nets and the solver of a task file.

Names are loaded when they are first used, so that protobuf and numpy are paid only by those who
generate.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from caffe_multilabel.nets.generate.backbones import BACKBONES, Backbone
    from caffe_multilabel.nets.generate.generated import GeneratedNet
    from caffe_multilabel.nets.generate.generator import generate
    from caffe_multilabel.nets.generate.label_statistics import (
        ColumnStatistics,
        LabelStatistics,
        read_label_statistics,
    )
    from caffe_multilabel.nets.generate.options import tasks_from_options
    from caffe_multilabel.nets.generate.weights import TaskWeight, starting_loss

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

_HOMES = {
    "backbones": ("BACKBONES", "Backbone"),
    "generator": ("generate",),
    "generated": ("GeneratedNet",),
    "label_statistics": ("ColumnStatistics", "LabelStatistics", "read_label_statistics"),
    "options": ("tasks_from_options",),
    "weights": ("TaskWeight", "starting_loss"),
}
_MODULES = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    """Load a public name from its module."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    """List the public names."""
    return __all__
