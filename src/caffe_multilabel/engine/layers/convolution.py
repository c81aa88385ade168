"""Convolution, Deconvolution and Im2col, over one to three spatial axes."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

import torch
from torch.nn import functional

from caffe_multilabel.caffe.layers.base import LayerInput, axis_from_0, fail
from caffe_multilabel.caffe.layers.windows import read_windows
from caffe_multilabel.engine.layers.layer import Gradients, Layer, Pass, Tensors, runs_of_items

if TYPE_CHECKING:
    from caffe_multilabel.caffe.layers.windows import Window
    from caffe_multilabel.caffe.proto.types import LayerParameter
    from caffe_multilabel.engine.blob import Blob

__all__ = ["LAYERS"]

_MOST_AXES = 3  # that torch convolves over
_BLOCK = 16  # channels that oneDNN takes at once with AVX-512
_PLAIN = 3  # channels of a bottom that it does not cut into blocks
_WASTE = 1.25  # of padded over given channels from which on the other order pays


class _Windowed(Layer):
    """What the three have in common: windows, and the channels before the axes they slide on."""

    transposed: ClassVar[bool] = False

    def read(self, message: LayerParameter) -> None:
        """Keep the axis of channels and how windows lie."""
        self._windows_of: dict[int, tuple[Window, ...]] = {}
        self._axis: int = message.convolution_param.axis
        self._groups: int = message.convolution_param.group

    def _channel_axis(self, bottom: torch.Tensor) -> int:
        return axis_from_0(self._axis, bottom.dim()) or 0

    def _windows(self, bottom: torch.Tensor) -> tuple[Window, ...]:
        spatial = bottom.dim() - self._channel_axis(bottom) - 1
        if not 0 < spatial <= _MOST_AXES:
            fail(
                self.setup.message,
                f"bottom[0] has {spatial} spatial axes; 1 to {_MOST_AXES} can be run",
            )
        if spatial not in self._windows_of:
            layer = LayerInput(self.setup.message, (), 0, ())
            self._windows_of[spatial] = read_windows(layer, spatial)
        return self._windows_of[spatial]

    def _padded(self, bottom: torch.Tensor, axis: int) -> torch.Tensor:
        """Return a bottom by items, with zeros behind it where a window hangs over its padding.

        Caffe gives a window that is too large by less than a stride a position all the same.
        """
        items = self._items(bottom, axis)
        over = [
            0 if self.transposed else max(0, window.extent - size - 2 * window.pad)
            for window, size in zip(self._windows(bottom), items.shape[2:], strict=True)
        ]
        if not any(over):
            return items
        return functional.pad(items, [pad for behind in reversed(over) for pad in (0, behind)])

    def _items(self, blob: torch.Tensor, axis: int) -> torch.Tensor:
        """Return a blob with all axes before the channels as one, in the order that is fast."""
        items = blob if axis == 1 else blob.reshape(-1, *blob.shape[axis:])
        on_cpu = items.dtype == torch.float32 and items.device.type == "cpu"
        if items.dim() == 4 and on_cpu and self._channels_last(items.shape[1]):
            return items.contiguous(memory_format=torch.channels_last)
        return items

    def _channels_last(self, channels: int) -> bool:
        """Tell whether all channels of a pixel side by side are faster than planes, measured."""
        if self._groups > 1:
            # A channel a group: torch's backward takes up to seven times as long on whole planes.
            return self._groups == channels
        if not self.setup.blobs:
            return False
        made, taken, *kernel = self.setup.blobs[0].shape
        if self.transposed:
            made, taken = taken, made
        return math.prod(kernel) > 1 and _is_padded(made, taken)


def _is_padded(made: int, taken: int) -> bool:
    """Tell whether oneDNN computes a quarter more than is asked for, or worse.

    It cuts planes of channels into blocks, and fills the last one with zeros: of LeNet's 20 and 50
    channels it makes 32 and 64, twice the work. A first layer's bottom it takes as it is.
    """
    if taken == 1:
        return False  # one channel is the same in both orders, and gains nothing of the other
    blocks = [-(-channels // _BLOCK) * _BLOCK for channels in (made, taken)]
    if taken <= _PLAIN:
        blocks[1] = taken
    return math.prod(blocks) >= _WASTE * made * taken


class _Convolving(_Windowed):
    def forward(self, bottoms: Tensors) -> Tensors:
        """Return a top for each bottom."""
        return tuple(
            self._convolve(bottom, top) for bottom, top in zip(bottoms, self.tops, strict=True)
        )

    def _convolve(self, bottom: torch.Tensor, top: Blob) -> torch.Tensor:
        axis = self._channel_axis(bottom)
        if axis != 1:
            return self._of_items(bottom, axis).reshape(top.shape)
        for run in runs_of_items(bottom, math.prod(top.shape)):
            top.put(run, self._of_items(bottom[run], axis))
        return top.data

    def _of_items(self, bottom: torch.Tensor, axis: int) -> torch.Tensor:
        weight, *bias = self.weights
        return torch.convolution(
            self._padded(bottom, axis), weight, bias[0] if bias else None,
            *self._arguments(bottom), self._groups,
        )  # fmt: skip

    def _arguments(
        self, bottom: torch.Tensor
    ) -> tuple[list[int], list[int], list[int], bool, list[int]]:
        windows = self._windows(bottom)
        return (
            [window.stride for window in windows],
            [window.pad for window in windows],
            [window.dilation for window in windows],
            self.transposed,
            [0] * len(windows),
        )

    def backward(self, at: Pass) -> Gradients:
        """Return the diffs, bottom by bottom."""
        diffs: Gradients = []
        for number, (bottom, diff, wanted) in enumerate(
            zip(at.bottoms, at.diffs, at.wanted, strict=True)
        ):
            axis = self._channel_axis(bottom)
            if axis != 1:
                found = self._send_back(bottom, diff, axis, wanted)
                diffs.append(None if found is None else found.reshape(bottom.shape))
                continue
            for run in runs_of_items(bottom, diff.numel()):
                found = self._send_back(bottom[run], diff[run], axis, wanted)
                if found is not None:
                    self.bottoms[number].put_diff(run, found)
            diffs.append(self.bottoms[number].diff if wanted else None)
        return diffs

    def _send_back(
        self, bottom: torch.Tensor, diff: torch.Tensor, axis: int, wanted: bool
    ) -> torch.Tensor | None:
        """Return the diff of some items if it is wanted, and add to those of the weights."""
        blobs = self.setup.blobs
        if len(blobs) > 1 and self.blob_wanted[1]:
            # oneDNN adds value after value to one float, and is off by 1e-5 where a map is large.
            others = [number for number in range(diff.dim()) if number != axis]
            self.add(1, diff.sum(others))
        if not (wanted or self.blob_wanted[0]):
            return None
        found, of_weight, _ = torch.ops.aten.convolution_backward(
            self._items(diff, axis),
            self._padded(bottom, axis),
            blobs[0].data,
            None,
            *self._arguments(bottom),
            self._groups,
            [wanted, self.blob_wanted[0], False],
        )
        if self.blob_wanted[0]:
            self.add(0, of_weight)
        if not wanted:
            return None
        for number, size in enumerate(bottom.shape[axis + 1 :], start=2):
            found = found.narrow(number, 0, size)
        return found


class Convolution(_Convolving):
    """Windows of weights over the bottom."""


class Deconvolution(_Convolving):
    """The transpose of a convolution."""

    transposed = True


class Im2col(_Windowed):
    """The values of each window, in the channels."""

    writes_unwanted = True

    def compute(self, bottoms: Tensors) -> Tensors:
        """Return the tops."""
        bottom = bottoms[0]
        axis = self._channel_axis(bottom)
        windows = self._windows(bottom)
        pads = [pad for window in reversed(windows) for pad in (window.pad, window.pad)]
        columns = functional.pad(self._padded(bottom, axis), pads)
        for number, window in enumerate(windows):
            columns = columns.unfold(2 + number, window.extent, window.stride)
            columns = columns[..., :: window.dilation]
        # From item, channel, positions, taps to item, channel, taps, positions.
        spatial = len(windows)
        positions, taps = range(2, 2 + spatial), range(2 + spatial, 2 + 2 * spatial)
        sizes = columns.shape[2 : 2 + spatial]
        columns = columns.permute(0, 1, *taps, *positions).flatten(1, 1 + spatial)
        return (columns.reshape(*bottom.shape[:axis], columns.shape[1], *sizes),)

    def backward(self, at: Pass) -> Gradients:
        """Return the diffs; in place Caffe begins with zeros, which it then adds up."""
        if self.setup.in_place:
            return [torch.zeros_like(at.bottoms[0])]
        return super().backward(replace(at, wanted=(True,)))


LAYERS = (Convolution, Deconvolution, Im2col)
