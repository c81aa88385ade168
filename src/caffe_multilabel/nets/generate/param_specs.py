"""The `param` of a layer: what is said of each of its blobs of weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel.caffe.layers import LAYER_TYPES

if TYPE_CHECKING:
    from caffe_multilabel.caffe.proto.types import LayerParameter

__all__ = ["complete_specs"]


def complete_specs(layer: LayerParameter, weights: int) -> None:
    """Write a `param` for each blob of weights that has none; it says what Caffe does without."""
    while len(layer.param) < weights:
        spec = layer.param.add()
        if LAYER_TYPES[layer.type].blobs == "statistics":
            # Caffe takes no other: they are not learnt.
            spec.lr_mult = 0
