"""Axpy, ReLU6, ShuffleChannel and depthwise convolutions, as their forks compute on a CPU."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from caffe_multilabel.caffe.layers.base import LayerInput
from caffe_multilabel.caffe.layers.forks.settings import Settings
from caffe_multilabel.engine.layers.convolution import Convolution
from caffe_multilabel.engine.layers.layer import Gradients, Layer, Pass, Tensors

if TYPE_CHECKING:
    from caffe_multilabel.caffe.proto.types import LayerParameter

__all__ = ["LAYERS"]


class Axpy(Layer):
    """A factor for each channel times x, and y added.

    The factor's diff is summed of what lies in that of x, which is 0 after it where x wants none.
    """

    writes_unwanted = True

    def compute(self, bottoms: Tensors) -> Tensors:
        """Return the tops."""
        factors, x, y = bottoms
        return (torch.addcmul(y, x, self._along(factors, x)),)

    def backward(self, at: Pass) -> Gradients:
        """Return the diffs."""
        factors, x, _ = at.bottoms
        diff = at.diffs[0]
        diffs: Gradients = [None, None, diff if at.wanted[2] else None]
        if at.wanted[0]:
            diffs[0] = (diff * x).flatten(2).sum(-1).reshape(factors.shape)
            diffs[1] = torch.zeros_like(x)
        if at.wanted[1]:
            diffs[1] = diff * self._along(factors, x)
        return diffs

    def _along(self, factors: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        return factors.reshape(*x.shape[:2], *(1,) * (x.dim() - 2))


class ConvolutionDepthwise(Convolution):
    """A kernel for each channel of one bottom, whatever its message says of groups.

    It begins with zeros in the diff of its bottom, wanted or not.
    """

    writes_unwanted = True

    def read(self, message: LayerParameter) -> None:
        """Keep how windows lie, over the last two of four axes."""
        super().read(message)
        self._axis = 1
        self._groups = self.setup.blobs[0].shape[0]

    def backward(self, at: Pass) -> Gradients:
        """Return the diffs."""
        found = super().backward(at)
        return found if at.wanted[0] else [torch.zeros_like(at.bottoms[0])]


class DepthwiseConvolution(Convolution):
    """A convolution; only its code for GPUs is another than Convolution's."""


class ReLU6(Layer):
    """x from 0 to 6, and the nearer end elsewhere."""

    def compute(self, bottoms: Tensors) -> Tensors:
        """Return the tops."""
        return (bottoms[0].clamp(0, 6),)

    def backward(self, at: Pass) -> Gradients:
        """Return the diffs, which neither end passes."""
        x = at.bottoms[0]
        return [at.diffs[0] * ((x > 0) & (x < 6))]


class ShuffleChannel(Layer):
    """Channels of groups, the first of each, then the second of each, and so on."""

    def read(self, message: LayerParameter) -> None:
        """Keep how many groups there are."""
        settings = Settings(LayerInput(message, (), 0, ()), "shuffle_channel_param")
        self._groups = settings.positive("group", 1)

    def compute(self, bottoms: Tensors) -> Tensors:
        """Return the tops."""
        return (self._shuffled(bottoms[0], self._groups),)

    def backward(self, at: Pass) -> Gradients:
        """Return the diffs: shuffled by as many groups as a group has channels."""
        channels = at.bottoms[0].shape[1]
        diff = self._shuffled(at.diffs[0], channels // self._groups)
        return [diff.reshape(at.bottoms[0].shape)]

    def _shuffled(self, blob: torch.Tensor, groups: int) -> torch.Tensor:
        parts = blob.reshape(blob.shape[0], groups, blob.shape[1] // groups, -1)
        return parts.transpose(1, 2).reshape(blob.shape)


LAYERS = (Axpy, ConvolutionDepthwise, DepthwiseConvolution, ReLU6, ShuffleChannel)
