"""Which shapes of records Caffe can make a blob of."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from caffe_multilabel.caffe.shapes import Shape

__all__ = ["MOST_VALUES", "is_usable"]

MOST_VALUES = 2**31 - 1
"""What a blob of Caffe can hold."""


def is_usable(shape: Shape | None) -> bool:
    """Tell whether Caffe can make a blob of a record's shape."""
    return shape is not None and min(shape) > 0 and math.prod(shape) <= MOST_VALUES
