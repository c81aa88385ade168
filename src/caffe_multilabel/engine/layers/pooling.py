"""Pooling and SPP, which pools over a pyramid of grids."""

from __future__ import annotations

import math
from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from caffe_multilabel.caffe.layers.base import LayerInput, fail
from caffe_multilabel.caffe.layers.pooling import pooling_windows, spp_grid
from caffe_multilabel.caffe.named_fields import enum_name
from caffe_multilabel.engine.layers.layer import Gradients, Layer, Pass, Tensors, runs_of_items

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from caffe_multilabel.caffe.blob_shape import Shape
    from caffe_multilabel.caffe.layers.windows import Window
    from caffe_multilabel.caffe.proto.types import LayerParameter
    from caffe_multilabel.engine.blob import Blob

__all__ = ["LAYERS"]

_NOWHERE = -1  # the index of a window without a value
_MOST_SHORT = 1 << 15  # values of a channel, whose indices 16 bits hold
_LOWEST = torch.finfo(torch.float32).min  # the value of such a window, in float64 as well


class _Grid:
    """Windows that are pooled, and how many there are along each axis.

    Caffe keeps windows that torch leaves out, or pads where torch refuses to: the bottom is then
    padded here, up to the end of the last window.
    """

    def __init__(self, windows: Sequence[Window], sizes: Sequence[int], pooled: Sequence[int]):
        self.kernel = [window.kernel for window in windows]
        self.stride = [window.stride for window in windows]
        self.sizes, self.pooled = list(sizes), list(pooled)
        self.before = [window.pad for window in windows]
        ends = [
            (count - 1) * window.stride + window.kernel
            for count, window in zip(pooled, windows, strict=True)
        ]
        self.after = [
            max(0, end - pad - size)
            for end, pad, size in zip(ends, self.before, sizes, strict=True)
        ]
        # torch pads both ends alike, by half a window at most.
        self.by_torch = all(
            2 * pad <= kernel and after <= pad
            for pad, after, kernel in zip(self.before, self.after, self.kernel, strict=True)
        )

    @property
    def leaves(self) -> bool:
        """Whether a last window lies outside the bottom, as Caffe keeps it without padding."""
        return any(
            (count - 1) * stride - pad >= size
            for count, stride, pad, size in zip(
                self.pooled, self.stride, self.before, self.sizes, strict=True
            )
        )

    def padded(self, bottom: torch.Tensor, value: float) -> torch.Tensor:
        """Return a bottom that torch needs not pad, cut to what windows reach."""
        if self.by_torch:
            return bottom
        pads = (self.before[1], self.after[1], self.before[0], self.after[0])
        return functional.pad(bottom, pads, value=value)

    @property
    def reach(self) -> list[int]:
        """How many rows and columns a padded bottom has."""
        return [
            before + size + after
            for before, size, after in zip(self.before, self.sizes, self.after, strict=True)
        ]

    @property
    def pad(self) -> list[int]:
        """What torch is to pad."""
        return self.before if self.by_torch else [0, 0]

    @contextmanager
    def diff_of(self, bottom: Blob, run: slice) -> Iterator[torch.Tensor]:
        """Give what the diff of some items is to be written to, padded where torch does not."""
        into = bottom.diff[run]
        if self.by_torch:
            yield into
            return
        (top, left), (height, width) = self.before, self.sizes
        order = torch.contiguous_format if into.is_contiguous() else torch.channels_last
        padded = torch.empty(
            (*into.shape[:2], *self.reach),
            dtype=into.dtype,
            device=into.device,
            memory_format=order,
        )
        yield padded
        into.copy_(padded[:, :, top : top + height, left : left + width])

    def places(self, indices: torch.Tensor) -> torch.Tensor:
        """Return indices into the padded bottom as indices into the bottom, -1 outside."""
        (top, left), (height, width) = self.before, self.sizes
        if self.by_torch:
            return indices
        across = self.reach[1]
        row, column = indices // across - top, indices % across - left
        inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
        return torch.where(inside, row * width + column, _NOWHERE)

    def areas(self, like: torch.Tensor) -> torch.Tensor:
        """Return how many values Caffe divides each window's sum by: its padding counts."""
        spans = [
            torch.arange(count, device=like.device) * stride
            for count, stride in zip(self.pooled, self.stride, strict=True)
        ]
        lengths = [
            (starts + kernel).clamp(max=size + 2 * pad) - starts
            for starts, kernel, size, pad in zip(
                spans, self.kernel, self.sizes, self.before, strict=True
            )
        ]
        return (lengths[0][:, None] * lengths[1]).to(like.dtype)


class _Max:
    """The largest value of each window, the first of equal ones. NaN is passed over."""

    def __init__(self, grid: _Grid) -> None:
        self._grid = grid
        self.indices: torch.Tensor | None = None

    def forward(self, bottom: torch.Tensor, top: Blob) -> None:
        """Pool, and remember where the values came from."""
        if self.indices is None or self.indices.shape != top.shape:
            # A quarter of what torch's own take, or half, as they are kept until the next pass.
            kind = torch.int16 if math.prod(self._grid.reach) <= _MOST_SHORT else torch.int32
            self.indices = torch.empty_like(top.data_like(bottom), dtype=kind)
        for run in runs_of_items(bottom):
            pooled, self.indices[run] = self._pooled(bottom[run])
            top.put(run, pooled)

    def _pooled(self, bottom: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        grid, lowest = self._grid, _LOWEST
        on_cpu = bottom.device.type == "cpu"
        # A GPU would have to be waited for before the values could be looked at.
        for nan_to in (None, lowest) if on_cpu else (lowest,):
            source = bottom if nan_to is None else bottom.nan_to_num(nan_to, torch.inf, lowest)
            if on_cpu:
                # Twice to thrice as fast, the copies counted in: a vector is of channels then.
                source = source.contiguous(memory_format=torch.channels_last)
            top, indices = torch.ops.aten.max_pool2d_with_indices(
                grid.padded(source, lowest), grid.kernel, grid.stride, grid.pad
            )
            # A sum costs less than a look at each value; infinities of both signs cost a round.
            if nan_to is not None or not top.sum().isnan():
                break
        return top, indices

    def places(self) -> torch.Tensor:
        """Return for each window the index of its value in its channel, -1 where it has none."""
        assert self.indices is not None
        return self._grid.places(self.indices.long())

    def backward(self, bottom: torch.Tensor, diff: torch.Tensor, into: Blob) -> None:
        """Write the diff of the bottom."""
        assert self.indices is not None
        grid = self._grid
        for run in runs_of_items(bottom):
            with grid.diff_of(into, run) as found:
                torch.ops.aten.max_pool2d_with_indices_backward.grad_input(
                    diff[run],
                    found,  # only its shape is looked at
                    grid.kernel,
                    grid.stride,
                    grid.pad,
                    [1, 1],
                    False,
                    self.indices[run].long(),
                    grad_input=found,
                )


def _average(grid: _Grid, bottom: torch.Tensor) -> torch.Tensor:
    sums = functional.avg_pool2d(
        grid.padded(bottom, 0), grid.kernel, grid.stride, grid.pad, divisor_override=1
    )
    return sums / grid.areas(sums)


class Pooling(Layer):
    """The maximum or the mean of windows."""

    def read(self, message: LayerParameter) -> None:
        """Keep the method."""
        self._method = enum_name(message.pooling_param, "pool")

    def reshaped(self, tops: tuple[Shape, ...]) -> None:
        """Lay the windows over bottoms of other shapes."""
        super().reshaped(tops)
        bottom = self.bottoms[0].shape
        windows = pooling_windows(LayerInput(self.setup.message, (bottom,), 1, ()))
        self._grid = _Grid(windows, bottom[2:], tops[0][2:])
        self._max = None if self._method == "AVE" else _Max(self._grid)

    def forward(self, bottoms: Tensors) -> Tensors:
        """Return the tops, the second one the mask."""
        bottom, top = bottoms[0], self.tops[0]
        if self._method == "STOCHASTIC":
            fail(self.setup.message, "Caffe has no STOCHASTIC pooling on a CPU, and none is here")
        if self._max is None:
            for run in runs_of_items(bottom):
                top.put(run, _average(self._grid, bottom[run]))
            return (top.data,)
        self._max.forward(bottom, top)
        if self.setup.tops == 1:
            return (top.data,)
        return top.data, self._max.places().to(bottom.dtype)

    def backward(self, at: Pass) -> Gradients:
        """Return the diffs; where there is a mask, it tells where they go."""
        bottom, diff, into = at.bottoms[0], at.diffs[0], self.bottoms[0]
        if self._max is None:
            self._spread(bottom, diff, into)
        elif self.setup.tops > 1:
            return [self._scattered(bottom, diff, at.tops[1].long())]  # cut off to whole numbers
        elif self._grid.leaves:
            return [self._scattered(bottom, diff, self._max.places())]
        else:
            self._max.backward(bottom, diff, into)
        return [into.diff]

    def _spread(self, bottom: torch.Tensor, diff: torch.Tensor, into: Blob) -> None:
        """Write what each mean sends to the values that it is of."""
        grid = self._grid
        for run in runs_of_items(bottom):
            with grid.diff_of(into, run) as found:
                torch.ops.aten.avg_pool2d_backward.grad_input(
                    diff[run] / grid.areas(diff),
                    found,  # only its shape is looked at
                    grid.kernel,
                    grid.stride,
                    grid.pad,
                    False,
                    True,
                    1,
                    grad_input=found,
                )

    def _scattered(
        self, bottom: torch.Tensor, diff: torch.Tensor, places: torch.Tensor
    ) -> torch.Tensor:
        """Return the diff of a bottom by indices, which other layers may have written over.

        Caffe counts from the window's channel, and looks no further: an index past that channel's
        values is one of the channels behind it, and that of a window without a value, -1, is the
        last one of the channel before. Before the first Caffe writes over what the heap keeps
        there, which ends it once that is freed; the bottom's diff has nothing of it.
        """
        channels = places.shape[:2].numel()
        size = bottom.shape[2:].numel()
        begins = torch.arange(channels, device=places.device).reshape(*places.shape[:2], 1, 1)
        found = places + begins * size
        outside = (found < 0) | (found >= bottom.numel())
        wrong = outside & (places != _NOWHERE)
        if wrong.any():
            fail(
                self.setup.message,
                f"index {int(places[wrong][0])} in '{self.setup.message.top[1]}', which was "
                "written over, is none of its bottom; Caffe writes to memory that is not its own "
                "then",
            )
        found, kept = torch.where(outside, 0, found), torch.where(outside, 0, diff)
        total = torch.zeros_like(bottom).flatten()
        return total.index_add_(0, found.flatten(), kept.flatten()).reshape(bottom.shape)


class SPP(Layer):
    """Pooling into 1, 2 x 2, 4 x 4 ... bins, one level after the other."""

    def read(self, message: LayerParameter) -> None:
        """Keep the method and the levels."""
        self._method = enum_name(message.spp_param, "pool")
        self._levels: int = message.spp_param.pyramid_height

    def compute(self, bottoms: Tensors) -> Tensors:
        """Return the tops."""
        bottom = bottoms[0]
        pooled = [self._pool(bottom, level) for level in range(self._levels)]
        if self._levels == 1:
            return (pooled[0],)
        return (torch.cat([level.flatten(1) for level in pooled], 1),)

    def _pool(self, bottom: torch.Tensor, level: int) -> torch.Tensor:
        layer = LayerInput(self.setup.message, (tuple(bottom.shape),), 1, ())
        windows, counts = spp_grid(layer, level)
        grid = _Grid(windows, bottom.shape[2:], counts)
        if self._method == "AVE":
            return _average(grid, bottom)
        return functional.max_pool2d(
            grid.padded(bottom, _LOWEST), grid.kernel, grid.stride, grid.pad
        )


LAYERS = (Pooling, SPP)
