"""What the layers of a backbone are for images of one size: their weights and their channels."""

from __future__ import annotations

import math
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

__all__ = ["BackboneFacts", "backbone_facts", "feature_sizes"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BackboneFacts:
    """What shape inference tells of the part of a backbone that tasks hang on.

    Attributes:
        weights: how many blobs of weights each layer has, by its name.
        shapes: the shape of each blob, by its name; its first axis is that of images.
    """

    weights: Mapping[str, int]
    shapes: Mapping[str, tuple[int, ...]]

    def channels(self, blob: str) -> int:
        """Return the second axis of a blob; 1 where it has none."""
        return (*self.shapes[blob], 1)[1]


def backbone_facts(plan: Plan, image: tuple[int, int, int]) -> BackboneFacts:
    """Set a backbone up for images of channels x height x width.

    Raises:
        TaskFileError: it does not take images of that size.
    """
    net = LayerBuilder(plan.backbone.title)
    add_input(net, plan.backbone.image, image)
    net.extend(plan.backbone_for(head for heads in plan.heads for head in heads).layer)
    weights: dict[str, int] = {}
    blobs: dict[str, tuple[int, ...]] = {}
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
        blobs |= shapes.blobs
    return BackboneFacts(weights=weights, shapes=blobs)


def feature_sizes(plan: Plan, facts: BackboneFacts) -> dict[str, int]:
    """Return how many numbers an image is where heads without layers of their own hang.

    Args:
        plan: what hangs where.
        facts: what is known of the backbone.

    Returns:
        The numbers, by the suffix of each head of a loss of size `features`.
    """
    hidden = {group.name: group.hidden[-1] for group in plan.tasks.groups}
    return {
        head.suffix: hidden[str(head.task.group)]
        if head.blob is None
        else math.prod(facts.shapes[head.blob][1:])
        for heads in plan.heads
        for head in heads
        if head.task.traits.size == "features"
    }
