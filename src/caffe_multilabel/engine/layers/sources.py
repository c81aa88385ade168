"""Layers that bring values in: Input, DummyData, Parameter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel.caffe.proto.types import FillerParameter
from caffe_multilabel.engine.fillers import fill
from caffe_multilabel.engine.layers.layer import Layer, Tensors

if TYPE_CHECKING:
    from caffe_multilabel.caffe.proto.types import LayerParameter

__all__ = ["LAYERS"]


class Input(Layer):
    """What the caller feeds; the net leaves its tops as they are."""


class Parameter(Layer):
    """A blob of weights; the net gives its top the memory of that."""


class DummyData(Layer):
    """What fillers draw, anew with every pass."""

    def read(self, message: LayerParameter) -> None:
        """Keep the fillers, one for each top."""
        settings = message.dummy_data_param
        # Where none is given: the constant 0.
        given = list(settings.data_filler) or [FillerParameter()]
        self._fillers = given * self.setup.tops if len(given) == 1 else given

    def forward(self, _bottoms: Tensors) -> Tensors:
        """Return the tops."""
        return tuple(
            fill(filler, self.setup.place.zeros(shape), self.setup.generator)
            for filler, shape in zip(self._fillers, self.top_shapes, strict=True)
        )


LAYERS = (Input, Parameter, DummyData)
