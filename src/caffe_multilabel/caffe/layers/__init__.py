"""The shape rules of every layer type in BVLC Caffe's registry, by type."""

from __future__ import annotations

import difflib
from types import MappingProxyType
from typing import TYPE_CHECKING

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

    from caffe_multilabel.caffe.layers.base import Rule
    from caffe_multilabel.caffe.proto.types import LayerParameter

__all__ = ["RULES", "layer_types", "rule_of"]

RULES: Mapping[str, Rule] = MappingProxyType(
    convolution.RULES
    | dense.RULES
    | elementwise.RULES
    | joining.RULES
    | losses.RULES
    | normalisation.RULES
    | images.RULES
    | pooling.RULES
    | recurrent.RULES
    | reshaping.RULES
    | scores.RULES
    | sources.RULES
)


def layer_types() -> tuple[str, ...]:
    """Return every layer type that BVLC Caffe has, sorted."""
    return tuple(sorted(RULES))


def rule_of(layer: LayerParameter) -> Rule:
    """Return the rule of a layer.

    Raises:
        PrototxtError: BVLC Caffe has no such type.
    """
    rule = RULES.get(layer.type)
    if rule is None:
        near = difflib.get_close_matches(layer.type, RULES, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        fail(layer, f"BVLC Caffe has no layer type '{layer.type}'{hint}")
    return rule
