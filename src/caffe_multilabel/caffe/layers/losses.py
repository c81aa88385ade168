"""Losses: bottom[0] holds predictions, bottom[1] labels, and the first top is a scalar."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel.caffe.blob_shape import count, shape_text
from caffe_multilabel.caffe.layers.base import LayerOutput
from caffe_multilabel.caffe.layers.layer_type import BOTTOM, MASK, LabelUse, LayerType

if TYPE_CHECKING:
    from caffe_multilabel.caffe.blob_shape import Shape
    from caffe_multilabel.caffe.layers.base import LayerInput
    from caffe_multilabel.caffe.layers.layer_type import Side
    from caffe_multilabel.caffe.proto.types import LayerParameter

__all__ = ["LAYER_TYPES", "check_batch", "check_label_count", "check_single"]

_SCALAR: Shape = ()


def check_label_count(layer: LayerInput, axis: int) -> None:
    """Refuse labels that are not one for each position of bottom[0], `axis` holding the classes."""
    scores, labels = layer.bottoms[:2]
    positions = count(scores, 0, axis) * count(scores, axis + 1)
    if count(labels) != positions:
        layer.fail(
            f"bottom[1] is {shape_text(labels)}, {count(labels)} labels, and bottom[0] "
            f"({shape_text(scores)}) with its classes on axis {axis} takes {positions}"
        )


def check_batch(layer: LayerInput) -> None:
    """Refuse labels of another number of items than the predictions."""
    for bottom in (0, 1):
        layer.need_axes(1, "at least 1 axis", bottom=bottom)
    first, second = layer.bottoms[:2]
    if first[0] != second[0]:
        layer.fail(
            f"bottom[0] is {shape_text(first)} and bottom[1] {shape_text(second)}; "
            "their first axis must be the same"
        )


def _hinge(layer: LayerInput) -> LayerOutput:
    check_batch(layer)
    return LayerOutput((_SCALAR,))


def _euclidean(layer: LayerInput) -> LayerOutput:
    check_batch(layer)
    first, second = layer.bottoms
    if count(first, 1) != count(second, 1):
        layer.fail(
            f"bottom[0] is {shape_text(first)}, {count(first, 1)} values an item, and bottom[1] "
            f"{shape_text(second)}, {count(second, 1)}; they must be as many"
        )
    return LayerOutput((_SCALAR,))


def _sigmoid_cross_entropy(layer: LayerInput) -> LayerOutput:
    check_batch(layer)
    first, second = layer.bottoms
    if count(first) != count(second):
        layer.fail(
            f"bottom[0] is {shape_text(first)}, {count(first)} values, and bottom[1] "
            f"{shape_text(second)}, {count(second)}; they must be as many"
        )
    return LayerOutput((_SCALAR,))


def _softmax(layer: LayerInput) -> LayerOutput:
    check_batch(layer)
    check_label_count(layer, layer.axis(layer.layer.softmax_param.axis, field="softmax axis"))
    return LayerOutput((_SCALAR,))


def _infogain(layer: LayerInput) -> LayerOutput:
    message = layer.layer.infogain_loss_param
    if layer.layer.loss_param.HasField("normalize"):
        layer.fail("loss_param has normalize, which it does not take; use normalization")
    if len(layer.bottoms) == 2 and not message.HasField("source"):
        layer.fail("no infogain matrix; give infogain_loss_param.source or a third bottom")
    check_batch(layer)
    axis = layer.axis(message.axis)
    check_label_count(layer, axis)
    classes = layer.bottoms[0][axis]
    if len(layer.bottoms) == 3 and count(layer.bottoms[2]) != classes * classes:
        layer.fail(
            f"bottom[2] is {shape_text(layer.bottoms[2])}; the infogain matrix of {classes} "
            f"classes must be {classes}x{classes}"
        )
    # A second top holds the probabilities.
    return LayerOutput((_SCALAR, layer.bottoms[0])[: layer.top_count])


def _multinomial_logistic(layer: LayerInput) -> LayerOutput:
    check_batch(layer)
    check_single(layer, 1)
    return LayerOutput((_SCALAR,))


def _contrastive(layer: LayerInput) -> LayerOutput:
    check_batch(layer)
    if layer.legacy(0)[1:] != (layer.legacy(0)[1], 1, 1) or layer.legacy(0) != layer.legacy(1):
        layer.fail(
            f"bottom[0] is {shape_text(layer.bottoms[0])} and bottom[1] "
            f"{shape_text(layer.bottoms[1])}; both must be num x channels, and the same"
        )
    check_single(layer, 2)
    return LayerOutput((_SCALAR,))


def check_single(layer: LayerInput, bottom: int) -> None:
    """Refuse a bottom that holds more than one value for each item."""
    if layer.legacy(bottom)[1:] != (1, 1, 1):
        layer.fail(
            f"bottom[{bottom}] is {shape_text(layer.bottoms[bottom])}; it must hold one value "
            "for each item"
        )


def _infogain_backward(layer: LayerParameter) -> frozenset[Side]:
    """Return what the gradient is made from; a second top is the probabilities themselves."""
    return BOTTOM | MASK if len(layer.top) > 1 else BOTTOM


LAYER_TYPES = (
    LayerType(
        name="ContrastiveLoss",
        backward_bottoms=(2,),
        propagates=(0, 1),
        unforced=(2,),
        kind="loss",
        shape=_contrastive,
        bottoms=(3, 3),
        message="contrastive_loss_param",
        in_place="spoils_gradients",
        backward=BOTTOM,
        labels=LabelUse(kind="similar", bottom=2),
        deploy="dropped",
    ),
    LayerType(
        name="EuclideanLoss",
        kind="loss",
        shape=_euclidean,
        bottoms=(2, 2),
        in_place="spoils_gradients",
        labels=LabelUse(kind="real", start="half_mean_squares"),
        deploy="dropped",
    ),
    LayerType(
        name="HingeLoss",
        backward_bottoms=(1,),
        propagates=(0,),
        stops=(1,),
        unforced=(1,),
        kind="loss",
        shape=_hinge,
        bottoms=(2, 2),
        message="hinge_loss_param",
        in_place="spoils_gradients",
        backward=BOTTOM,
        labels=LabelUse(kind="class", start="classes"),
        deploy="dropped",
    ),
    LayerType(
        name="InfogainLoss",
        backward_bottoms=(1, 2),
        propagates=(0,),
        stops=(1, 2),
        unforced=(1,),
        kind="loss",
        shape=_infogain,
        bottoms=(2, 3),
        tops=(1, 2),
        message="infogain_loss_param",
        in_place="spoils_gradients",
        backward=_infogain_backward,
        labels=LabelUse(
            kind="class",
            ignore_label="loss_param",
            normalization="VALID",
            class_axis="infogain_loss_param",
            start="log_classes",
        ),
        deploy="dropped",
        output="Softmax",
    ),
    LayerType(
        name="MultinomialLogisticLoss",
        propagates=(0,),
        stops=(1,),
        unforced=(1,),
        kind="loss",
        shape=_multinomial_logistic,
        bottoms=(2, 2),
        in_place="spoils_gradients",
        backward=BOTTOM,
        labels=LabelUse(kind="class", start="log_classes", of_probabilities=True),
        deploy="dropped",
    ),
    LayerType(
        name="SigmoidCrossEntropyLoss",
        backward_bottoms=(1,),
        propagates=(0,),
        stops=(1,),
        unforced=(1,),
        kind="loss",
        shape=_sigmoid_cross_entropy,
        bottoms=(2, 2),
        in_place="spoils_gradients",
        backward=BOTTOM,
        labels=LabelUse(
            kind="binary",
            ignore_label="loss_param",
            normalization="BATCH_SIZE",
            start="log_2",
        ),
        deploy="dropped",
        output="Sigmoid",
    ),
    # Its second top, the probabilities, cannot be had: with a loss_weight for each top the Softmax
    # inside refuses two, with none the layer itself misses one.
    LayerType(
        name="SoftmaxWithLoss",
        backward_bottoms=(1,),
        propagates=(0,),
        stops=(1,),
        unforced=(1,),
        kind="loss",
        shape=_softmax,
        bottoms=(2, 2),
        message="softmax_param",
        in_place="spoils_gradients",
        backward=BOTTOM,
        labels=LabelUse(
            kind="class",
            ignore_label="loss_param",
            normalization="VALID",
            class_axis="softmax_param",
            start="log_classes",
        ),
        deploy="dropped",
        output="Softmax",
    ),
)
