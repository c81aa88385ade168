"""Gradients that no layer can make, and those that never arrive where they are looked for.

Weights that timesteps do not take over from their owner, and get no gradient for, are here too, and
a factor whose gradient is written over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel._base.text import plural
from caffe_multilabel.caffe.backward import backward_courses, learning_blobs
from caffe_multilabel.caffe.layers.normalisation import scale_forgets
from caffe_multilabel.caffe.net_graph import Param
from caffe_multilabel.caffe.splits import insert_splits
from caffe_multilabel.nets.lint.findings import Problem, Rule
from caffe_multilabel.nets.lint.rules.kept_weights import weigh_a_copy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from caffe_multilabel.caffe.backward import Course
    from caffe_multilabel.caffe.net_graph import NetGraph, Node, Wire
    from caffe_multilabel.nets.lint.view import PhaseView

__all__ = ["PHASE_RULES"]

_FORGETS = "where one item is before its axes, Caffe writes over the factor's gradient"


def _no_gradient(view: PhaseView) -> Iterator[Problem]:
    if view.phase != "TRAIN":
        return
    stops = _stops(view, forced=view.forced)
    unforced = _stops(view, forced=False) if view.forced else stops
    for index, bottom in stops.items():
        node = view.graph.nodes[index]
        name = node.layer.bottom[bottom]
        assert node.entry is not None
        if not node.entry.has_backward:
            problem = f"{node.type} has no backward pass, and a gradient comes to it"
            fix = "write propagate_down: false in the layers that read its top"
        else:
            problem = f"{node.type} can give bottom[{bottom}] ('{name}') no gradient, and is to"
            fix = "write propagate_down: false for it"
        if index not in unforced:
            problem = f"{problem}, by force_backward"
            fix = "leave force_backward out"
        yield Problem(node, f"{problem}; Caffe stops in its first backward pass", fix)


def _stops(view: PhaseView, *, forced: bool) -> dict[int, int]:
    """Return the bottoms that Caffe stops at, by the index of the layer."""
    graph = insert_splits(view.graph)
    own = _own(view)
    stops = {
        own[node.layer_index].index: course.stops(node)
        for node, course in zip(
            graph.nodes, _courses(view, graph, forced=forced, unknown=0), strict=True
        )
    }
    return {index: bottom for index, bottom in stops.items() if bottom is not None}


def _courses(view: PhaseView, graph: NetGraph, *, forced: bool, unknown: int) -> list[Course]:
    """Return the course of each layer; one of a type not known has so many blobs of weights."""
    own = _own(view)

    def learning(node: Node) -> list[bool]:
        layer = own[node.layer_index]
        return (
            []
            if node.name != layer.name
            else learning_blobs(node.layer, _blobs(view, layer, unknown))
        )

    return backward_courses(graph, learning, forced=forced)


def _own(view: PhaseView) -> dict[int, Node]:
    """Return the layers by their index in the net, which Split layers have of the layer below."""
    return {node.layer_index: node for node in view.graph.nodes}


def _blobs(view: PhaseView, node: Node, unknown: int) -> int:
    """Return how many blobs of weights a layer has; that it has some, where no shape is known."""
    measured = view.measured.shapes.get(node.index)
    if measured is not None:
        return len(measured.param_shapes)
    return unknown if node.entry is None else int(node.entry.has_blobs(node.layer))


def _lost_gradient(view: PhaseView) -> Iterator[Problem]:
    own = _own(view)
    reached = {view.graph.nodes[index].layer_index for index in view.backward_layers()}
    graph = insert_splits(view.graph)
    courses = _courses(view, graph, forced=view.forced, unknown=1)
    for node, course in zip(graph.nodes, courses, strict=True):
        if node.layer_index not in reached:
            continue
        if node.loss_weight and not course.runs:
            yield Problem(
                own[node.layer_index],
                "what reads its top wants no gradient, and Caffe then makes none of the loss "
                "either: it trains nothing",
                f"write loss_weight: 0 and {weigh_a_copy(node.loss_weight)}; let no layer work on "
                "its top in place",
            )
        bottom = node.bottom(0)
        if node.entry is None or not node.entry.hands_diff_down or bottom is None:
            continue
        maker, top = _first(graph, bottom)
        if maker.entry is not None and top == 0 and maker.entry.lends_diff(maker.layer):
            yield Problem(
                own[node.layer_index],
                f"in its Backward it points '{node.layer.bottom[0]}' to another gradient than the "
                f"one that {maker.type} layer '{maker.name}' goes on from, so none gets further",
                "write Reshape instead, which copies nothing either",
            )


def _first(graph: NetGraph, wire: Wire) -> tuple[Node, int]:
    """Return the layer that made a blob, and which top it is, from before all work in place."""
    node = graph.maker(wire)
    while node.in_place(wire.top):
        below = node.bottom(wire.top)
        if below is None:
            break
        wire, node = below, graph.maker(below)
    return node, wire.top


def _shared_timesteps(view: PhaseView) -> Iterator[Problem]:
    for node in view.graph.nodes if view.trains else ():
        shapes = view.measured.shapes.get(node.index)
        if shapes is None or node.entry is None or node.entry.top_diff != "inside":
            continue
        steps = shapes.top_shapes[0][0]
        between = [Param(node.index, number) for number in range(2, len(shapes.param_shapes))]
        owners = [view.graph.owner(param) for param in between]
        for param, owner in zip(between, owners, strict=True):
            if param != owner and steps > 1:
                yield Problem(
                    node,
                    f"layer '{view.graph.nodes[owner.node].name}' owns weights that it has for "
                    f"each of its {steps} timesteps, and in TRAIN only the first one takes them: "
                    "the others go on with what this layer's own filler gave, and learn nothing",
                    "give those weights names of their own",
                )
                break


def _scale_gradient(view: PhaseView) -> Iterator[Problem]:
    """Find factors whose gradient is written over; shared ones by layer, all others at once."""
    reached = view.backward_layers()
    alone: list[Node] = []
    for node in view.graph.nodes:
        shapes = view.measured.shapes.get(node.index)
        if node.type != "Scale" or shapes is None or node.index not in reached:
            continue
        if len(node.bottoms) > 1 or not learning_blobs(node.layer, 1)[0]:
            continue
        axis = node.layer.scale_param.axis
        if not scale_forgets(shapes.bottom_shapes[0], shapes.param_shapes[0], axis):
            continue
        other = next(_adding_before(view, node, reached), None)
        if other is None:
            alone.append(node)
            continue
        yield Problem(
            node,
            f"{_FORGETS}: what '{other.name}', which shares it, has added is lost",
            f"give each its own factor{_more_items([node])}",
        )
    if not alone or view.iter_size == 1:
        return
    more = f" and {plural(len(alone) - 1, 'more layer')}" if len(alone) > 1 else ""
    yield Problem(
        alone[0],
        f"{_FORGETS}, in '{alone[0].name}'{more}: of the batches of "
        + ("an iter_size over 1" if view.iter_size is None else f"iter_size {view.iter_size}")
        + " the last one alone counts",
        f"leave iter_size at 1{_more_items(alone)}",
        severity="info" if view.iter_size is None else "warning",
    )


def _more_items(nodes: list[Node]) -> str:
    """Return the other way out, where a batch of more items is one."""
    return "" if any(n.layer.scale_param.axis == 0 for n in nodes) else ", or the batch two items"


def _adding_before(view: PhaseView, node: Node, reached: set[int]) -> Iterator[Node]:
    """Give who adds to the gradient of a layer's factor before it: its bias, and layers behind."""
    mine = view.graph.owner(Param(node.index, 0))
    for other in view.graph.nodes[node.index :]:
        if other.index not in reached:
            continue
        for number, learns in enumerate(learning_blobs(other.layer, _blobs(view, other, 0))):
            blob = Param(other.index, number)
            if learns and blob != Param(node.index, 0) and view.graph.owner(blob) == mine:
                yield other


PHASE_RULES = (
    Rule("no-gradient", "error", "a gradient that a layer cannot make; Caffe stops", _no_gradient),
    Rule("lost-gradient", "error", "a gradient that ends where values go on", _lost_gradient),
    Rule("scale-gradient", "error", "a Scale that forgets gradients", _scale_gradient),
    Rule("shared-timesteps", "error", "an LSTM or RNN with another's weights", _shared_timesteps),
)
