"""The shapes of a phase, of all of it that can be set up, with every problem on the way."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from caffe_multilabel.caffe.layers import find_type, type_of
from caffe_multilabel.caffe.shapes import infer_shapes
from caffe_multilabel.errors import PrototxtError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from caffe_multilabel.caffe.net_graph import NetGraph, Node
    from caffe_multilabel.caffe.net_state import Phase
    from caffe_multilabel.caffe.proto.types import LayerParameter, NetParameter
    from caffe_multilabel.caffe.shapes import LayerShapes, Shape

__all__ = ["Measured", "measure", "message_and_fix", "unknown_types", "unmeasurable"]

_LAYER = re.compile(r"^layer '.*?' \(.*?\): ")


@dataclass(slots=True)
class Measured:
    """What shape inference found out.

    Attributes:
        shapes: the layers that fit, by their index in the phase.
        problems: the layers that do not fit, by their index: what is wrong and what to do.
    """

    shapes: dict[int, LayerShapes] = field(default_factory=dict)
    problems: dict[int, tuple[str, str]] = field(default_factory=dict)


def measure(
    net: NetParameter,
    phase: Phase,
    graph: NetGraph,
    data_shapes: Mapping[str, Shape],
    without: Iterable[Node] = (),
    *,
    stand_ins: Mapping[int, LayerParameter] = MappingProxyType({}),
) -> Measured:
    """Infer the shapes of a phase; a layer that does not fit is left out with all that needs it.

    Args:
        net: the net.
        phase: the phase.
        graph: the layers of the phase.
        data_shapes: shapes of data layers by their first top, as for `infer_shapes`.
        without: layers to leave out from the start.
        stand_ins: layers to measure in the place of others, by their index in the phase. They
            connect, whatever the layer itself does.
    """
    measured = Measured()
    for node, problem in graph.problems(net):
        if node.index not in stand_ins:
            measured.problems.setdefault(node.index, message_and_fix(problem))
    wrong = [graph.nodes[index] for index in measured.problems]
    left_out = _with_readers(graph, [*wrong, *without])
    while True:
        kept = [node for node in graph.nodes if node.index not in left_out]
        rest = _rest(net, [stand_ins.get(node.index, node.layer) for node in kept])
        tops = {top for layer in rest.layer if _takes_shapes(layer) for top in layer.top}
        shapes = {name: shape for name, shape in data_shapes.items() if name in tops}
        try:
            found = infer_shapes(rest, phase, data_shapes=shapes)
        except PrototxtError as error:
            if error.index is None:
                raise
            refused = kept[error.index]
            measured.problems[refused.index] = message_and_fix(error.message)
            left_out |= _with_readers(graph, [refused])
        else:
            measured.shapes = {kept[layer.index].index: layer for layer in found.layers}
            return measured


def _rest(net: NetParameter, layers: Sequence[LayerParameter]) -> NetParameter:
    """Return a net of some layers of a phase; that they are in it is decided already."""
    rest = type(net)(name=net.name, layer=layers)
    for layer in rest.layer:
        layer.ClearField("include")
        layer.ClearField("exclude")
    return rest


def _takes_shapes(layer: LayerParameter) -> bool:
    entry = find_type(layer)
    return entry is not None and entry.takes_shapes


def message_and_fix(problem: str) -> tuple[str, str]:
    """Split what is said of a layer that does not fit into what is wrong and what to do."""
    message = _LAYER.sub("", problem)
    # Shape inference gives its advice, if any, after the last semicolon.
    what, separator, advice = message.rpartition("; ")
    return (what, advice) if separator else (message, "correct this layer, or one above it")


def unknown_types(graph: NetGraph) -> dict[int, tuple[str, str]]:
    """Return what is wrong with the layers of a type that is not known, and what to do."""
    problems = {}
    for node in graph.nodes:
        try:
            type_of(node.layer)
        except PrototxtError as error:
            problems[node.index] = message_and_fix(error.message)
    return problems


def unmeasurable(graph: NetGraph, data_shapes: Mapping[str, Shape], *, fork: bool) -> list[Node]:
    """Return the layers whose shapes neither the net nor the caller tells.

    Args:
        graph: the layers of a phase.
        data_shapes: shapes of data layers by their first top.
        fork: layer types that BVLC Caffe does not have are a fork's, and not misspelt.
    """
    return [
        node
        for node in graph.nodes
        if not (node.layer.top and node.layer.top[0] in data_shapes)
        and (fork if node.entry is None else not node.entry.is_sized(node.layer))
    ]


def _with_readers(graph: NetGraph, nodes: Iterable[Node]) -> set[int]:
    indices = {node.index for node in nodes}
    tops = [wire for index in indices for wire in graph.nodes[index].tops]
    return indices | graph.below(tops)
