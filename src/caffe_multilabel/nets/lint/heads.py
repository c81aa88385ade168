"""The losses and accuracies of a phase, each with its predictions and its labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from caffe_multilabel.caffe.losses import USUAL_NORMALIZATION
from caffe_multilabel.caffe.shapes.fields import enum_name
from caffe_multilabel.nets.lint.scores import SCORES, ScoreTraits
from caffe_multilabel.nets.lint.sizes import class_count, values_of_item

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from caffe_multilabel.caffe.shapes import LayerShapes
    from caffe_multilabel.nets.lint.graph import Graph, Node, Wire
    from caffe_multilabel.nets.lint.label_flow import ColumnMap

__all__ = ["Head", "find_heads", "loss_weight"]


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """A layer that compares predictions with labels.

    Attributes:
        node: the loss or accuracy.
        traits: how its type reads labels.
        scores: the predictions; None where no layer makes them.
        labels: the labels, likewise.
        columns: the label columns it reads, in their order; None where the labels are not cut
            straight from a label layer.
        outputs: classes of a head of classes, values of an item of another; None where not known.
        ignore_label: the label that it leaves out, or None.
    """

    node: Node
    traits: ScoreTraits
    scores: Wire | None
    labels: Wire | None
    columns: tuple[int, ...] | None
    outputs: int | None
    ignore_label: int | None

    @property
    def normalization(self) -> str:
        """What the loss is divided by, a name of Caffe's `NormalizationMode`."""
        message = self.node.layer.loss_param
        if not self.traits.normalization:
            return "BATCH_SIZE"
        if message.HasField("normalization"):
            return enum_name(message, "normalization")
        if message.HasField("normalize"):
            return "VALID" if message.normalize else "BATCH_SIZE"
        return USUAL_NORMALIZATION[self.node.type]


def find_heads(
    graph: Graph, columns: ColumnMap, shapes: Mapping[int, LayerShapes]
) -> tuple[Head, ...]:
    """Return the losses and accuracies of a phase in their order."""
    return tuple(_heads(graph, columns, shapes))


def loss_weight(node: Node) -> float:
    """Return the largest weight that a layer gives one of its tops in the sum of losses."""
    if node.layer.loss_weight:
        return float(max(node.layer.loss_weight, key=abs))
    return 1.0 if node.type in SCORES and SCORES[node.type].loss else 0.0


def _heads(graph: Graph, columns: ColumnMap, shapes: Mapping[int, LayerShapes]) -> Iterator[Head]:
    for node in graph.nodes:
        traits = SCORES.get(node.type)
        if traits is None:
            continue
        scores, labels = node.bottom(0), node.bottom(traits.labels)
        if traits.kind == "real" and scores in columns and labels not in columns:
            scores, labels = labels, scores
        held = None if labels is None else columns.get(labels)
        ignore = getattr(node.layer, traits.ignore_label) if traits.ignore_label else None
        outputs = None
        if scores is not None:
            size = class_count if traits.kind == "class" else _values
            outputs = size(node, scores, shapes)
        yield Head(
            node=node,
            traits=traits,
            scores=scores,
            labels=labels,
            columns=None if held is None else tuple(held.ravel().tolist()),
            outputs=outputs,
            ignore_label=ignore.ignore_label
            if ignore is not None and ignore.HasField("ignore_label")
            else None,
        )


def _values(_: Node, scores: Wire, shapes: Mapping[int, LayerShapes]) -> int | None:
    return values_of_item(scores, shapes)
