"""InnerProduct and Embed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from caffe_multilabel.caffe.layers.base import axis_from_0, fail
from caffe_multilabel.engine.layers.layer import Gradients, Layer, Pass, Tensors

if TYPE_CHECKING:
    from caffe_multilabel.caffe.proto.types import LayerParameter

__all__ = ["LAYERS"]

_CACHE_LINE = 64  # bytes
_LARGE = 1 << 20  # values, which no cache holds
_FEW = 16  # items
_ROWS = 16  # that MKL adds a product to without a copy of its own


class InnerProduct(Layer):
    """A matrix product over all axes from `axis` on, and a bias."""

    def read(self, message: LayerParameter) -> None:
        """Keep the axis, and how the weights lie."""
        self._axis: int = message.inner_product_param.axis
        self._transposed: bool = message.inner_product_param.transpose

    def forward(self, bottoms: Tensors) -> Tensors:
        """Return the tops."""
        weight, *bias = self.weights
        rows = self._rows(bottoms[0])
        matrix = weight if self._transposed else weight.t()
        top = self.tops[0].data
        into = top.view(len(rows), -1)
        if bias:
            torch.addmm(bias[0], rows, matrix, out=into)
        else:
            torch.mm(rows, matrix, out=into)
        return (top,)

    def backward(self, at: Pass) -> Gradients:
        """Return the diffs; those of the weights are added where they lie."""
        weight, *_ = self.setup.blobs
        rows = self._rows(at.bottoms[0])
        diff = at.diffs[0].reshape(len(rows), -1)
        if self.blob_wanted[0]:
            left, right = (rows, diff) if self._transposed else (diff, rows)
            _add_product(weight.diff, left.t(), right)
        if len(self.setup.blobs) > 1 and self.blob_wanted[1]:
            self.add(1, diff.sum(0))
        if not at.wanted[0]:
            return [None]
        into = self.bottoms[0].diff
        lies = into.is_contiguous()
        product = into.view(rows.shape) if lies else rows.new_empty(rows.shape)
        if self._transposed:
            torch.mm(diff, weight.data.t(), out=product)
        else:
            _write_product(product, diff, weight.data)
        return [into if lies else product.reshape(into.shape)]

    def _rows(self, bottom: torch.Tensor) -> torch.Tensor:
        axis = axis_from_0(self._axis, bottom.dim()) or 0
        return bottom.reshape(bottom.shape[:axis].numel(), -1)


def _add_product(into: torch.Tensor, left: torch.Tensor, right: torch.Tensor) -> None:
    """Add the product of two matrices to a third."""
    rows, columns = into.shape
    skewed = columns * into.element_size() % _CACHE_LINE != 0
    if not skewed or into.numel() < _LARGE or into.device.type != "cpu":
        into.addmm_(left, right)
        return
    # A few rows a time: where rows begin within lines of the cache, MKL takes two to three times as
    # long to add a product of a few items to all of them at once.
    for first in range(0, rows, _ROWS):
        run = slice(first, first + _ROWS)
        into[run].addmm_(left[run], right)


def _write_product(into: torch.Tensor, left: torch.Tensor, right: torch.Tensor) -> None:
    """Write the product of a few items and weights."""
    if len(left) > _FEW or right.numel() < _LARGE or right.device.type != "cpu":
        torch.mm(left, right, out=into)
        return
    # MKL packs all that it is given of the weights, up to half of the time, and keeps that memory.
    torch.mm(left[:, :_ROWS], right[:_ROWS], out=into)
    for first in range(_ROWS, len(right), _ROWS):
        run = slice(first, first + _ROWS)
        into.addmm_(left[:, run], right[run])


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
