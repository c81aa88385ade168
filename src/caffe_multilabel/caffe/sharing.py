"""Weights that layers share by the names in `param`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from caffe_multilabel._base.text import plural
from caffe_multilabel.caffe.layers.base import fail
from caffe_multilabel.caffe.shapes.blobs import count, shape_text
from caffe_multilabel.caffe.shapes.fields import enum_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caffe_multilabel.caffe.proto.types import LayerParameter, ParamSpec
    from caffe_multilabel.caffe.shapes.blobs import Shape

__all__ = ["SharedWeights"]

_RATES = ("lr_mult", "decay_mult")


@dataclass
class _Owner:
    layer: str
    shape: Shape
    rates: dict[str, float]


class SharedWeights:
    """The named blobs of weights of a net, each owned by the first layer that has it."""

    def __init__(self) -> None:
        self._owners: dict[str, _Owner] = {}

    def add(self, layer: LayerParameter, shapes: Sequence[Shape]) -> int:
        """Take a layer's blobs of weights and return how many values it owns of them.

        Raises:
            PrototxtError: there are more `param` than blobs, or a shared blob has another shape
                or other rates than its owner says.
        """
        if len(layer.param) > len(shapes):
            fail(
                layer,
                f"{plural(len(layer.param), 'param')} for {plural(len(shapes), 'blob')} of weights",
            )
        owned = 0
        for index, shape in enumerate(shapes):
            spec = layer.param[index] if index < len(layer.param) else None
            if spec is None or not spec.name or spec.name not in self._owners:
                owned += count(shape)
            if spec is not None and spec.name:
                self._take(layer, spec, shape)
        return owned

    def _take(self, layer: LayerParameter, spec: ParamSpec, shape: Shape) -> None:
        rates = {rate: getattr(spec, rate) for rate in _RATES if spec.HasField(rate)}
        owner = self._owners.setdefault(spec.name, _Owner(layer.name, shape, rates))
        if enum_name(spec, "share_mode") == "PERMISSIVE":
            fits = count(shape) == count(owner.shape)
        else:
            fits = shape == owner.shape
        if not fits:
            fail(
                layer,
                f"weights '{spec.name}' are {shape_text(shape)} here and "
                f"{shape_text(owner.shape)} in layer '{owner.layer}', which owns them",
            )
        for rate, value in rates.items():
            if owner.rates.setdefault(rate, value) != value:
                fail(
                    layer,
                    f"{rate} of the shared weights '{spec.name}' is {value:g} here and "
                    f"{owner.rates[rate]:g} in a layer before; it must be the same",
                )
