"""What the layers of a backbone are for images of one size: their weights and their channels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from caffe_multilabel.caffe.shapes import infer_shapes
from caffe_multilabel.errors import PrototxtError, TaskFileError
from caffe_multilabel.nets.generate.builder import PHASES
from caffe_multilabel.nets.generate.data_layers import add_input
from caffe_multilabel.nets.generate.layers import LayerBuilder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from caffe_multilabel.nets.generate.plan import Plan

__all__ = ["BackboneFacts", "backbone_facts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BackboneFacts:
    """What shape inference tells of the part of a backbone that tasks hang on.

    Attributes:
        weights: how many blobs of weights each layer has, by its name.
        channels: the second axis of each blob that has one, by its name.
    """

    weights: Mapping[str, int]
    channels: Mapping[str, int]


def backbone_facts(plan: Plan, image: tuple[int, int, int]) -> BackboneFacts:
    """Set a backbone up for images of channels x height x width.

    Raises:
        TaskFileError: it does not take images of that size.
    """
    net = LayerBuilder(plan.backbone.title)
    add_input(net, plan.backbone.image, image)
    net.extend(plan.backbone_for(head for heads in plan.heads for head in heads).layer)
    weights: dict[str, int] = {}
    channels: dict[str, int] = {}
    for phase in PHASES:
        try:
            shapes = infer_shapes(net.net, phase)
        except PrototxtError as error:
            size = " x ".join(map(str, image))
            raise TaskFileError(
                f"backbone: {plan.backbone.title} does not take images of {size}: {error.message}",
                key="backbone",
            ) from error
        weights |= {layer.name: len(layer.param_shapes) for layer in shapes.layers}
        channels |= {name: shape[1] for name, shape in shapes.blobs.items() if len(shape) > 1}
    return BackboneFacts(weights=weights, channels=channels)
