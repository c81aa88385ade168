"""Which label columns go into a loss, whatever layers make it, and which task that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from caffe_multilabel.labels import whole_tasks

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from caffe_multilabel.caffe.layers.layer_type import LabelReading
    from caffe_multilabel.caffe.net_graph import Node
    from caffe_multilabel.labels import LabelTask
    from caffe_multilabel.nets.lint import PhaseView

__all__ = ["LossLabels", "labels_of_loss", "task_of_loss"]


@dataclass(frozen=True, slots=True)
class LossLabels:
    """What a loss reads of labels.

    Attributes:
        columns: the label columns, in the order in which a loss of one layer reads them.
        kind: how that layer reads them; None where the loss is arithmetic alone.
        straight: whether it reads just these, one for one.
        classes: of how many classes each `Softmax` gives probabilities that it is made of.
    """

    columns: tuple[int, ...] = ()
    kind: LabelReading | None = None
    straight: bool = False
    classes: frozenset[int] = frozenset()


def labels_of_loss(view: PhaseView, loss: Node) -> LossLabels:
    """Find the labels of a loss: its own, or those that the layers above it read.

    So it is where several layers make the loss, and where labels of all images of a record become
    items of their own.

    Args:
        view: the phase.
        loss: the layer with the weight, the last of those that make the loss.
    """
    head = next((head for head in view.heads if head.node is loss), None)
    if head is not None and head.columns is not None:
        return LossLabels(head.columns, head.traits.kind, straight=True)
    above = view.graph.above(wire for wire in loss.bottoms if wire is not None)
    nodes = [view.graph.nodes[index] for index in sorted({*above, loss.index})]
    # What only hands labels on is not where they are read.
    reading = (node for node in nodes if not any(top in view.columns for top in node.tops))
    columns = {
        int(column)
        for node in reading
        for wire in node.bottoms
        if wire is not None and wire in view.columns
        for column in view.columns[wire].columns.ravel().tolist()
    }
    comparing = [node.labels for node in nodes if node.is_loss and node.labels is not None]
    return LossLabels(
        tuple(sorted(columns)),
        comparing[-1].kind if comparing else None,
        classes=frozenset(_classes(view, nodes)),
    )


def _classes(view: PhaseView, nodes: Sequence[Node]) -> Iterator[int]:
    for node in nodes:
        measured = view.measured.shapes.get(node.index)
        if node.type == "Softmax" and measured is not None:
            yield measured.top_shapes[0][node.layer.softmax_param.axis]


def task_of_loss(labels: LossLabels, tasks: Sequence[LabelTask]) -> str | None:
    """Return the task whose labels a loss reads, its weights beside them; None where it is none's.

    A loss that compares images with each other may read labels of another task, which tell what is
    alike: it is not that task's.

    Args:
        labels: what the loss reads.
        tasks: who reads the label columns.
    """
    read = set(labels.columns)
    for whole in whole_tasks(tasks):
        columns = tuple(column for item in whole.columns for column in item)
        if labels.straight:
            if columns == labels.columns:
                return whole.task.name
        elif set(columns) <= read <= {*columns, *whole.weights} and _fits(labels, whole.task):
            return whole.task.name
    return None


def _fits(labels: LossLabels, task: LabelTask) -> bool:
    """Tell whether a loss may be a task's.

    One of classes has a layer that reads classes, or is made of probabilities of as many.
    """
    wanted = "similar" if task.loss == "contrastive" else task.kind
    of_layers = labels.kind is None and (wanted != "class" or len(task.classes) in labels.classes)
    return labels.kind == wanted or of_layers
