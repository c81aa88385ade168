"""Lists of images cut into parts to train, validate and test with, alike in every task.

Names are loaded when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel._base.lazy import lazy_names

if TYPE_CHECKING:
    from caffe_multilabel.data.split.run import LabelShare, Part, SplitReport, split

__all__ = ["LabelShare", "Part", "SplitReport", "split"]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "run": ("LabelShare", "Part", "SplitReport", "split"),
    },
)
