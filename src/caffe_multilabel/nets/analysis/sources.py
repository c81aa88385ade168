"""Which Data layers hold images, which hold labels, and which of them belong together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from caffe_multilabel.caffe.named_fields import enum_name
from caffe_multilabel.nets.analysis.scaling import scaling_of

if TYPE_CHECKING:
    from caffe_multilabel.caffe.layers.layer_type import Kind
    from caffe_multilabel.caffe.net_graph import NetGraph, Node, Wire
    from caffe_multilabel.caffe.proto.types import LayerParameter

__all__ = ["Pair", "Sources", "changed_values", "find_sources", "named_lmdb"]

_HANDED_ON: tuple[Kind, ...] = ("view", "join")
"""Kinds of types that hand on the labels as they are."""

_COMPUTED: tuple[Kind, ...] = ("activation", "arithmetic", "normalisation", "select")
"""Kinds of types that losses without a layer of their own are made of."""

_LEARNT_THROUGH: tuple[Kind, ...] = ("convolution", "dense", "recurrent", "activation")
"""Kinds of types that images go through and labels do not, where they have weights."""


@dataclass(frozen=True, slots=True)
class Pair:
    """An image layer and a label layer whose records meet in a loss or an accuracy."""

    images: Node
    labels: Node


@dataclass(frozen=True, slots=True)
class Sources:
    """The Data layers of a phase.

    Attributes:
        data: all of them that have a top.
        images: those that layers with weights learn from.
        labels: those that losses and accuracies compare with, or that arithmetic makes a part of a
            loss, and nothing learns from.
        pairs: those that must stay in step, record by record.
    """

    data: tuple[Node, ...]
    images: tuple[Node, ...]
    labels: tuple[Node, ...]
    pairs: tuple[Pair, ...]


def find_sources(graph: NetGraph) -> Sources:
    """Tell the Data layers apart by what reads them, whatever their names are."""
    data = tuple(node for node in graph.nodes if node.type == "Data" and node.tops)
    learning = {node.index for node in graph.nodes if _learns_from_images(node)}
    images = tuple(node for node in data if graph.below(node.tops[:1]) & learning)
    labels = tuple(node for node in data if node not in images and _compared(graph, node.tops[0]))
    pairs = tuple(
        Pair(image, label)
        for image in images
        for label in labels
        if any(
            graph.nodes[index].labels is not None or graph.nodes[index].loss_weight
            for index in graph.below(image.tops[:1]) & graph.below(label.tops[:1])
        )
    )
    return Sources(data, images, labels, pairs)


def named_lmdb(layer: LayerParameter) -> str | None:
    """Return the path of the LMDB that a Data layer names; None where it names another store."""
    is_lmdb = enum_name(layer.data_param, "backend") == "LMDB"
    return str(layer.data_param.source) if is_lmdb and layer.data_param.source else None


def changed_values(node: Node) -> str:
    """Name what of a layer's `transform_param` changes values; empty if nothing does."""
    transform = node.layer.transform_param
    fields = {
        "mean_file": transform.mean_file != "",
        "mean_value": any(transform.mean_value),
        "scale": transform.scale != 1,
    }
    return ", ".join(name for name, changes in fields.items() if changes)


def _learns_from_images(node: Node) -> bool:
    entry = node.entry
    if entry is None or entry.blobs != "weights" or entry.kind not in _LEARNT_THROUGH:
        return False
    # Embed reads class numbers, as of a center loss, and gives them no gradient.
    return bool(entry.propagates_to(node.layer))


def _label_wires(graph: NetGraph, start: Wire) -> list[Wire]:
    """Return a wire and all that hold nothing but its values, cut, put together or scaled."""
    wires = [start]
    for wire in wires:
        for use in graph.readers(wire):
            if use.node.kind in _HANDED_ON or scaling_of(use.node) is not None:
                wires.extend(top for top in use.node.tops if top not in wires)
    return wires


def _compared(graph: NetGraph, start: Wire) -> bool:
    uses = [use for wire in _label_wires(graph, start) for use in graph.readers(wire)]
    if any(
        use.bottom == labels.bottom or labels.kind == "real"
        for use in uses
        if (labels := use.node.labels) is not None
    ):
        return True
    computed = [use.node for use in uses if use.node.kind in _COMPUTED and use.node.tops]
    return any(
        graph.nodes[index].loss_weight
        for index in graph.below(top for node in computed for top in node.tops)
    )
