"""Layers that give values another shape, or choose items of a batch."""

from __future__ import annotations

import torch

from caffe_multilabel.caffe.layers.base import fail
from caffe_multilabel.engine.layers.layer import Gradients, Layer, Pass, Tensors

__all__ = ["LAYERS"]


class Reshape(Layer):
    """Another shape; the net gives its top the memory of its bottom, values and diff."""


class Flatten(Layer):
    """Axes as one; the net gives its top the memory of its bottom, values and diff."""


class BatchReindex(Layer):
    """Items of bottom[0] at the indices in bottom[1]."""

    def forward(self, bottoms: Tensors) -> Tensors:
        """Return the tops."""
        source, indices = bottoms[0], bottoms[1].long()
        if indices.numel() and not 0 <= int(indices.min()) <= int(indices.max()) < len(source):
            fail(
                self.setup.message,
                f"an index in bottom[1] is not one of bottom[0]'s items, 0 to {len(source) - 1}",
            )
        return (source[indices],)

    def backward(self, at: Pass) -> Gradients:
        """Return the diffs; an item that was taken twice gets both."""
        found = torch.zeros_like(at.bottoms[0])
        return [found.index_add_(0, at.bottoms[1].long(), at.diffs[0]), None]


class Filter(Layer):
    """The items that the last bottom, the selector, has no 0 for."""

    def forward(self, bottoms: Tensors) -> Tensors:
        """Return a top for each bottom but the selector."""
        self._chosen = bottoms[-1].flatten().nonzero().flatten()
        if self.setup.in_place and len(self._chosen) < len(bottoms[0]):
            fail(
                self.setup.message,
                "in place it makes its own bottom shorter, and Caffe stops in the next pass; give "
                "the top another name",
            )
        return tuple(bottom[self._chosen] for bottom in bottoms[:-1])

    def backward(self, at: Pass) -> Gradients:
        """Return the diffs, zeros where an item was left out."""
        if not len(self._chosen):
            fail(self.setup.message, "it chose no item, and Caffe stops in backward then")
        return [
            torch.zeros_like(bottom).index_copy_(0, self._chosen, diff)
            for bottom, diff in zip(at.bottoms, at.diffs, strict=False)
        ] + [None]


LAYERS = (Reshape, Flatten, BatchReindex, Filter)
