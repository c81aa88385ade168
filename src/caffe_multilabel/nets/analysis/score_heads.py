"""The losses and accuracies of a phase, each with its predictions and its labels."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from caffe_multilabel.nets.analysis.scaling import AS_STORED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from caffe_multilabel.caffe.layers.layer_type import LabelUse
    from caffe_multilabel.caffe.net_graph import NetGraph, Node, Wire
    from caffe_multilabel.caffe.shapes import LayerShapes
    from caffe_multilabel.nets.analysis.label_flow import ColumnMap
    from caffe_multilabel.nets.analysis.scaling import Scaling

__all__ = ["Head", "class_count", "find_heads", "values_of_item"]


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """A layer that compares predictions with labels.

    Attributes:
        node: the loss or accuracy.
        traits: how its type reads labels.
        scores: the predictions; None where no layer makes them.
        labels: the labels, likewise.
        source: the label layer that the labels are cut straight from, or None.
        columns: which columns of it are read, in their order; None without such a layer.
        items: how many items a record has labels for, each with its share of those columns.
        scaling: what has been made of their numbers.
        outputs: classes of a head of classes, values of an item of another; None where not known.
        ignore_label: the label that it leaves out, or None.
    """

    node: Node
    traits: LabelUse
    scores: Wire | None
    labels: Wire | None
    source: Node | None
    columns: tuple[int, ...] | None
    items: int
    scaling: Scaling
    outputs: int | None
    ignore_label: int | None

    @property
    def is_loss(self) -> bool:
        """Whether it is a loss, and no accuracy."""
        return self.node.is_loss

    @property
    def columns_of_items(self) -> tuple[tuple[int, ...], ...]:
        """Which columns each item of a record has; empty where that is not known."""
        columns = self.columns or ()
        width = len(columns) // self.items
        return tuple(columns[start : start + width] for start in range(0, len(columns), width or 1))

    def compares_with_those_of(self, other: Head) -> bool:
        """Tell whether two heads read the same columns of the same label layer."""
        return self.columns is not None and (self.source, self.columns) == (
            other.source,
            other.columns,
        )

    @property
    def normalization(self) -> str:
        """What the loss is divided by, a name of Caffe's `NormalizationMode`."""
        return self.traits.divisor(self.node.layer)


def find_heads(
    graph: NetGraph, columns: ColumnMap, shapes: Mapping[int, LayerShapes]
) -> tuple[Head, ...]:
    """Return the losses and accuracies of a phase in their order."""
    return tuple(_heads(graph, columns, shapes))


def class_count(
    node: Node, labels: LabelUse, scores: Wire, shapes: Mapping[int, LayerShapes]
) -> int | None:
    """Return how many classes a loss or accuracy takes its scores for; None where not known."""
    measured = shapes.get(scores.node)
    if measured is None:
        return None
    shape = measured.top_shapes[scores.top]
    if not labels.class_axis:
        return math.prod(shape[1:])
    axis = labels.axis(node.layer)
    return shape[axis] if -len(shape) <= axis < len(shape) else None


def values_of_item(wire: Wire, shapes: Mapping[int, LayerShapes]) -> int | None:
    """Return how many values of a wire an item of the batch has; None where not known."""
    measured = shapes.get(wire.node)
    return None if measured is None else math.prod(measured.top_shapes[wire.top][1:])


def _heads(
    graph: NetGraph, columns: ColumnMap, shapes: Mapping[int, LayerShapes]
) -> Iterator[Head]:
    for node in graph.nodes:
        traits = node.labels
        if traits is None:
            continue
        scores, labels = node.bottom(0), node.bottom(traits.bottom)
        if traits.kind == "real" and scores in columns and labels not in columns:
            scores, labels = labels, scores
        held = None if labels is None else columns.get(labels)
        yield Head(
            node=node,
            traits=traits,
            scores=scores,
            labels=labels,
            source=None if held is None else held.source,
            columns=None if held is None else tuple(held.columns.ravel().tolist()),
            items=1 if held is None else len(held.columns),
            scaling=AS_STORED if held is None else held.scaling,
            outputs=None if scores is None else _outputs(node, traits, scores, shapes),
            ignore_label=traits.ignored(node.layer),
        )


def _outputs(
    node: Node, traits: LabelUse, scores: Wire, shapes: Mapping[int, LayerShapes]
) -> int | None:
    if traits.kind == "class":
        return class_count(node, traits, scores, shapes)
    return values_of_item(scores, shapes)
