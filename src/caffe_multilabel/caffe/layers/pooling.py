"""Pooling and SPP, which pools over a pyramid of grids."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel.caffe.blob_shape import shape_text
from caffe_multilabel.caffe.layers.base import LayerOutput
from caffe_multilabel.caffe.layers.layer_type import MASK, NOTHING, LayerType
from caffe_multilabel.caffe.layers.windows import Window
from caffe_multilabel.caffe.named_fields import enum_name, is_set, number

if TYPE_CHECKING:
    from caffe_multilabel.caffe.layers.base import LayerInput
    from caffe_multilabel.caffe.layers.layer_type import Side
    from caffe_multilabel.caffe.proto.types import LayerParameter

__all__ = ["LAYER_TYPES", "pooling_windows", "spp_grid"]


def _pooling(layer: LayerInput) -> LayerOutput:
    message = layer.layer.pooling_param
    method = enum_name(message, "pool")
    if layer.top_count > 1 and method != "MAX":
        layer.fail(f"{layer.top_count} tops; the second one, the mask, is for MAX pooling only")
    if message.global_pooling:
        _check_global(layer)
    else:
        _check_pads(layer, _windows(layer), method)
    layer.need_axes(4, "4 axes: num, channels, height, width", most=4)
    num, channels, height, width = layer.legacy()
    windows = pooling_windows(layer)
    ceil = enum_name(message, "round_mode") == "CEIL"
    pooled = [
        _pooled(layer, size, window, ceil=ceil, clip=any(window.pad for window in windows))
        for size, window in zip((height, width), windows, strict=True)
    ]
    return LayerOutput(((num, channels, *pooled),) * layer.top_count)


def pooling_windows(layer: LayerInput) -> tuple[Window, Window]:
    """Return the windows of a Pooling layer along height and width of its bottom."""
    _, _, height, width = layer.legacy()
    if layer.layer.pooling_param.global_pooling:
        return Window(height, 1, 0, 1), Window(width, 1, 0, 1)
    return _windows(layer)


def _pooled(layer: LayerInput, size: int, window: Window, *, ceil: bool, clip: bool) -> int:
    """Return the pooled size of one axis, which Caffe rounds up by default.

    Where any axis is padded, a last window that starts past the bottom and its padding is left
    out. A window that starts in the padding is kept.
    """
    free = size + 2 * window.pad - window.kernel
    steps = -(-free // window.stride) if ceil else free // window.stride
    pooled = steps + 1
    if clip and steps * window.stride >= size + window.pad:
        pooled -= 1
    if pooled < 1:
        layer.fail(
            f"the window does not fit: it spans {window.kernel}, and bottom[0] "
            f"({shape_text(layer.bottoms[0])}) with its padding has {size + 2 * window.pad}"
        )
    if clip and (pooled - 1) * window.stride >= size + window.pad:
        layer.fail(
            f"stride {window.stride} with pad {window.pad} leaves the last window outside "
            f"bottom[0] ({shape_text(layer.bottoms[0])})"
        )
    return pooled


def _check_global(layer: LayerInput) -> None:
    message = layer.layer.pooling_param
    for field in ("kernel_size", "kernel_h", "kernel_w"):
        if message.HasField(field):
            layer.fail(f"global_pooling and {field} are given; only one is allowed")
    pads, strides = _pair(layer, "pad"), _pair(layer, "stride")
    if pads != (0, 0) or strides != (1, 1):
        layer.fail("global_pooling with a pad or stride; only pad 0 and stride 1 are allowed")


def _windows(layer: LayerInput) -> tuple[Window, Window]:
    kernels = _kernels(layer)
    strides, pads = _pair(layer, "stride"), _pair(layer, "pad")
    for kernel, stride in zip(kernels, strides, strict=True):
        layer.need_positive(kernel, "kernel size")
        layer.need_positive(stride, "stride")
    return (
        Window(kernels[0], strides[0], pads[0], 1),
        Window(kernels[1], strides[1], pads[1], 1),
    )


def _kernels(layer: LayerInput) -> tuple[int, int]:
    """Return the kernel along height and width.

    Beside `kernel_size` Caffe reads neither `kernel_h` nor `kernel_w`, and refuses them together.
    """
    message = layer.layer.pooling_param
    both = message.HasField("kernel_h") and message.HasField("kernel_w")
    if both and message.HasField("kernel_size"):
        layer.fail("kernel_size and kernel_h, kernel_w are given; only one way is allowed")
    if both:
        return message.kernel_h, message.kernel_w
    if not message.HasField("kernel_size"):
        layer.fail("the kernel is not given; kernel_size, or kernel_h and kernel_w, must be")
    return message.kernel_size, message.kernel_size


def _pair(layer: LayerInput, field: str) -> tuple[int, int]:
    """Return `pad` or `stride` along height and width: one for both, or `_h` and `_w`."""
    message = layer.layer.pooling_param
    sides = [side for side in (f"{field}_h", f"{field}_w") if is_set(message, side)]
    if sides and is_set(message, field):
        layer.fail(f"{field} and {sides[0]} are given; only one way is allowed")
    if len(sides) == 1:
        layer.fail(f"{sides[0]} is given alone; {field}_h and {field}_w go together")
    height, width = sides or (field, field)
    return number(message, height), number(message, width)


def _check_pads(layer: LayerInput, windows: tuple[Window, Window], method: str) -> None:
    if not any(window.pad for window in windows):
        return
    if method not in ("MAX", "AVE"):
        layer.fail(f"pad with {method} pooling; padding is for MAX and AVE only")
    for window in windows:
        if window.pad >= window.kernel:
            layer.fail(f"pad is {window.pad}; it must be less than the kernel, {window.kernel}")


def _spp(layer: LayerInput) -> LayerOutput:
    message = layer.layer.spp_param
    levels = layer.need_positive(message.pyramid_height, "pyramid_height")
    layer.need_axes(4, "4 axes: num, channels, height, width", most=4)
    num, channels, _, _ = layer.legacy()
    grids = [spp_grid(layer, level)[1] for level in range(levels)]
    if levels == 1:
        return LayerOutput(((num, channels, *grids[0]),))
    return LayerOutput(((num, channels * sum(rows * columns for rows, columns in grids)),))


def spp_grid(layer: LayerInput, level: int) -> tuple[tuple[Window, Window], tuple[int, int]]:
    """Return the windows of a level of SPP, and their rows and columns, up to 2^level of each."""
    sizes = layer.legacy()[2:]
    windows = _bin(sizes[0], 2**level), _bin(sizes[1], 2**level)
    _check_pads(layer, windows, enum_name(layer.layer.spp_param, "pool"))
    clip = any(window.pad for window in windows)
    rows, columns = (
        _pooled(layer, size, window, ceil=True, clip=clip)
        for size, window in zip(sizes, windows, strict=True)
    )
    return windows, (rows, columns)


def _bin(size: int, bins: int) -> Window:
    kernel = -(-size // bins)
    return Window(kernel, kernel, (kernel * bins - size + 1) // 2, 1)


def _pooling_backward(layer: LayerParameter) -> frozenset[Side]:
    """Return what the gradient is made from; a second top holds the mask, else the layer does."""
    return MASK if len(layer.top) > 1 else NOTHING


LAYER_TYPES = (
    LayerType(
        name="Pooling",
        kind="pooling",
        shape=_pooling,
        tops=(1, 2),
        message="pooling_param",
        random=True,
        in_place="spoils_values",
        backward=_pooling_backward,
    ),
    LayerType(
        name="SPP",
        kind="pooling",
        shape=_spp,
        message="spp_param",
        random=True,
        in_place="spoils_values",
    ),
)
