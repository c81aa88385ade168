"""All about a pair, on one page that needs nothing but a browser.

Names are loaded when they are first used, so that numpy and Jinja are paid only by those who make
a report.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from caffe_multilabel.views.report.build import Report, make_report
    from caffe_multilabel.views.report.notes import Note

__all__ = ["Note", "Report", "make_report"]

_HOMES = {"build": ("Report", "make_report"), "notes": ("Note",)}
_MODULES = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    """Load a public name from its module."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    """List the public names."""
    return __all__
