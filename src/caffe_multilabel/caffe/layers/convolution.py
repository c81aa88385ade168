"""Convolution, Deconvolution, Im2col."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel.caffe.blob_shape import count, shape_text
from caffe_multilabel.caffe.layers.base import LayerOutput, Weight
from caffe_multilabel.caffe.layers.layer_type import BOTTOM, LayerType
from caffe_multilabel.caffe.layers.windows import read_windows

if TYPE_CHECKING:
    from caffe_multilabel.caffe.blob_shape import Shape
    from caffe_multilabel.caffe.layers.base import LayerInput
    from caffe_multilabel.caffe.layers.layer_type import InPlace
    from caffe_multilabel.caffe.layers.windows import Window
    from caffe_multilabel.caffe.proto.types import LayerParameter

__all__ = ["LAYER_TYPES"]


def _convolution(layer: LayerInput) -> LayerOutput:
    axis, channels, outputs, group = _channels(layer)
    sizes = layer.bottoms[0][axis + 1 :]
    windows = read_windows(layer, len(sizes))
    moved = _positions(layer, sizes, windows)
    weights = _weights(layer, (outputs, channels // group), windows)
    top = (*layer.bottoms[0][:axis], outputs, *moved)
    # One product of a weight with a value for each output position.
    work = count(top[:axis]) * count(moved) * count(weights[0].shape)
    return LayerOutput((top,) * layer.top_count, weights, work * layer.top_count)


def _deconvolution(layer: LayerInput) -> LayerOutput:
    axis, channels, outputs, group = _channels(layer)
    sizes = layer.bottoms[0][axis + 1 :]
    windows = read_windows(layer, len(sizes))
    spread = tuple(window.spread(size) for window, size in zip(windows, sizes, strict=True))
    if any(size < 1 for size in spread):
        layer.fail(
            f"bottom[0] is {shape_text(layer.bottoms[0])}, and the padding leaves nothing of "
            f"the output ({', '.join(map(str, spread))}); pad less"
        )
    weights = _weights(layer, (channels, outputs // group), windows)
    top = (*layer.bottoms[0][:axis], outputs, *spread)
    # One product of a weight with a value for each input position.
    work = count(top[:axis]) * count(sizes) * count(weights[0].shape)
    return LayerOutput((top,) * layer.top_count, weights, work * layer.top_count)


def _im2col(layer: LayerInput) -> LayerOutput:
    axis = layer.axis(layer.layer.convolution_param.axis)
    bottom = layer.bottoms[0]
    sizes = bottom[axis + 1 :]
    if not sizes:
        layer.fail(f"bottom[0] is {shape_text(bottom)}, without an axis after axis {axis}")
    windows = read_windows(layer, len(sizes))
    channels = bottom[axis] * count(tuple(window.kernel for window in windows))
    return LayerOutput(((*bottom[:axis], channels, *_positions(layer, sizes, windows)),))


def _channels(layer: LayerInput) -> tuple[int, int, int, int]:
    """Return the channel axis, the channels on it, `num_output` and `group`."""
    message = layer.layer.convolution_param
    outputs = layer.need_positive(message.num_output, "num_output")
    group = layer.need_positive(message.group, "group")
    _check_group(layer, group, "num_output", outputs)
    axis = layer.axis(message.axis)
    channels = layer.bottoms[0][axis]
    _check_group(layer, group, "bottom channels", channels)
    for index, shape in enumerate(layer.bottoms):
        if shape != layer.bottoms[0]:
            layer.fail(
                f"bottom[{index}] is {shape_text(shape)}; it must be as bottom[0], "
                f"{shape_text(layer.bottoms[0])}"
            )
    return axis, channels, outputs, group


def _check_group(layer: LayerInput, group: int, name: str, value: int) -> None:
    if value % group:
        layer.fail(f"group is {group}, which does not divide the {value} of {name}")


def _positions(layer: LayerInput, sizes: Shape, windows: tuple[Window, ...]) -> Shape:
    positions = tuple(window.positions(size) for window, size in zip(windows, sizes, strict=True))
    for size, window, found in zip(sizes, windows, positions, strict=True):
        if found < 1:
            layer.fail(
                f"the window does not fit: it spans {window.extent}, and bottom[0] "
                f"({shape_text(layer.bottoms[0])}) with its padding has {size + 2 * window.pad}"
            )
    return positions


def _weights(
    layer: LayerInput, matrix: tuple[int, int], windows: tuple[Window, ...]
) -> tuple[Weight, ...]:
    message = layer.layer.convolution_param
    kernel = Weight((*matrix, *(window.kernel for window in windows)), message.weight_filler)
    if not message.bias_term:
        return (kernel,)
    return kernel, Weight((message.num_output,), message.bias_filler)


def _im2col_in_place(layer: LayerParameter) -> InPlace:
    """Return what is lost: windows of one value, all there are, move none, and Backward adds to 0.

    Others move values, even those that make as many.
    """
    message = layer.convolution_param
    kernels = list(message.kernel_size) or [message.kernel_h, message.kernel_w]
    strides = list(message.stride) or [message.stride_h or 1, message.stride_w or 1]
    pads = list(message.pad) or [message.pad_h, message.pad_w]
    still = set(kernels) == {1} and set(strides) == {1} and set(pads) == {0}
    return "spoils_gradients" if still else "spoils_values"


LAYER_TYPES = (
    # A kernel of 1x1 in place multiplies a matrix into itself; of others, cuDNN promises nothing.
    LayerType(
        name="Convolution",
        kind="convolution",
        shape=_convolution,
        bottoms=(1, None),
        tops=(1, None),
        paired=True,
        message="convolution_param",
        blobs="weights",
        in_place="spoils_values",
        backward=BOTTOM,
    ),
    LayerType(
        name="Deconvolution",
        kind="convolution",
        shape=_deconvolution,
        bottoms=(1, None),
        tops=(1, None),
        paired=True,
        message="convolution_param",
        blobs="weights",
        in_place="spoils_values",
        backward=BOTTOM,
    ),
    LayerType(
        name="Im2col",
        kind="select",
        shape=_im2col,
        message="convolution_param",
        in_place=_im2col_in_place,
    ),
)
