"""InnerProduct and Embed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from caffe_multilabel.caffe.layers.base import axis_from_0, fail
from caffe_multilabel.engine.layers.layer import Gradients, Layer, Pass, Tensors

if TYPE_CHECKING:
    from caffe_multilabel.caffe.proto.types import LayerParameter

__all__ = ["LAYERS"]


class InnerProduct(Layer):
    """A matrix product over all axes from `axis` on, and a bias."""

    def read(self, message: LayerParameter) -> None:
        """Keep the axis, and how the weights lie."""
        self._axis: int = message.inner_product_param.axis
        self._transposed: bool = message.inner_product_param.transpose

    def forward(self, bottoms: Tensors) -> Tensors:
        """Return the tops."""
        weight, *bias = self.weights
        rows, outer = self._rows(bottoms[0])
        matrix = weight if self._transposed else weight.t()
        top = torch.addmm(bias[0], rows, matrix) if bias else rows.mm(matrix)
        return (top.reshape(*outer, top.shape[1]),)

    def backward(self, at: Pass) -> Gradients:
        """Return the diffs; those of the weights are added where they lie."""
        weight, *_ = self.setup.blobs
        rows, _ = self._rows(at.bottoms[0])
        diff = at.diffs[0].reshape(len(rows), -1)
        if self.blob_wanted[0]:
            left, right = (rows, diff) if self._transposed else (diff, rows)
            weight.diff.addmm_(left.t(), right)
        if len(self.setup.blobs) > 1 and self.blob_wanted[1]:
            self.add(1, diff.sum(0))
        if not at.wanted[0]:
            return [None]
        matrix = weight.data.t() if self._transposed else weight.data
        return [diff.mm(matrix).reshape(at.bottoms[0].shape)]

    def _rows(self, bottom: torch.Tensor) -> tuple[torch.Tensor, torch.Size]:
        axis = axis_from_0(self._axis, bottom.dim()) or 0
        outer = bottom.shape[:axis]
        return bottom.reshape(outer.numel(), -1), outer


class Embed(Layer):
    """A row of the weights for each index, and a bias."""

    def forward(self, bottoms: Tensors) -> Tensors:
        """Return the tops."""
        weight, *bias = self.weights
        indices = bottoms[0].long()
        wrong = (indices < 0) | (indices >= len(weight))
        if wrong.any():
            fail(
                self.setup.message,
                f"index {float(bottoms[0][wrong][0]):g} in '{self.setup.message.bottom[0]}'; "
                f"0 to {len(weight) - 1} are allowed",
            )
        rows = weight[indices]
        return (rows + bias[0] if bias else rows,)

    def backward(self, at: Pass) -> Gradients:
        """Add to the diffs of the weights."""
        weight = self.setup.blobs[0]
        diff = at.diffs[0].reshape(-1, weight.shape[1])
        if self.blob_wanted[0]:
            weight.diff.index_add_(0, at.bottoms[0].long().flatten(), diff)
        if len(self.setup.blobs) > 1 and self.blob_wanted[1]:
            self.add(1, diff.sum(0))
        return [None]


LAYERS = (InnerProduct, Embed)
