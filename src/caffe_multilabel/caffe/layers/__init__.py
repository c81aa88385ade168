"""The layer types of BVLC Caffe, one entry each, by subject: all that is known of a type.

Example:
    >>> LAYER_TYPES["SoftmaxWithLoss"].output
    'Softmax'
    >>> sorted(name for name, entry in LAYER_TYPES.items() if entry.deploy == "bypassed")
    ['Dropout']
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from caffe_multilabel._base.text import did_you_mean
from caffe_multilabel.caffe.layers import (
    convolution,
    dense,
    elementwise,
    images,
    joining,
    losses,
    normalisation,
    pooling,
    recurrent,
    reshaping,
    scores,
    sources,
)
from caffe_multilabel.caffe.layers.base import fail

if TYPE_CHECKING:
    from collections.abc import Mapping

    from caffe_multilabel.caffe.layers.layer_type import LayerType
    from caffe_multilabel.caffe.proto.types import LayerParameter

__all__ = ["LAYER_TYPES", "type_of"]

LAYER_TYPES: Mapping[str, LayerType] = MappingProxyType(
    {
        entry.name: entry
        for subject in (
            convolution,
            dense,
            elementwise,
            images,
            joining,
            losses,
            normalisation,
            pooling,
            recurrent,
            reshaping,
            scores,
            sources,
        )
        for entry in subject.LAYER_TYPES
    }
)
"""The entry of each type by its name."""


def type_of(layer: LayerParameter) -> LayerType:
    """Return the entry of a layer's type.

    Raises:
        PrototxtError: BVLC Caffe has no such type.
    """
    entry = LAYER_TYPES.get(layer.type)
    if entry is None:
        hint = did_you_mean(layer.type, LAYER_TYPES, "; did you mean {}?")
        fail(layer, f"BVLC Caffe has no layer type '{layer.type}'{hint}")
    return entry
