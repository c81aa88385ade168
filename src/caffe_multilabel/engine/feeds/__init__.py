"""Where data layers have their values from: what a file holds, in batches, over and over."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from caffe_multilabel.engine.feeds.database import DatabaseFeed
from caffe_multilabel.engine.feeds.hdf5_rows import Hdf5Feed
from caffe_multilabel.engine.feeds.image_list import ImageListFeed
from caffe_multilabel.engine.feeds.windows import WindowFeed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from caffe_multilabel.engine.feeds.feed import Feed

__all__ = ["FEEDS"]

FEEDS: Mapping[str, type[Feed]] = MappingProxyType(
    {
        "Data": DatabaseFeed,
        "HDF5Data": Hdf5Feed,
        "ImageData": ImageListFeed,
        "WindowData": WindowFeed,
    }
)
"""What feeds each type of data layer, by its name; types that need no file are not here."""
