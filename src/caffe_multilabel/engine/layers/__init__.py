"""How each layer type computes, in modules of the same subjects as `caffe.layers`."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from caffe_multilabel.engine.layers import (
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
from caffe_multilabel.engine.layers.forks import classification, detection, segmentation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from caffe_multilabel.engine.layers.layer import Layer

__all__ = ["EMITTERS"]

EMITTERS: Mapping[str, type[Layer]] = MappingProxyType(
    {
        emitter.__name__: emitter
        for subject in (
            classification,
            convolution,
            dense,
            detection,
            elementwise,
            images,
            joining,
            losses,
            normalisation,
            pooling,
            recurrent,
            reshaping,
            scores,
            segmentation,
            sources,
        )
        for emitter in subject.LAYERS
    }
)
"""The class of each layer type by its name, those of forks among them."""
