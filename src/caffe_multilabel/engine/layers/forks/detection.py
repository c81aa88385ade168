"""Normalize and Permute, as SSD computes them on a CPU."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from caffe_multilabel.caffe.layers.base import LayerInput
from caffe_multilabel.caffe.layers.forks.settings import Settings
from caffe_multilabel.engine.layers.layer import Gradients, Layer, Pass, Tensors

if TYPE_CHECKING:
    from caffe_multilabel.caffe.proto.types import LayerParameter

__all__ = ["LAYERS"]

_EPS = 1e-10  # of SSD's schema, for one that has no such field


class Normalize(Layer):
    """Values over their norm, of each item or of the channels at a place, times a factor.

    Where each channel has a factor of its own, SSD makes a channel's gradient as if all had that.
    """

    def read(self, message: LayerParameter) -> None:
        """Keep the settings."""
        settings = Settings(LayerInput(message, (), 0, ()), "norm_param")
        self._across = settings.flag("across_spatial", default=True)
        self._eps = settings.real("eps", _EPS)

    def forward(self, bottoms: Tensors) -> Tensors:
        """Return the tops, and keep the norms."""
        x = bottoms[0]
        self._norm = (self._sum(x.square()) + self._eps).sqrt()
        return (x / self._norm * self._scale(x),)

    def backward(self, at: Pass) -> Gradients:
        """Return the diffs; in place they are taken from themselves, and nothing is left."""
        x, diff, scale = at.bottoms[0], at.diffs[0], self._scale(at.bottoms[0])
        if self.blob_wanted[0]:
            # Of the top, which is over the factor once more.
            self.add(0, (at.tops[0] * diff).sum_to_size(scale.shape) / scale)
        if not at.wanted[0]:
            return [None]
        if self.setup.in_place:
            return [torch.zeros_like(x)]
        share = self._sum(x * diff) / self._norm.square()
        return [(diff - x * share) / self._norm * scale]

    def _sum(self, values: torch.Tensor) -> torch.Tensor:
        axes = list(range(1, values.dim())) if self._across else [1]
        return values.sum(axes, keepdim=True)

    def _scale(self, x: torch.Tensor) -> torch.Tensor:
        return self.weights[0].reshape(1, -1, *(1,) * (x.dim() - 2))


class Permute(Layer):
    """Axes in another order; those that are not named come last."""

    def read(self, message: LayerParameter) -> None:
        """Keep the order."""
        settings = Settings(LayerInput(message, (), 0, ()), "permute_param")
        self._named = [int(axis) for axis in settings.numbers("order")]

    def compute(self, bottoms: Tensors) -> Tensors:
        """Return the tops."""
        rest = [axis for axis in range(bottoms[0].dim()) if axis not in self._named]
        return (bottoms[0].permute(self._named + rest).contiguous(),)


LAYERS = (Normalize, Permute)
