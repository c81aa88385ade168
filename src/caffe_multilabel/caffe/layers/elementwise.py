"""Layers that work value by value: the neurons, Eltwise, Reduction, Silence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel._base.text import plural
from caffe_multilabel.caffe.blob_shape import shape_text
from caffe_multilabel.caffe.layers.base import LayerOutput, same_shape
from caffe_multilabel.caffe.layers.layer_type import BOTH, BOTTOM, NOTHING, TOP, LayerType
from caffe_multilabel.caffe.named_fields import enum_name

if TYPE_CHECKING:
    from caffe_multilabel.caffe.layers.base import LayerInput
    from caffe_multilabel.caffe.layers.layer_type import InPlace, Keeps, Side
    from caffe_multilabel.caffe.proto.types import LayerParameter

__all__ = ["LAYER_TYPES"]

_E = -1  # stands for the base e


def _dropout(layer: LayerInput) -> LayerOutput:
    ratio = layer.layer.dropout_param.dropout_ratio
    if not 0 <= ratio < 1:
        layer.fail(f"dropout_ratio is {ratio:g}; it must be from 0 up to, not including, 1")
    return same_shape(layer)


def _exp(layer: LayerInput) -> LayerOutput:
    base = layer.layer.exp_param.base
    if base != _E and not base > 0:
        layer.fail(f"base is {base:g}; it must be positive, or -1 for e")
    return same_shape(layer)


def _log(layer: LayerInput) -> LayerOutput:
    base = layer.layer.log_param.base
    if base != _E and (not base > 0 or base == 1):
        layer.fail(f"base is {base:g}; it must be positive and not 1, or -1 for e")
    return same_shape(layer)


def _eltwise(layer: LayerInput) -> LayerOutput:
    message = layer.layer.eltwise_param
    if message.coeff and enum_name(message, "operation") == "PROD":
        layer.fail("coeff with operation PROD; coefficients are for SUM only")
    if message.coeff and len(message.coeff) != len(layer.bottoms):
        layer.fail(
            f"coeff is given {plural(len(message.coeff), 'time')}; once for each bottom "
            f"({len(layer.bottoms)}), or not at all, is allowed"
        )
    for index, shape in enumerate(layer.bottoms):
        if shape != layer.bottoms[0]:
            layer.fail(
                f"bottom[{index}] is {shape_text(shape)}; it must be as bottom[0], "
                f"{shape_text(layer.bottoms[0])}"
            )
    return same_shape(layer)


def _reduction(layer: LayerInput) -> LayerOutput:
    axis = layer.axis(layer.layer.reduction_param.axis)
    return LayerOutput((layer.bottoms[0][:axis],))


def _silence(_layer: LayerInput) -> LayerOutput:
    return LayerOutput()


def _power_in_place(layer: LayerParameter) -> InPlace:
    """Return whether the gradient is 0 everywhere; Caffe writes any other factor over its top's."""
    message = layer.power_param
    return "works" if message.power * message.scale == 0 else "spoils_gradients"


def _power_keeps(layer: LayerParameter) -> Keeps:
    """Return what a flat one leaves: none of the values, but no gradient passes to ask for them."""
    return "passed_values" if _power_in_place(layer) == "works" else "nothing"


def _power_backward(layer: LayerParameter) -> frozenset[Side]:
    """Return what the gradient is made from; a straight line's is the same everywhere."""
    message = layer.power_param
    if message.power * message.scale == 0 or message.power == 1:
        return NOTHING
    return BOTTOM if message.power == 2 else BOTH


def _relu_in_place(layer: LayerParameter) -> InPlace:
    """Return whether the sign of the bottom, all that the gradient asks for, is still there."""
    return "works" if layer.relu_param.negative_slope >= 0 else "spoils_gradients"


def _relu_keeps(layer: LayerParameter) -> Keeps:
    """Return what is left: where the top is 0, or turned, no gradient passes, or a scaled one."""
    slope = layer.relu_param.negative_slope
    if slope < 0:
        return "nothing"
    return "signs" if slope else "passed_values"


def _elu_in_place(layer: LayerParameter) -> InPlace:
    return "works" if layer.elu_param.alpha >= 0 else "spoils_gradients"


def _elu_keeps(layer: LayerParameter) -> Keeps:
    return "signs" if layer.elu_param.alpha >= 0 else "nothing"


def _eltwise_in_place(layer: LayerParameter) -> InPlace:
    """Return what is lost: SUM and MAX fill the top before they read, PROD reads first."""
    product = enum_name(layer.eltwise_param, "operation") == "PROD"
    return "spoils_gradients" if product else "spoils_values"


def _eltwise_backward(layer: LayerParameter) -> frozenset[Side]:
    message = layer.eltwise_param
    if enum_name(message, "operation") != "PROD":
        return NOTHING
    return BOTTOM if message.stable_prod_grad else BOTH


def _reads_size(layer: LayerParameter) -> bool:
    """Tell whether a Reduction sums absolute values or squares, whose gradient needs the values."""
    return enum_name(layer.reduction_param, "operation") in ("ASUM", "SUMSQ")


LAYER_TYPES = (
    LayerType(
        name="AbsVal", kind="activation", shape=same_shape, in_place="refused", backward=BOTTOM
    ),
    LayerType(
        name="BNLL",
        kind="activation",
        shape=same_shape,
        in_place="spoils_gradients",
        backward=BOTTOM,
    ),
    LayerType(
        name="Clip",
        kind="activation",
        shape=same_shape,
        message="clip_param",
        in_place="spoils_gradients",
        backward=BOTTOM,
    ),
    LayerType(
        name="Dropout",
        keeps="passed_signs",
        kind="activation",
        shape=_dropout,
        message="dropout_param",
        random=True,
        deploy="bypassed",
    ),
    LayerType(
        name="ELU",
        backward_signs=True,
        keeps=_elu_keeps,
        kind="activation",
        shape=same_shape,
        message="elu_param",
        in_place=_elu_in_place,
        backward=BOTH,
    ),
    LayerType(
        name="Eltwise",
        kind="arithmetic",
        shape=_eltwise,
        bottoms=(2, None),
        message="eltwise_param",
        in_place=_eltwise_in_place,
        backward=_eltwise_backward,
    ),
    LayerType(name="Exp", kind="activation", shape=_exp, message="exp_param", backward=TOP),
    LayerType(
        name="Log",
        kind="activation",
        shape=_log,
        message="log_param",
        in_place="spoils_gradients",
        backward=BOTTOM,
    ),
    LayerType(
        name="Power",
        keeps=_power_keeps,
        kind="activation",
        shape=same_shape,
        message="power_param",
        in_place=_power_in_place,
        backward=_power_backward,
    ),
    LayerType(
        name="Reduction",
        kind="arithmetic",
        shape=_reduction,
        message="reduction_param",
        in_place=lambda layer: "spoils_gradients" if _reads_size(layer) else "works",
        backward=lambda layer: BOTTOM if _reads_size(layer) else NOTHING,
    ),
    LayerType(
        name="ReLU",
        backward_signs=True,
        keeps=_relu_keeps,
        kind="activation",
        shape=same_shape,
        message="relu_param",
        in_place=_relu_in_place,
        backward=BOTTOM,
    ),
    LayerType(
        name="Sigmoid", kind="activation", shape=same_shape, message="sigmoid_param", backward=TOP
    ),
    LayerType(
        name="Silence",
        reads=False,
        kind="sink",
        shape=_silence,
        bottoms=(1, None),
        tops=(0, 0),
        deploy="dropped",
    ),
    LayerType(
        name="Swish",
        keeps="signs",
        kind="activation",
        shape=same_shape,
        message="swish_param",
        backward=TOP,
    ),
    LayerType(
        name="TanH",
        keeps="signs",
        kind="activation",
        shape=same_shape,
        message="tanh_param",
        backward=TOP,
    ),
    LayerType(
        name="Threshold",
        propagates=(),
        has_backward=False,
        kind="activation",
        shape=same_shape,
        message="threshold_param",
    ),
)
