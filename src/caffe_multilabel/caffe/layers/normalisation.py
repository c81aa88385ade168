"""BatchNorm, Scale, Bias, PReLU, LRN, MVN, Softmax."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from caffe_multilabel.caffe.blob_shape import shape_text
from caffe_multilabel.caffe.layers.base import LayerOutput, Weight, axis_from_0, same_shape
from caffe_multilabel.caffe.layers.layer_type import (
    BOTH,
    BOTTOM,
    NOTHING,
    TOP,
    LayerType,
    top_in_place,
)
from caffe_multilabel.caffe.named_fields import enum_name

if TYPE_CHECKING:
    from caffe_multilabel.caffe.blob_shape import Shape
    from caffe_multilabel.caffe.layers.base import LayerInput
    from caffe_multilabel.caffe.layers.layer_type import Bottoms, InPlace, Side
    from caffe_multilabel.caffe.proto.types import (
        BiasParameter,
        LayerParameter,
        PReLUParameter,
        ScaleParameter,
    )

__all__ = ["LAYER_TYPES"]

_STATISTICS = ("mean", "variance", "moving average factor")


def _batch_norm(layer: LayerInput) -> LayerOutput:
    for param, name in zip(layer.layer.param, _STATISTICS, strict=False):
        if param.lr_mult != 0:
            layer.fail(
                f"lr_mult of the {name} is {param.lr_mult:g}; statistics are not learnt, "
                "so it must be 0"
            )
    layer.need_axes(2, "at least 2 axes: num, channels")
    channels = (layer.bottoms[0][1],)
    weights = (Weight(channels), Weight(channels), Weight((1,)))
    return LayerOutput((layer.bottoms[0],), weights)


def _scale(layer: LayerInput) -> LayerOutput:
    message = layer.layer.scale_param
    weights, factor = _factor(layer, message, constant=1.0)
    if message.bias_term:
        # The bias is a Bias layer of its own, which has no default axis for scalars.
        layer.axis(message.axis)
        weights = (*weights, Weight(factor, message.bias_filler))
    return LayerOutput((layer.bottoms[0],), weights)


def _bias(layer: LayerInput) -> LayerOutput:
    message = layer.layer.bias_param
    weights, _ = _factor(layer, message, constant=0.0)
    return LayerOutput((layer.bottoms[0],), weights)


def _factor(
    layer: LayerInput, message: BiasParameter | ScaleParameter, *, constant: float
) -> tuple[tuple[Weight, ...], Shape]:
    """Return the weights of a Scale or Bias and the shape that is applied from `axis` on.

    With a second bottom that is the factor or addend, and there are no weights.
    """
    bottom = layer.bottoms[0]
    if len(layer.bottoms) == 1:
        axis = layer.axis(message.axis)
        left = len(bottom) - axis
        if not -1 <= message.num_axes <= left:
            layer.fail(
                f"num_axes is {message.num_axes}; from axis {axis} on bottom[0] "
                f"({shape_text(bottom)}) has {left}, and -1 stands for all of them"
            )
        end = len(bottom) if message.num_axes == -1 else axis + message.num_axes
        return (_filled(bottom[axis:end], message, constant),), bottom[axis:end]
    factor = layer.bottoms[1]
    axis = layer.axis(message.axis) if factor else 0
    if bottom[axis : axis + len(factor)] != factor:
        layer.fail(
            f"bottom[1] is {shape_text(factor)}; it must be as bottom[0] ({shape_text(bottom)}) "
            f"from axis {axis} on"
        )
    return (), factor


def scale_forgets(bottom: Shape, factor: Shape, axis: int) -> bool:
    """Tell whether a Scale's Backward writes over the gradient of its factor, and adds nothing.

    So it is where one item is before the factor's axes, but for a factor that is one number, and
    for more values than one: `Backward_cpu` in `src/caffe/layers/scale_layer.cpp`.

    Args:
        bottom: the shape of what is scaled.
        factor: that of its own factor.
        axis: as the layer counts it.
    """
    items = prod(bottom[: axis_from_0(axis, len(bottom)) or 0])
    return items == 1 and (prod(factor) > 1 or prod(bottom) == 1)


def _prelu(layer: LayerInput) -> LayerOutput:
    message = layer.layer.prelu_param
    layer.need_axes(2, "2 to 4 axes: num, channels, ...", most=4)
    shape = () if message.channel_shared else (layer.bottoms[0][1],)
    return LayerOutput((layer.bottoms[0],), (_filled(shape, message, 0.25),))


def _filled(
    shape: Shape, message: BiasParameter | PReLUParameter | ScaleParameter, constant: float
) -> Weight:
    """Return weights whose filler is only read where the net gives one."""
    filler = message.filler if message.HasField("filler") else None
    return Weight(shape, filler, constant)


def _lrn(layer: LayerInput) -> LayerOutput:
    size = layer.layer.lrn_param.local_size
    if size % 2 == 0:
        layer.fail(f"local_size is {size}; it must be odd")
    layer.need_axes(4, "4 axes: num, channels, height, width", most=4)
    return same_shape(layer)


def _mvn(layer: LayerInput) -> LayerOutput:
    """Return 4 axes always: num, channels, height, width."""
    return LayerOutput((layer.legacy(),))


def _softmax(layer: LayerInput) -> LayerOutput:
    layer.axis(layer.layer.softmax_param.axis)
    return same_shape(layer)


def _lrn_backward(layer: LayerParameter) -> frozenset[Side]:
    return BOTH if enum_name(layer.lrn_param, "norm_region") == "ACROSS_CHANNELS" else BOTTOM


def _lrn_in_place(layer: LayerParameter) -> InPlace:
    """Return what is lost: ACROSS_CHANNELS fills the top with factors before it multiplies."""
    across = enum_name(layer.lrn_param, "norm_region") == "ACROSS_CHANNELS"
    return "spoils_values" if across else "spoils_gradients"


def _mvn_in_place(layer: LayerParameter) -> InPlace:
    """Return whether Backward reads the gradient of its top after it wrote that of its bottom."""
    return "spoils_gradients" if layer.mvn_param.normalize_variance else "works"


def _prelu_bottoms(layer: LayerParameter) -> Bottoms:
    return () if top_in_place(layer) else (0,)


def _scale_bottoms(layer: LayerParameter) -> Bottoms:
    return (1,) if top_in_place(layer) else (0, 1)


def _mvn_backward(layer: LayerParameter) -> frozenset[Side]:
    """Return what the gradient is made from; Caffe squares the bottom too and drops the result."""
    return TOP if layer.mvn_param.normalize_variance else NOTHING


LAYER_TYPES = (
    LayerType(
        name="BatchNorm",
        kind="normalisation",
        shape=_batch_norm,
        message="batch_norm_param",
        blobs="statistics",
    ),
    LayerType(
        name="Bias",
        kind="normalisation",
        shape=_bias,
        bottoms=(1, 2),
        message="bias_param",
        blobs="weights",
        weights_below=True,
        passes_diff=True,
    ),
    LayerType(
        name="LRN",
        kind="normalisation",
        shape=_lrn,
        message="lrn_param",
        in_place=_lrn_in_place,
        backward=_lrn_backward,
    ),
    LayerType(
        name="MVN",
        backward_mixes=True,
        in_place=_mvn_in_place,
        kind="normalisation",
        shape=_mvn,
        message="mvn_param",
        backward=_mvn_backward,
    ),
    LayerType(
        name="PReLU",
        keeps="signs",
        backward_bottoms=_prelu_bottoms,
        kind="activation",
        shape=_prelu,
        message="prelu_param",
        blobs="weights",
        backward=BOTTOM,
    ),
    LayerType(
        name="Scale",
        backward_bottoms=_scale_bottoms,
        kind="normalisation",
        shape=_scale,
        bottoms=(1, 2),
        message="scale_param",
        blobs="weights",
        weights_below=True,
        backward=BOTTOM,
    ),
    LayerType(name="Softmax", kind="output", shape=_softmax, message="softmax_param", backward=TOP),
)
