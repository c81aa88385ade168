"""New labels for a label DB: the records stay, the images are not touched.

Names are loaded when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from caffe_multilabel.data.relabel.report import ColumnChange, RelabelReport, TaskChange
    from caffe_multilabel.data.relabel.run import relabel

__all__ = ["ColumnChange", "RelabelReport", "TaskChange", "relabel"]

_HOMES = {
    "ColumnChange": "report",
    "RelabelReport": "report",
    "TaskChange": "report",
    "relabel": "run",
}


def __getattr__(name: str) -> object:
    """Load a public name from its module."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    """List the public names."""
    return __all__
