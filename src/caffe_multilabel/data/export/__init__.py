"""A pair of LMDBs as files that any tool reads.

Names are loaded when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from caffe_multilabel.data.export.files import export_files
    from caffe_multilabel.data.export.report import ExportReport
    from caffe_multilabel.data.export.webdataset import export_webdataset

__all__ = ["ExportReport", "export_files", "export_webdataset"]

_HOMES = {
    "ExportReport": "report",
    "export_files": "files",
    "export_webdataset": "webdataset",
}


def __getattr__(name: str) -> object:
    """Load a public name from its module."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    """List the public names."""
    return __all__
