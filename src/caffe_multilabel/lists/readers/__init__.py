"""Readers of lists, a kind each; names are loaded when they are first used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel._base.lazy import lazy_names

if TYPE_CHECKING:
    from caffe_multilabel.lists.readers.kinds import READERS
    from caffe_multilabel.lists.readers.read import read_table
    from caffe_multilabel.lists.readers.source import Reader

__all__ = ["READERS", "Reader", "read_table"]

__getattr__, __dir__ = lazy_names(
    __name__,
    {"kinds": ("READERS",), "read": ("read_table",), "source": ("Reader",)},
)
