"""Which layers of a net become boxes of the drawing, and what is written in them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from caffe_multilabel.caffe.layers.layer_type import Kind
    from caffe_multilabel.caffe.net_graph import Node
    from caffe_multilabel.nets.lint import PhaseView

__all__ = ["Box", "Drawing", "make_drawing"]

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
        layers: the layers, places in the phase.
        name: name of the first.
        kind: `data`, `conv`, `pool`, `dense`, `loss` or `other`.
        types: the types of all of them, as in `Convolution 3x3, ReLU`.
        shape: shape of what comes out, without the batch, as in `64x56x56`.
        weight: the loss weight; None where it is no loss.
        task: the place of the only loss that it works for, among those of the net; None where it
            works for several or for none.
        above: the boxes it reads, by their places.
    """

    layers: list[int]
    name: str
    kind: str
    types: str
    shape: str
    weight: float | None = None
    task: int | None = None
    above: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Drawing:
    """The boxes in the order of their layers, and the losses among them by place."""

    boxes: tuple[Box, ...]
    losses: tuple[int, ...]


def make_drawing(view: PhaseView) -> Drawing:
    """Make boxes of the layers of a phase; layers that only carry labels are left out."""
    boxes: list[Box] = []
    box_of: dict[int, int] = {}
    for node in view.graph.nodes:
        if _is_left_out(node, view):
            continue
        above = [box_of[wire.place] for wire in node.bottoms if wire and wire.place in box_of]
        if len(above) == 1 and _follows(node, view):
            box = boxes[above[0]]
            box.layers.append(node.place)
            box.types = f"{box.types}, {node.type}"
            box.shape = _shape(node, view) or box.shape
            box_of[node.place] = above[0]
            continue
        box_of[node.place] = len(boxes)
        boxes.append(
            Box(
                layers=[node.place],
                name=node.name,
                kind=_kind(node),
                types=_type(node),
                shape=_shape(node, view),
                weight=node.loss_weight if _is_loss(node) else None,
                above=list(dict.fromkeys(above)),
            )
        )
    losses = tuple(place for place, box in enumerate(boxes) if box.weight is not None)
    _give_tasks(boxes, losses)
    return Drawing(tuple(boxes), losses)


def _is_left_out(node: Node, view: PhaseView) -> bool:
    wires = [wire for wire in node.bottoms if wire is not None]
    carries_labels = bool(node.tops) and all(wire in view.columns for wire in node.tops)
    return carries_labels or (not node.tops and bool(wires) and not _is_loss(node))


def _follows(node: Node, view: PhaseView) -> bool:
    """Tell whether a layer goes into the box of the one above it."""
    wire = node.bottom(0)
    if node.kind not in _FOLLOWERS or wire is None or _is_loss(node):
        return False
    return len(view.graph.readers(wire)) == 1


def _is_loss(node: Node) -> bool:
    return node.loss_weight != 0 or node.is_loss


def _kind(node: Node) -> str:
    return "loss" if _is_loss(node) else _KIND_OF.get(node.kind, "other")


def _type(node: Node) -> str:
    if node.kind == "convolution":
        sizes = list(node.layer.convolution_param.kernel_size)
        return f"{node.type} {_square(sizes)}" if sizes else str(node.type)
    if node.type == "Pooling":
        message = node.layer.pooling_param
        kind = message.DESCRIPTOR.enum_types_by_name["PoolMethod"].values_by_number[message.pool]
        size = "all" if message.global_pooling else _square([message.kernel_size])
        return f"{kind.name.lower()} pooling {size}" if size else f"{kind.name.lower()} pooling"
    return str(node.type)


def _square(sizes: list[int]) -> str:
    both = sizes * 2 if len(sizes) == 1 else sizes
    return "x".join(map(str, both)) if all(both) else ""


def _shape(node: Node, view: PhaseView) -> str:
    measured = view.measured.shapes.get(node.place)
    if measured is None or not measured.top_shapes:
        return ""
    return "x".join(map(str, measured.top_shapes[0][1:]))


def _give_tasks(boxes: list[Box], losses: tuple[int, ...]) -> None:
    """Find the boxes that work for one loss only."""
    works_for: list[set[int]] = [set() for _ in boxes]
    numbers: Mapping[int, int] = {place: number for number, place in enumerate(losses)}
    for place in reversed(range(len(boxes))):
        if place in numbers:
            works_for[place].add(numbers[place])
        for upper in boxes[place].above:
            works_for[upper] |= works_for[place]
    for box, tasks in zip(boxes, works_for, strict=True):
        if len(tasks) == 1 and (len(losses) > 1 or box.kind == "loss"):
            box.task = next(iter(tasks))
