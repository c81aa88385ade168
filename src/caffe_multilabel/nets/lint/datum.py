"""The shape that Caffe gives a record of a DB."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from caffe_multilabel import _core
from caffe_multilabel.errors import PictureError

if TYPE_CHECKING:
    from caffe_multilabel.caffe.proto.types import Datum
    from caffe_multilabel.caffe.shapes import Shape

__all__ = ["MOST_VALUES", "datum_shape", "is_usable"]

MOST_VALUES = 2**31 - 1
"""What a blob of Caffe can hold."""


def datum_shape(datum: Datum) -> Shape | None:
    """Return channels, height and width of a record; None where its picture does not decode."""
    if not datum.encoded:
        return datum.channels, datum.height, datum.width
    try:
        channels, height, width = _core.decode_image(datum.data, "stored").shape
    except PictureError:
        return None
    return channels, height, width


def is_usable(shape: Shape | None) -> bool:
    """Tell whether Caffe can make a blob of a record's shape."""
    return shape is not None and min(shape) > 0 and math.prod(shape) <= MOST_VALUES
