"""The Split layers that Caffe puts into a net before it sets it up (`InsertSplits`).

A top that is read more than once, or read and also a loss, gets a Split layer right behind its
own, and each reader a copy of its own. From util/insert_splits.cpp of BVLC Caffe.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel.caffe.net_graph import NetGraph, Wire

if TYPE_CHECKING:
    from caffe_multilabel.caffe.net_graph import Node
    from caffe_multilabel.caffe.proto.types import LayerParameter

__all__ = ["copies", "insert_splits", "split_name"]


def copies(graph: NetGraph, wire: Wire) -> int:
    """Return how many copies of a wire Caffe makes: 0 where one reader takes it as it is.

    Each bottom that reads the wire counts, and a loss weight that is written for it. The weight 1
    that a loss has by default does not count, for Caffe gives it later.
    """
    uses = len(graph.readers(wire)) + graph.has_loss(wire)
    return uses if uses > 1 else 0


def split_name(graph: NetGraph, wire: Wire, copy: int | None = None) -> str:
    """Return Caffe's name of the Split layer of a wire, or of one of its tops."""
    name = f"{graph.blob(wire)}_{graph.maker(wire).name}_{wire.top}_split"
    return name if copy is None else f"{name}_{copy}"


def insert_splits(graph: NetGraph) -> NetGraph:
    """Return a graph as Caffe runs it, with its Split layers.

    A Split has the index of the layer whose top it copies. Where that top is a loss, the first
    copy takes its weight and has no reader, and the layer itself loses all weights that it wrote.

    Args:
        graph: a graph that connects; see `NetGraph.check`.

    Example:
        >>> from caffe_multilabel.caffe.proto import parse_text
        >>> net = parse_text('''
        ...     layer { name: "in" type: "Input" top: "x" }
        ...     layer { name: "a" type: "TanH" bottom: "x" top: "a" }
        ...     layer { name: "b" type: "TanH" bottom: "x" top: "b" }
        ... ''', "NetParameter")
        >>> for node in insert_splits(NetGraph.of(net, "TEST")).nodes:
        ...     print(node.name, list(node.layer.bottom), list(node.layer.top))
        in [] ['x']
        x_in_0_split ['x'] ['x_in_0_split_0', 'x_in_0_split_1']
        a ['x_in_0_split_0'] ['a']
        b ['x_in_0_split_1'] ['b']
    """
    result = NetGraph(inputs=graph.inputs)
    taken: dict[Wire, int] = {}
    for node in graph.nodes:
        split = [wire for wire in node.tops if copies(graph, wire)]
        result.append(_with_copies(graph, node, split, taken), layer_index=node.layer_index)
        for wire in split:
            result.append(_split_layer(graph, wire), layer_index=node.layer_index)
    return result


def _with_copies(
    graph: NetGraph, node: Node, split: list[Wire], taken: dict[Wire, int]
) -> LayerParameter:
    """Return a layer's message, each bottom that is copied the next copy; `taken` counts them."""
    loses_weights = any(graph.has_loss(wire) for wire in split)
    copied = [wire is not None and copies(graph, wire) > 0 for wire in node.bottoms]
    if not loses_weights and not any(copied):
        return node.layer
    layer = type(node.layer)()
    layer.CopyFrom(node.layer)
    for number, wire in enumerate(node.bottoms):
        if wire is not None and copied[number]:
            copy = taken.get(wire, int(graph.has_loss(wire)))
            layer.bottom[number] = split_name(graph, wire, copy)
            taken[wire] = copy + 1
    if loses_weights:
        layer.ClearField("loss_weight")
    return layer


def _split_layer(graph: NetGraph, wire: Wire) -> LayerParameter:
    made_by = graph.maker(wire).layer
    number = copies(graph, wire)
    layer = type(made_by)(
        name=split_name(graph, wire),
        type="Split",
        bottom=[graph.blob(wire)],
        top=[split_name(graph, wire, copy) for copy in range(number)],
    )
    if graph.has_loss(wire):
        layer.loss_weight.extend([made_by.loss_weight[wire.top], *[0.0] * (number - 1)])
    return layer
