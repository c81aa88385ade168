"""Layers that cut and join blobs, and leave values as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from caffe_multilabel.caffe.layers.base import axis_from_0
from caffe_multilabel.caffe.layers.joining import cut_axis
from caffe_multilabel.engine.layers.layer import Gradients, Layer, Pass, Tensors

if TYPE_CHECKING:
    from caffe_multilabel.caffe.proto.types import LayerParameter

__all__ = ["LAYERS"]


class _Cut(Layer):
    def _axis(self, blob: torch.Tensor) -> int:
        return cut_axis(self.setup.message, blob.dim()) or 0


class Concat(_Cut):
    """Bottoms one after the other along an axis."""

    def forward(self, bottoms: Tensors) -> Tensors:
        """Return the tops."""
        return (torch.cat(bottoms, self._axis(bottoms[0]), out=self.tops[0].data),)

    def backward(self, at: Pass) -> Gradients:
        """Return the diffs, each a part of the top's."""
        axis = self._axis(at.diffs[0])
        parts = at.diffs[0].split([bottom.shape[axis] for bottom in at.bottoms], axis)
        return [part if wanted else None for part, wanted in zip(parts, at.wanted, strict=True)]


class Slice(_Cut):
    """A bottom in parts along an axis."""

    def forward(self, bottoms: Tensors) -> Tensors:
        """Return the tops."""
        axis = self._axis(bottoms[0])
        return tuple(bottoms[0].split([shape[axis] for shape in self.top_shapes], axis))

    def backward(self, at: Pass) -> Gradients:
        """Return the diffs."""
        return [torch.cat(at.diffs, self._axis(at.diffs[0]), out=self.bottoms[0].diff)]


class Split(Layer):
    """The same values for each reader; the net gives its tops the memory of its bottom."""

    def backward(self, at: Pass) -> Gradients:
        """Return the sum of the diffs."""
        total, first, *rest = self.bottoms[0].diff, *at.diffs
        if not rest:
            return [first]
        torch.add(first, rest[0], out=total)
        for diff in rest[1:]:
            total += diff
        return [total]


class Crop(Layer):
    """A part of bottom[0] as large as bottom[1] is."""

    def read(self, message: LayerParameter) -> None:
        """Keep where the part begins."""
        self._axis: int = message.crop_param.axis
        self._offsets = list(message.crop_param.offset) or [0]

    def compute(self, bottoms: Tensors) -> Tensors:
        """Return the tops."""
        part, size = bottoms
        first = axis_from_0(self._axis, part.dim()) or 0
        for axis in range(first, part.dim()):
            number = 0 if len(self._offsets) == 1 else axis - first
            part = part.narrow(axis, self._offsets[number], size.shape[axis])
        return (part,)

    def backward(self, at: Pass) -> Gradients:
        """Return the diff of bottom[0]; nothing goes to the one that only tells the size.

        In place Caffe begins with zeros, of which it then takes a part.
        """
        if self.setup.in_place:
            return [torch.zeros_like(at.bottoms[0]), None]
        cropped, _ = super().backward(Pass(at.bottoms, at.tops, at.diffs, (at.wanted[0], False)))
        return [cropped, None]


class Tile(Layer):
    """Copies along an axis."""

    def read(self, message: LayerParameter) -> None:
        """Keep the axis and how many copies."""
        self._axis: int = message.tile_param.axis
        self._tiles: int = message.tile_param.tiles

    def compute(self, bottoms: Tensors) -> Tensors:
        """Return the tops."""
        return (torch.cat([bottoms[0]] * self._tiles, self._axis),)


LAYERS = (Concat, Slice, Split, Crop, Tile)
