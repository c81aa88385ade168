"""Interp, as PSPNet computes it on a CPU."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch.nn import functional

from caffe_multilabel.caffe.layers.base import LayerInput
from caffe_multilabel.caffe.layers.forks.settings import Settings
from caffe_multilabel.engine.layers.layer import Layer, Tensors

if TYPE_CHECKING:
    from caffe_multilabel.caffe.proto.types import LayerParameter

__all__ = ["LAYERS"]


class Interp(Layer):
    """Images of another size, bilinear between their corners, once their edges are cut off."""

    def read(self, message: LayerParameter) -> None:
        """Keep how much is cut off, which its padding says below 0."""
        settings = Settings(LayerInput(message, (), 0, ()), "interp_param")
        self._before, self._after = -settings.number("pad_beg"), -settings.number("pad_end")

    def compute(self, bottoms: Tensors) -> Tensors:
        """Return the tops."""
        top, x = self.top_shapes[0], bottoms[0]
        images = x.reshape(*top[:2], *(*x.shape[2:], 1, 1)[:2])
        height, width = (size - self._before - self._after for size in images.shape[2:])
        images = images.narrow(2, self._before, height).narrow(3, self._before, width)
        return (functional.interpolate(images, top[2:], mode="bilinear", align_corners=True),)


LAYERS = (Interp,)
