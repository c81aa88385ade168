"""Lists of images cut into parts to train, validate and test with, alike in every task.

Names are loaded when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from caffe_multilabel.data.split.report import LabelShare, Part, SplitReport
    from caffe_multilabel.data.split.run import split

__all__ = ["LabelShare", "Part", "SplitReport", "split"]

_HOMES = {"LabelShare": "report", "Part": "report", "SplitReport": "report", "split": "run"}


def __getattr__(name: str) -> object:
    """Load a public name from its module."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    """List the public names."""
    return __all__
