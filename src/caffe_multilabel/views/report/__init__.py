"""All about a pair, on one page that needs nothing but a browser.

Names are loaded when they are first used, so that numpy and Jinja are paid only by those who make
a report.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel._base.lazy import lazy_names

if TYPE_CHECKING:
    from caffe_multilabel.views.report.build import Report, make_report
    from caffe_multilabel.views.report.notes import Note

__all__ = ["Note", "Report", "make_report"]

__getattr__, __dir__ = lazy_names(
    __name__,
    {"build": ("Report", "make_report"), "notes": ("Note",)},
)
