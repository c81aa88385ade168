"""New labels for a label DB: the records stay, the images are not touched.

Names are loaded when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel._base.lazy import lazy_names

if TYPE_CHECKING:
    from caffe_multilabel.data.relabel.run import ColumnChange, RelabelReport, TaskChange, relabel

__all__ = ["ColumnChange", "RelabelReport", "TaskChange", "relabel"]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "run": ("ColumnChange", "RelabelReport", "TaskChange", "relabel"),
    },
)
