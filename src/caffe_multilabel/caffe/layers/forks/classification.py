"""Types of nets that classify with little work: MobileNet's, ShuffleNet's, SENet's."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from caffe_multilabel.caffe.blob_shape import count, shape_text
from caffe_multilabel.caffe.layers import convolution
from caffe_multilabel.caffe.layers.base import LayerOutput, Weight, same_shape
from caffe_multilabel.caffe.layers.forks.settings import Settings
from caffe_multilabel.caffe.layers.layer_type import BOTTOM, LayerType
from caffe_multilabel.caffe.layers.windows import read_windows

if TYPE_CHECKING:
    from caffe_multilabel.caffe.layers.base import LayerInput

__all__ = ["LAYER_TYPES"]

_CONVOLUTION = next(entry for entry in convolution.LAYER_TYPES if entry.name == "Convolution")


def _axpy(layer: LayerInput) -> LayerOutput:
    factors, scaled, added = layer.bottoms
    if scaled != added:
        layer.fail(
            f"bottom[2] is {shape_text(added)}; it must be as bottom[1], {shape_text(scaled)}"
        )
    if len(factors) < 2 or len(scaled) < 2 or factors[:2] != scaled[:2]:
        layer.fail(
            f"bottom[0] is {shape_text(factors)}; its first two axes must be those of bottom[1], "
            f"{shape_text(scaled)}"
        )
    if len(factors) == 4 and factors[2:] != (1, 1):
        layer.fail(f"bottom[0] is {shape_text(factors)}; it must have one value for each channel")
    return LayerOutput((scaled,))


def _convolution_depthwise(layer: LayerInput) -> LayerOutput:
    """Give each channel a kernel of its own, whatever `num_output` and `group` are."""
    num, channels, *sizes = layer.legacy()
    windows = read_windows(layer, 2)
    moved = [window.positions(size) for window, size in zip(windows, sizes, strict=True)]
    if min(moved) < 1:
        layer.fail(f"the window does not fit bottom[0], {shape_text(layer.bottoms[0])}")
    message = layer.layer.convolution_param
    kernel = tuple(window.kernel for window in windows)
    weights = [Weight((channels, 1, *kernel), message.weight_filler)]
    if message.bias_term:
        weights.append(Weight((channels,), message.bias_filler))
    top = (num, channels, *moved)
    return LayerOutput((top,), tuple(weights), count(top) * count(kernel))


def _shuffle_channel(layer: LayerInput) -> LayerOutput:
    group = Settings(layer, "shuffle_channel_param").positive("group", 1)
    shape = layer.legacy()
    if shape[1] % group:
        layer.fail(f"group is {group}, which does not divide the {shape[1]} channels")
    return LayerOutput((shape,))


LAYER_TYPES = (
    LayerType(
        name="Axpy",
        fork="hujie-frank/SENet",
        backward_bottoms=(0, 1),
        kind="arithmetic",
        shape=_axpy,
        bottoms=(3, 3),
        in_place="spoils_values",
        backward=BOTTOM,
    ),
    LayerType(
        name="ConvolutionDepthwise",
        fork="sp2823/caffe, branch convolution-depthwise",
        kind="convolution",
        shape=_convolution_depthwise,
        message="convolution_param",
        blobs="weights",
        in_place="spoils_values",
        backward=BOTTOM,
    ),
    replace(_CONVOLUTION, name="DepthwiseConvolution", fork="yonghenglh6/DepthwiseConvolution"),
    LayerType(
        name="ReLU6",
        fork="chuanqi305/ssd",
        keeps="passed_values",
        kind="activation",
        shape=same_shape,
        backward=BOTTOM,
    ),
    LayerType(
        name="ShuffleChannel",
        fork="farmingyard/ShuffleNet",
        kind="select",
        shape=_shuffle_channel,
        message="shuffle_channel_param",
        in_place="spoils_values",
    ),
)
