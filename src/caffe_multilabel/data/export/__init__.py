"""A pair of LMDBs as files that any tool reads.

Names are loaded when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel._base.lazy import lazy_names

if TYPE_CHECKING:
    from caffe_multilabel.data.export.files import export_files
    from caffe_multilabel.data.export.report import ExportReport
    from caffe_multilabel.data.export.webdataset import export_webdataset

__all__ = ["ExportReport", "export_files", "export_webdataset"]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "files": ("export_files",),
        "report": ("ExportReport",),
        "webdataset": ("export_webdataset",),
    },
)
