"""The shapes of a backbone's blobs and weights, before a net is built on it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from caffe_multilabel.caffe.shapes import infer_shapes
from caffe_multilabel.errors import PrototxtError, TaskFileError
from caffe_multilabel.nets.generate.builder import PHASES
from caffe_multilabel.nets.generate.data_layers import add_input
from caffe_multilabel.nets.generate.layers import LayerBuilder

if TYPE_CHECKING:
    from caffe_multilabel.caffe.net_state import Phase
    from caffe_multilabel.caffe.shapes import NetShapes
    from caffe_multilabel.nets.generate.plan import Plan

__all__ = ["backbone_shapes", "feature_sizes"]


def backbone_shapes(plan: Plan, image: tuple[int, int, int]) -> dict[Phase, NetShapes]:
    """Set up the part of a backbone that the tasks hang on, for one image.

    Args:
        plan: what hangs where.
        image: channels, height and width of the images.

    Raises:
        TaskFileError: the backbone does not take images of that size.
    """
    net = LayerBuilder(plan.backbone.title)
    add_input(net, plan.backbone.image, image)
    net.extend(plan.backbone_for(head for heads in plan.heads for head in heads).layer)
    try:
        return {phase: infer_shapes(net.net, phase) for phase in PHASES}
    except PrototxtError as error:
        size = " x ".join(map(str, image))
        raise TaskFileError(
            f"backbone: {plan.backbone.title} does not take images of {size}: {error.message}",
            key="backbone",
        ) from error


def feature_sizes(plan: Plan, shapes: NetShapes) -> dict[str, int]:
    """Return how many numbers an image is where heads without layers of their own hang.

    Args:
        plan: what hangs where.
        shapes: the backbone's.

    Returns:
        The numbers, by the suffix of each head of a loss of size `features`.
    """
    hidden = {group.name: group.hidden[-1] for group in plan.tasks.groups}
    return {
        head.suffix: hidden[str(head.task.group)]
        if head.blob is None
        else math.prod(shapes.blobs[head.blob][1:])
        for heads in plan.heads
        for head in heads
        if head.task.traits.size == "features"
    }
