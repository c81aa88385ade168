"""The sizes of predictions, from the shapes of the layers that make them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from caffe_multilabel.caffe.shapes import LayerShapes
    from caffe_multilabel.nets.lint.graph import Node, Wire

__all__ = ["class_count", "values_of_item"]


def class_count(node: Node, scores: Wire, shapes: Mapping[int, LayerShapes]) -> int | None:
    """Return how many classes a loss or accuracy takes its scores for; None where not known."""
    measured = shapes.get(scores[0])
    if measured is None:
        return None
    shape = measured.top_shapes[scores[1]]
    if node.type in ("HingeLoss", "MultinomialLogisticLoss"):
        return math.prod(shape[1:])
    field = {"Accuracy": "accuracy_param", "InfogainLoss": "infogain_loss_param"}
    axis = getattr(node.layer, field.get(node.type, "softmax_param")).axis
    return shape[axis] if -len(shape) <= axis < len(shape) else None


def values_of_item(wire: Wire, shapes: Mapping[int, LayerShapes]) -> int | None:
    """Return how many values of a wire an item of the batch has; None where not known."""
    place, top = wire
    measured = shapes.get(place)
    return None if measured is None else math.prod(measured.top_shapes[top][1:])
