"""Fillers: which ones Caffe has, and the blobs they can fill."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from caffe_multilabel._base.text import did_you_mean
from caffe_multilabel.caffe.blob_shape import shape_text
from caffe_multilabel.caffe.layers.base import fail, is_bvlcs

if TYPE_CHECKING:
    from caffe_multilabel.caffe.blob_shape import Shape
    from caffe_multilabel.caffe.proto.types import FillerParameter, LayerParameter

__all__ = ["check_filler"]

_BY_ROW = ("positive_unitball", "xavier", "msra")  # need a first axis
_TYPES = ("constant", "gaussian", "uniform", "bilinear", *_BY_ROW)
_OF_FORKS = ("gabor",)  # intel/caffe's
_DENSE = -1  # `sparse` where no weight is left out
_BELOW_MOST = 2.0**128 - 2.0**105  # the float before the largest


def check_filler(layer: LayerParameter, filler: FillerParameter, shape: Shape) -> None:
    """Refuse a filler that Caffe cannot fill a blob with.

    Args:
        layer: the layer that has it; those of a fork may have a filler that a fork added.
        filler: the message.
        shape: the blob.
    """
    if filler.type in _OF_FORKS and not is_bvlcs(layer):
        return
    if filler.type not in _TYPES:
        hint = did_you_mean(filler.type, _TYPES, "; did you mean {}?")
        fail(layer, f"filler type is '{filler.type}'; it is one of {', '.join(_TYPES)}{hint}")
    if filler.sparse < _DENSE or (filler.sparse != _DENSE and filler.type != "gaussian"):
        fail(
            layer,
            f"sparse is {filler.sparse} in a {filler.type} filler; -1 and, in a gaussian one, "
            "0 and more are allowed",
        )
    # What holds for nan too, which Caffe's checks of these refuse. It crashes at a min of -inf, and
    # of the largest float it looks for ever for a number below the next one.
    if filler.type == "gaussian" and not filler.std > 0:
        fail(layer, f"std is {filler.std:g} in a gaussian filler; write one above 0")
    if filler.type == "uniform" and not -math.inf < filler.min <= min(filler.max, _BELOW_MOST):
        fail(
            layer,
            f"min is {filler.min:g} and max {filler.max:g} in a uniform filler; write a min that "
            "is finite, below the largest float, and not above max",
        )
    if not shape and (filler.type in _BY_ROW or filler.sparse != _DENSE):
        fail(layer, f"a {filler.type} filler cannot fill a scalar")
    if shape and filler.sparse > shape[0]:
        fail(
            layer,
            f"sparse is {filler.sparse} in a {filler.type} filler of {shape_text(shape)}; at most "
            f"{shape[0]}, the size of its first axis, is allowed",
        )
    if filler.type == "bilinear" and (len(shape) != 4 or shape[2] != shape[3]):
        fail(
            layer,
            f"a bilinear filler cannot fill {shape_text(shape)}; the blob must have 4 axes and "
            "the last two be equal",
        )
