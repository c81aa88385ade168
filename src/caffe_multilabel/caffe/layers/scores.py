"""Accuracy and ArgMax: what predictions come to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel.caffe.blob_shape import count, shape_text
from caffe_multilabel.caffe.layers.base import LayerOutput
from caffe_multilabel.caffe.layers.layer_type import LabelUse, LayerType
from caffe_multilabel.caffe.layers.losses import check_label_count

if TYPE_CHECKING:
    from caffe_multilabel.caffe.layers.base import LayerInput

__all__ = ["LAYER_TYPES"]


def _accuracy(layer: LayerInput) -> LayerOutput:
    """Return the accuracy and, as a second top, that of each class."""
    message = layer.layer.accuracy_param
    axis = layer.axis(message.axis)
    check_label_count(layer, axis)
    classes = layer.bottoms[0][axis]
    if message.top_k > classes:
        layer.fail(f"top_k is {message.top_k}; at most the {classes} classes are allowed")
    return LayerOutput(((), (classes,))[: layer.top_count])


def _argmax(layer: LayerInput) -> LayerOutput:
    """Keep `top_k` of an axis or, without `axis`, of all values of an item."""
    message = layer.layer.argmax_param
    bottom = layer.bottoms[0]
    top_k = layer.need_positive(message.top_k, "top_k")
    if message.HasField("axis"):
        axis = layer.axis(message.axis)
        choices = bottom[axis]
        top = (*bottom[:axis], top_k, *bottom[axis + 1 :])
    else:
        layer.need_axes(1, "at least 1 axis")
        choices = count(bottom, 1)
        pairs = 2 if message.out_max_val else 1
        top = (bottom[0], pairs, top_k, *(1,) * (len(bottom) - 3))
    if top_k > choices:
        layer.fail(
            f"top_k is {top_k}; at most the {choices} that bottom[0] ({shape_text(bottom)}) has "
            "are allowed"
        )
    return LayerOutput((top,))


LAYER_TYPES = (
    LayerType(
        name="Accuracy",
        propagates=(),
        stops=(0, 1),
        kind="accuracy",
        shape=_accuracy,
        bottoms=(2, 2),
        tops=(1, 2),
        message="accuracy_param",
        labels=LabelUse(kind="class", ignore_label="accuracy_param", class_axis="accuracy_param"),
        deploy="dropped",
    ),
    LayerType(
        name="ArgMax",
        propagates=(),
        has_backward=False,
        kind="output",
        shape=_argmax,
        message="argmax_param",
    ),
)
