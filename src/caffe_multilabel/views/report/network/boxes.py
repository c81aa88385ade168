"""Which layers of a net become boxes of the drawing, and what is written in them.

What the report knows of a net, it asks the linter, here and in loss_labels.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from caffe_multilabel.caffe.named_fields import enum_name
from caffe_multilabel.caffe.net_state import NetState
from caffe_multilabel.errors import PrototxtError
from caffe_multilabel.nets.analysis.load import load_net
from caffe_multilabel.nets.lint import PhaseDatabases, StoredImage, view_phase
from caffe_multilabel.tasks import ResolvedTasks
from caffe_multilabel.views.report.network.loss_labels import LossLabels, labels_of_loss

if TYPE_CHECKING:
    from collections.abc import Mapping

    from caffe_multilabel._base.arguments import StrPath
    from caffe_multilabel.caffe.layers.layer_type import Kind
    from caffe_multilabel.caffe.net_graph import Node
    from caffe_multilabel.caffe.shapes import Shape
    from caffe_multilabel.nets.lint import PhaseView
    from caffe_multilabel.tasks import TaskFile

__all__ = ["WEIGHTED", "Box", "Drawing", "make_drawing"]

WEIGHTED = ("conv", "dense")
"""Kinds of boxes that have weights."""

_FOLLOWERS: tuple[Kind, ...] = ("activation", "normalisation")
"""Kinds of layers that follow another one and are written into its box, where nothing else reads
between."""
_KIND_OF: Mapping[Kind | Literal[""], str] = {
    "data": "data",
    "input": "data",
    "convolution": "conv",
    "pooling": "pool",
    "dense": "dense",
    "recurrent": "dense",
}
"""The kinds of layer types that have a kind of box."""


@dataclass(slots=True)
class Box:
    """A layer with those that follow it.

    Attributes:
        name: name of the first layer.
        kind: `data`, `conv`, `pool`, `dense`, `loss` or `other`.
        types: the types of all of them, as in `Convolution 3x3, ReLU`.
        shape: shape of what comes out, without the batch, as in `64x56x56`.
        weight: the loss weight; None where it is no loss.
        labels: what a loss reads of labels.
        task: the index of the only loss that it works for, among those of the net; None where it
            works for several or for none.
        learned: whether it has weights, or what it reads comes of layers with weights.
        above: the boxes it reads, by their indices.
    """

    name: str
    kind: str
    types: str
    shape: str
    weight: float | None = None
    labels: LossLabels = field(default_factory=LossLabels)
    task: int | None = None
    learned: bool = False
    above: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Drawing:
    """What is drawn of a net.

    Attributes:
        name: the net's name.
        boxes: in the order of their layers.
        losses: the boxes that are losses, by their indices.
        parameters: number of weights; None where not all layers could be measured.
        problem: why the net cannot be drawn; empty if it can.
    """

    name: str
    boxes: tuple[Box, ...] = ()
    losses: tuple[int, ...] = ()
    parameters: int | None = None
    problem: str = ""


def make_drawing(
    path: StrPath,
    *,
    image: tuple[int, int, int] | None,
    label: Shape,
    tasks: TaskFile | None = None,
) -> Drawing:
    """Make boxes of the layers of phase TRAIN; layers that only carry labels are left out.

    Args:
        path: the net's prototxt.
        image: shape of an image in the image DB, if one could be read.
        label: shape of a record in the label DB.
        tasks: the task file, if there is one.

    Raises:
        PrototxtError: the net cannot be read.
    """
    loaded = load_net(path)
    name = str(loaded.net.name) or "net"
    stored = None if image is None else StoredImage(image, encoded=True)
    known = None if tasks is None else ResolvedTasks.of(tasks).schema
    nothing_open = PhaseDatabases(None, None)
    try:
        view = view_phase(
            loaded, NetState("TRAIN"), nothing_open, image=stored, label=label, tasks=known
        )
    except PrototxtError as error:
        return Drawing(name, problem=error.message)
    boxes = _boxes(view)
    if not boxes:
        return Drawing(name, problem="it has no layers in phase TRAIN")
    losses = tuple(index for index, box in enumerate(boxes) if box.weight is not None)
    _give_tasks(boxes, losses)
    measured = view.measured
    complete = not measured.problems and len(measured.shapes) == len(view.graph.nodes)
    parameters = sum(layer.parameters for layer in measured.shapes.values())
    return Drawing(name, tuple(boxes), losses, parameters if complete else None)


def _boxes(view: PhaseView) -> list[Box]:
    boxes: list[Box] = []
    box_of: dict[int, int] = {}
    for node in view.graph.nodes:
        if _is_left_out(node, view):
            continue
        above = [box_of[wire.node] for wire in node.bottoms if wire and wire.node in box_of]
        if len(above) == 1 and _follows(node, view):
            box = boxes[above[0]]
            box.types = f"{box.types}, {node.type}"
            box.shape = _shape(node, view) or box.shape
            box_of[node.index] = above[0]
            continue
        box_of[node.index] = len(boxes)
        kind = _kind(node)
        boxes.append(
            Box(
                name=node.name,
                kind=kind,
                types=_type(node),
                shape=_shape(node, view),
                weight=node.loss_weight if _is_loss(node) else None,
                labels=labels_of_loss(view, node) if _is_loss(node) else LossLabels(),
                learned=kind in WEIGHTED or any(boxes[upper].learned for upper in above),
                above=list(dict.fromkeys(above)),
            )
        )
    return boxes


def _is_left_out(node: Node, view: PhaseView) -> bool:
    wires = [wire for wire in node.bottoms if wire is not None]
    carries_labels = bool(node.tops) and all(wire in view.columns for wire in node.tops)
    if carries_labels or _is_loss(node):
        return carries_labels
    # What has a loss weight of 0 and no reader is there for the log, as a canary.
    printed = node.is_loss or bool(node.layer.loss_weight)
    return not any(view.graph.readers(top) for top in node.tops) and (
        printed or (not node.tops and bool(wires))
    )


def _follows(node: Node, view: PhaseView) -> bool:
    """Tell whether a layer goes into the box of the one above it."""
    wire = node.bottom(0)
    if node.kind not in _FOLLOWERS or wire is None or _is_loss(node):
        return False
    return len(view.graph.readers(wire)) == 1


def _is_loss(node: Node) -> bool:
    return node.loss_weight != 0


def _kind(node: Node) -> str:
    return "loss" if _is_loss(node) else _KIND_OF.get(node.kind, "other")


def _type(node: Node) -> str:
    if node.kind == "convolution":
        sizes = list(node.layer.convolution_param.kernel_size)
        return f"{node.type} {_square(sizes)}" if sizes else node.type
    if node.type == "Pooling":
        message = node.layer.pooling_param
        kind = enum_name(message, "pool").lower()
        size = "all" if message.global_pooling else _square([message.kernel_size])
        return f"{kind} pooling {size}" if size else f"{kind} pooling"
    return node.type


def _square(sizes: list[int]) -> str:
    both = sizes * 2 if len(sizes) == 1 else sizes
    return "x".join(map(str, both)) if all(both) else ""


def _shape(node: Node, view: PhaseView) -> str:
    measured = view.measured.shapes.get(node.index)
    if measured is None or not measured.top_shapes:
        return ""
    return "x".join(map(str, measured.top_shapes[0][1:]))


def _give_tasks(boxes: list[Box], losses: tuple[int, ...]) -> None:
    """Find the boxes that work for one loss only; of a single loss, those that make it of scores.

    All work for a single loss: its own are those below the last layers with weights.
    """
    works_for: list[set[int]] = [set() for _ in boxes]
    numbers: Mapping[int, int] = {index: number for number, index in enumerate(losses)}
    single = len(losses) == 1
    for index in reversed(range(len(boxes))):
        box = boxes[index]
        if index in numbers:
            works_for[index].add(numbers[index])
        elif single and (box.kind in WEIGHTED or not box.learned):
            works_for[index].clear()
        for upper in box.above:
            works_for[upper] |= works_for[index]
    for box, tasks in zip(boxes, works_for, strict=True):
        if len(tasks) == 1:
            box.task = next(iter(tasks))
