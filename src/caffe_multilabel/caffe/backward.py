"""Which layers of a net run backward, and what they make gradients for: Caffe's `Net::Init`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from caffe_multilabel.caffe.net_graph import NetGraph, Node
    from caffe_multilabel.caffe.proto.types import LayerParameter

__all__ = ["Course", "backward_courses", "learning_blobs"]


@dataclass(slots=True, eq=False)
class Course:
    """What becomes of a layer in the backward pass.

    Attributes:
        runs: whether its Backward is called.
        wanted: for each bottom, whether a gradient is to go to it.
        weights: for each blob of weights, whether its gradient is wanted.
    """

    runs: bool
    wanted: list[bool]
    weights: list[bool]

    def skip(self) -> None:
        """Run not, and give no bottom a gradient."""
        self.runs = False
        self.wanted = [False] * len(self.wanted)

    def stops(self, node: Node) -> int | None:
        """Return the bottom that Caffe stops at when it runs the layer; None where it does not.

        A type without a backward pass stops at its first one.
        """
        if not self.runs or node.entry is None:
            return None
        if not node.entry.has_backward:
            return 0
        return next((one for one in node.entry.stops_at(node.layer) if self.wanted[one]), None)


def learning_blobs(layer: LayerParameter, count: int) -> list[bool]:
    """Return for each of a layer's blobs of weights whether its `lr_mult` is another than 0.

    That of a blob which `param` does not name is 1, for the statistics of BatchNorm too.
    """
    specs = layer.param
    return [number >= len(specs) or specs[number].lr_mult != 0 for number in range(count)]


def backward_courses(
    graph: NetGraph, learning: Callable[[Node], Sequence[bool]], *, forced: bool
) -> list[Course]:
    """Mark the layers of a net as `Net::Init` does.

    Blobs count by their names there, so that a layer in place has the top of the one before.

    Args:
        graph: its layers, with the Split layers that Caffe puts in.
        learning: tells for each blob of weights of a layer whether it has a rate other than 0.
        forced: the net has `force_backward`.

    Returns:
        The course of each layer.
    """
    courses: list[Course] = []
    comes: dict[str, bool] = {}
    for node in graph.nodes:
        bottoms = [comes.get(name, False) for name in node.layer.bottom]
        weights = list(learning(node))
        runs = any(bottoms) or any(weights)
        down = list(node.layer.propagate_down)
        wanted = down if len(down) == len(bottoms) else bottoms
        courses.append(Course(runs, wanted, weights))
        for name in node.top_names:
            comes[name] = comes.get(name, False) or runs
    _drop_what_reaches_no_loss(graph, courses)
    if forced:
        _force(graph, courses)
    return courses


def _drop_what_reaches_no_loss(graph: NetGraph, courses: Sequence[Course]) -> None:
    under_loss: set[str] = set()
    skipped: set[str] = set()
    for node, course in zip(reversed(graph.nodes), reversed(courses), strict=True):
        names = node.top_names
        reaches = node.loss_weight != 0 or not under_loss.isdisjoint(names)
        if not reaches or (course.runs and skipped.issuperset(names)):
            course.skip()
        if reaches:
            under_loss.update(node.layer.bottom)
        skipped.update(
            name
            for name, wanted in zip(node.layer.bottom, course.wanted, strict=True)
            if not wanted
        )


def _force(graph: NetGraph, courses: Sequence[Course]) -> None:
    for node, course in zip(graph.nodes, courses, strict=True):
        unforced = () if node.entry is None else node.entry.unforced
        course.runs = True
        course.wanted = [
            wanted or number not in unforced for number, wanted in enumerate(course.wanted)
        ]
        course.weights = [True] * len(course.weights)
