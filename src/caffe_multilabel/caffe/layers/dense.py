"""InnerProduct and Embed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel.caffe.blob_shape import count
from caffe_multilabel.caffe.layers.base import LayerOutput, Weight
from caffe_multilabel.caffe.layers.layer_type import BOTTOM, LayerType

if TYPE_CHECKING:
    from caffe_multilabel.caffe.blob_shape import Shape
    from caffe_multilabel.caffe.layers.base import LayerInput
    from caffe_multilabel.caffe.proto.types import EmbedParameter, InnerProductParameter

__all__ = ["LAYER_TYPES"]


def _inner_product(layer: LayerInput) -> LayerOutput:
    message = layer.layer.inner_product_param
    outputs = layer.need_positive(message.num_output, "num_output")
    axis = layer.axis(message.axis)
    bottom = layer.bottoms[0]
    inputs = count(bottom, axis)
    matrix = (inputs, outputs) if message.transpose else (outputs, inputs)
    work = count(bottom, 0, axis) * inputs * outputs
    return LayerOutput(((*bottom[:axis], outputs),), _weights(message, matrix), work)


def _embed(layer: LayerInput) -> LayerOutput:
    message = layer.layer.embed_param
    outputs = layer.need_positive(message.num_output, "num_output")
    inputs = layer.need_positive(message.input_dim, "input_dim")
    return LayerOutput(((*layer.bottoms[0], outputs),), _weights(message, (inputs, outputs)))


def _weights(message: EmbedParameter | InnerProductParameter, matrix: Shape) -> tuple[Weight, ...]:
    kernel = Weight(matrix, message.weight_filler)
    if not message.bias_term:
        return (kernel,)
    return kernel, Weight((message.num_output,), message.bias_filler)


LAYER_TYPES = (
    LayerType(
        name="InnerProduct",
        kind="dense",
        shape=_inner_product,
        message="inner_product_param",
        blobs="weights",
        in_place="spoils_values",
        backward=BOTTOM,
    ),
    LayerType(
        name="Embed",
        propagates=(),
        stops=(0,),
        kind="dense",
        shape=_embed,
        message="embed_param",
        blobs="weights",
        in_place="spoils_gradients",
        backward=BOTTOM,
    ),
)
