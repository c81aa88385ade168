"""Windows that slide over spatial axes, as `ConvolutionParameter` describes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from caffe_multilabel._base.text import plural
from caffe_multilabel.caffe.named_fields import is_set, number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caffe_multilabel.caffe.blob_shape import Shape
    from caffe_multilabel.caffe.layers.base import LayerInput

__all__ = ["Window", "read_windows"]


@dataclass(frozen=True)
class Window:
    """A window along one axis.

    Attributes:
        kernel: taps.
        stride: from one position to the next.
        pad: zeros at each end.
        dilation: from one tap to the next.
    """

    kernel: int
    stride: int
    pad: int
    dilation: int

    @property
    def extent(self) -> int:
        """From the first tap to the last, both counted."""
        return self.dilation * (self.kernel - 1) + 1

    def positions(self, size: int) -> int:
        """Return how many positions Caffe gives a window on an axis of `size`.

        The quotient is cut towards zero, so a window that is larger than the padded axis by less
        than a stride still has one position.
        """
        free = size + 2 * self.pad - self.extent
        steps = abs(free) // self.stride
        return (steps if free >= 0 else -steps) + 1

    def spread(self, size: int) -> int:
        """Return the size of the axis that a deconvolution makes of one of `size`."""
        return self.stride * (size - 1) + self.extent - 2 * self.pad


def read_windows(layer: LayerInput, spatial: int) -> tuple[Window, ...]:
    """Return the window of each spatial axis of a convolution, deconvolution or im2col.

    Args:
        layer: the layer.
        spatial: how many spatial axes its bottom has.
    """
    message = layer.layer.convolution_param
    kernels = _sizes(layer, "kernel_size", "kernel", message.kernel_size, spatial)
    if kernels is None and spatial:
        layer.fail("kernel_size is not given; it must be, once or for each spatial axis")
    strides = _sizes(layer, "stride", "stride", message.stride, spatial) or (1,) * spatial
    pads = _sizes(layer, "pad", "pad", message.pad, spatial) or (0,) * spatial
    dilations = _per_axis(layer, "dilation", message.dilation, spatial) or (1,) * spatial
    kernels = kernels or ()
    for kernel in kernels:
        layer.need_positive(kernel, "kernel size")
    for stride in strides:
        layer.need_positive(stride, "stride")
    return tuple(map(Window, kernels, strides, pads, dilations))


def _sizes(
    layer: LayerInput, field: str, short: str, values: Sequence[int], spatial: int
) -> Shape | None:
    """Return what `values` of `field`, or `short`_h and `short`_w, say for each spatial axis."""
    message = layer.layer.convolution_param
    height, width = f"{short}_h", f"{short}_w"
    if not (is_set(message, height) or is_set(message, width)):
        return _per_axis(layer, field, values, spatial)
    if values:
        layer.fail(f"{field} and {height}, {width} are given; only one way is allowed")
    if spatial != 2:
        layer.fail(f"{height} and {width} are for 2 spatial axes, and bottom[0] has {spatial}")
    return number(message, height), number(message, width)


def _per_axis(layer: LayerInput, field: str, values: Sequence[int], spatial: int) -> Shape | None:
    if not values:
        return None
    if len(values) not in (1, spatial):
        layer.fail(
            f"{field} is given {plural(len(values), 'time')}; once, or once for each spatial axis "
            f"({spatial}), is allowed"
        )
    return tuple(values) * spatial if len(values) == 1 else tuple(values)
