"""Shows one record of a pair: its picture, and what its labels mean.

Names are loaded when they are first used, so that numpy is paid only by those who look.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel._base.lazy import lazy_names

if TYPE_CHECKING:
    from caffe_multilabel.views.show.blocks import half_blocks
    from caffe_multilabel.views.show.record import ShownRecord, show_record

__all__ = ["ShownRecord", "half_blocks", "show_record"]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "blocks": ("half_blocks",),
        "record": ("ShownRecord", "show_record"),
    },
)
