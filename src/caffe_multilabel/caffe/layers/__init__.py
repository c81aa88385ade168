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
from caffe_multilabel.caffe.layers.base import fail, is_bvlcs
from caffe_multilabel.caffe.layers.forks import FORK_TYPES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from caffe_multilabel.caffe.layers.layer_type import LayerType
    from caffe_multilabel.caffe.proto.types import LayerParameter

__all__ = ["FORK_TYPES", "LAYER_TYPES", "find_type", "type_of"]

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


def find_type(layer: LayerParameter) -> LayerType | None:
    """Return the entry of a layer's type, None if there is none.

    Types of forks count in nets that were read with a fork's schema, which has their settings.
    """
    own = LAYER_TYPES.get(layer.type)
    if own is not None or is_bvlcs(layer):
        return own
    entry = FORK_TYPES.get(layer.type)
    if entry is None or not entry.message or entry.message in layer.DESCRIPTOR.fields_by_name:
        return entry
    return None


def type_of(layer: LayerParameter) -> LayerType:
    """Return the entry of a layer's type; see `find_type`.

    Raises:
        PrototxtError: there is none.
    """
    entry = find_type(layer)
    if entry is None:
        # Not at the top: what only asks for types needs no protobuf.
        from caffe_multilabel.caffe.proto.checks import SCHEMA_OPTION  # noqa: PLC0415

        known = [*LAYER_TYPES] if is_bvlcs(layer) else [*LAYER_TYPES, *FORK_TYPES]
        hint = did_you_mean(layer.type, known, "; did you mean {}?")
        if layer.type in FORK_TYPES:
            fork, message = FORK_TYPES[layer.type].fork, FORK_TYPES[layer.type].message
            way_out = f"read the net with the schema of the fork: {SCHEMA_OPTION}"
            if not is_bvlcs(layer):
                way_out = f"the schema at hand, without {message}, is of another fork"
            hint = f" ({fork} has); {way_out}"
        fail(layer, f"BVLC Caffe has no layer type '{layer.type}'{hint}")
    return entry
