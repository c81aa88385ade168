"""The layers of a net in one state, and what connects them: the one walker of the blob graph.

A layer that works in place writes a blob again under its name. So that a reader can be told which
of the two it reads, connections are named by who writes them: a wire is one top of one layer, and
a blob's name stands for a chain of wires, its versions.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

from caffe_multilabel._base.text import did_you_mean
from caffe_multilabel.caffe.layers import find_type
from caffe_multilabel.caffe.layers.base import fail
from caffe_multilabel.caffe.layers.layer_type import top_in_place
from caffe_multilabel.caffe.net_state import how_to_give, select_layers, stages_asked_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from caffe_multilabel.caffe.layers.layer_type import Kind, LabelUse, LayerType
    from caffe_multilabel.caffe.net_state import NetState, Phase
    from caffe_multilabel.caffe.proto.types import LayerParameter, NetParameter

__all__ = ["AUTOMATIC", "NetGraph", "Node", "Param", "Use", "Wire"]

AUTOMATIC = "(automatic)"
"""Caffe's name for the top of a loss that has none; no layer can read it."""


class Wire(NamedTuple):
    """The index of a layer in its graph, and which of its tops."""

    node: int
    top: int


class Param(NamedTuple):
    """The index of a layer in its graph, and which of its blobs of weights."""

    node: int
    number: int


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A layer of a graph.

    Attributes:
        index: its index among the layers of the graph.
        layer_index: its index in `net.layer`.
        layer: its message.
        entry: what is known of its type; None where neither BVLC Caffe nor a known fork has it.
        bottoms: the wire that each bottom reads; None where no layer above makes the blob.
    """

    index: int
    layer_index: int
    layer: LayerParameter
    entry: LayerType | None
    bottoms: tuple[Wire | None, ...]

    @classmethod
    def of(
        cls, index: int, layer_index: int, layer: LayerParameter, bottoms: tuple[Wire | None, ...]
    ) -> Node:
        """Return the node of a layer, with what is known of its type."""
        return cls(index, layer_index, layer, find_type(layer), bottoms)

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        """Leave the entry out of pickles and copies: it is the registry's, and of functions."""
        return Node.of, (self.index, self.layer_index, self.layer, self.bottoms)

    @property
    def name(self) -> str:
        """The layer's name."""
        return self.layer.name

    @property
    def type(self) -> str:
        """The layer's type, as in `Slice`."""
        return self.layer.type

    @property
    def kind(self) -> Kind | Literal[""]:
        """The kind of its type, as in `view`; empty where the type is not known."""
        return "" if self.entry is None else self.entry.kind

    @property
    def labels(self) -> LabelUse | None:
        """How it compares predictions with labels; None if it does not."""
        return None if self.entry is None else self.entry.labels

    @property
    def is_loss(self) -> bool:
        """Whether its type is a loss."""
        return self.entry is not None and self.entry.is_loss

    @property
    def tops(self) -> tuple[Wire, ...]:
        """A wire for each named top."""
        return tuple(Wire(self.index, top) for top in range(len(self.layer.top)))

    @property
    def top_names(self) -> tuple[str, ...]:
        """The names of its tops, the one included that Caffe adds to a loss without a top."""
        return tuple(self.layer.top) or ((AUTOMATIC,) if self.is_loss else ())

    @property
    def loss_weight(self) -> float:
        """The largest weight that it gives one of its tops in the sum of losses."""
        if self.layer.loss_weight:
            return max(self.layer.loss_weight, key=abs)
        return 0.0 if self.entry is None else self.entry.default_loss_weight(self.layer)

    def bottom(self, number: int) -> Wire | None:
        """Return the wire of a bottom; None where there is none."""
        return self.bottoms[number] if number < len(self.bottoms) else None

    def in_place(self, top: int) -> bool:
        """Tell whether a top is written over the bottom of the same number."""
        return top_in_place(self.layer, top)


@dataclass(frozen=True, slots=True)
class Use:
    """One bottom of one layer."""

    node: Node
    bottom: int


@dataclass(slots=True, eq=False)
class NetGraph:
    """The layers of a net in one state, in order, connected as Caffe connects them.

    A bottom reads the last layer above that made a blob of its name. A graph can be built layer by
    layer (`append`), or from a net (`of`); it takes bottoms that no layer makes, until `check`
    refuses them.

    Attributes:
        nodes: the layers; a node's `index` is its index here.
        inputs: blobs that are there without a layer.
        phase: whose layers they are, if they are those of a net.

    Example:
        >>> from caffe_multilabel.caffe.proto import parse_text
        >>> net = parse_text('''
        ...     layer { name: "data" type: "Input" top: "data" }
        ...     layer { name: "fc" type: "InnerProduct" bottom: "data" top: "fc" }
        ...     layer { name: "relu" type: "ReLU" bottom: "fc" top: "fc" }
        ...     layer { name: "prob" type: "Softmax" bottom: "fc" top: "prob" }
        ... ''', "NetParameter")
        >>> graph = NetGraph.of(net, "TEST")
        >>> [graph.maker(wire).name for wire in graph.versions("fc")]
        ['fc', 'relu']
        >>> [use.node.name for use in graph.readers(graph.nodes[1].tops[0])]
        ['relu']
        >>> [graph.blob(wire) for wire in graph.unread()]
        ['prob']
        >>> [graph.nodes[index].name for index in sorted(graph.above(graph.nodes[2].tops))]
        ['data', 'fc', 'relu']
    """

    inputs: frozenset[str] = frozenset()
    phase: Phase | None = None
    nodes: list[Node] = field(default_factory=list, init=False)
    _names: set[str] = field(default_factory=set, init=False, repr=False)
    _versions: dict[str, list[Wire]] = field(default_factory=dict, init=False, repr=False)
    _readers: dict[Wire, list[Use]] = field(default_factory=dict, init=False, repr=False)
    _memory: dict[Wire, Wire] = field(default_factory=dict, init=False, repr=False)
    _weight_tops: dict[Param, Wire] = field(default_factory=dict, init=False, repr=False)
    _owners: dict[str, Param] = field(default_factory=dict, init=False, repr=False)

    @classmethod
    def of(
        cls,
        net: NetParameter,
        phase: Phase,
        *,
        stages: Iterable[str] = (),
        level: int = 0,
        strict: bool = False,
    ) -> NetGraph:
        """Connect the layers that a net has in a state.

        Args:
            net: a net in the current format.
            phase: the phase.
            stages: stages of the state, besides those in `net.state`.
            level: the level of the state.
            strict: refuse layers that do not connect, as `check` does.

        Raises:
            PrototxtError: a layer has both `include` and `exclude`; or the graph is strict and
                two layers do not connect.
            OptionError: `phase` is neither TRAIN nor TEST.
        """
        graph = cls(phase=phase)
        for index, layer in select_layers(net, phase, stages=stages, level=level):
            graph.append(layer, layer_index=index)
        if strict:
            graph.check(net)
        return graph

    @classmethod
    def of_state(cls, net: NetParameter, state: NetState) -> NetGraph:
        """Connect the layers that a net has in a state; see `of`."""
        return cls.of(net, state.phase, stages=state.stages, level=state.level)

    def append(self, layer: LayerParameter, *, layer_index: int | None = None) -> Node:
        """Add a layer after all others; one that reads what is not there reads None.

        Args:
            layer: its message, which is kept and must not be changed.
            layer_index: its index in `net.layer`; its index here if None.
        """
        index = len(self.nodes)
        for number, spec in enumerate(layer.param):
            if spec.name:
                self._owners.setdefault(str(spec.name), Param(index, number))
        bottoms = tuple(self.final(name) for name in layer.bottom)
        layer_index = index if layer_index is None else layer_index
        node = Node.of(index, layer_index, layer, bottoms)
        self.nodes.append(node)
        self._names.add(node.name)
        for number, bottom in enumerate(bottoms):
            if bottom is not None:
                self._readers.setdefault(bottom, []).append(Use(node, number))
        shares = node.entry is not None and node.entry.shares_memory(layer)
        for wire, name in zip(node.tops, layer.top, strict=True):
            bottom = node.bottom(wire.top if node.in_place(wire.top) else 0)
            if bottom is not None and (shares or node.in_place(wire.top)):
                self._memory[wire] = self.memory(bottom)
            self._versions.setdefault(str(name), []).append(wire)
        if node.entry is not None and node.entry.shares == "weight":
            for wire in node.tops:
                first = self._weight_tops.setdefault(self.owner(Param(index, 0)), wire)
                self._memory[wire] = first
        return node

    def check(self, net: NetParameter | None = None) -> None:
        """Refuse bottoms that no layer makes, and tops that are neither new nor rightly in place.

        Before Caffe connects anything it gives each blob that is read more than once a Split
        layer, and each reader its own copy under a new name. So a layer can work in place only
        where it alone reads the blob. The same goes for a blob that has a loss weight and a reader.

        Args:
            net: the whole net, to say in which layer a missing blob could be.

        Raises:
            PrototxtError: two layers do not connect.
        """
        for node, problem in self.problems(net):
            fail(node.layer, problem, index=node.layer_index)

    def problems(self, net: NetParameter | None = None) -> Iterator[tuple[Node, str]]:
        """Give what `check` refuses, all of it: the layer, and why it does not connect."""
        yield from self.bottom_problems(net)
        yield from self.top_problems()

    def bottom_problems(self, net: NetParameter | None = None) -> Iterator[tuple[Node, str]]:
        """Give the layers that read what no layer makes, and which blob it is."""
        for node in self.nodes:
            for number, wire in enumerate(node.bottoms):
                if wire is None and node.layer.bottom[number] not in self.inputs:
                    yield node, self._unknown_bottom(node, number, net)

    def top_problems(self) -> Iterator[tuple[Node, str]]:
        """Give the layers with a top that is neither new nor rightly in place, and why not."""
        made: dict[str, Node] = {}
        for node in self.nodes:
            for top, name in enumerate(node.layer.top):
                if node.in_place(top):
                    problem = self._in_place_problem(node, top)
                    if problem:
                        yield node, problem
                elif name in made:
                    problem = (
                        f"top '{name}' is made by layer '{made[name].name}' already; only a layer "
                        "that works in place, with the same blob as bottom and top at the same "
                        "position, may write it again"
                    )
                    yield node, problem
                made[name] = node

    def readers(self, wire: Wire) -> Sequence[Use]:
        """Return the bottoms that read a wire, in the order of the layers."""
        return self._readers.get(wire, ())

    def maker(self, wire: Wire) -> Node:
        """Return the layer that writes a wire."""
        return self.nodes[wire.node]

    def blob(self, wire: Wire) -> str:
        """Return the name of a wire's blob."""
        return str(self.maker(wire).layer.top[wire.top])

    def blobs(self) -> tuple[str, ...]:
        """Return the names of all blobs that layers make, in the order in which they first do."""
        return tuple(self._versions)

    def versions(self, blob: str) -> tuple[Wire, ...]:
        """Return the wires that have a blob's name, each but the first in place of another."""
        return tuple(self._versions.get(blob, ()))

    def final(self, blob: str) -> Wire | None:
        """Return the last version of a blob; None where no layer makes it."""
        versions = self._versions.get(blob)
        return versions[-1] if versions else None

    def has_blob(self, name: str) -> bool:
        """Tell whether a blob is there."""
        return name in self._versions or name in self.inputs

    def has_layer(self, name: str) -> bool:
        """Tell whether a layer of a name is there."""
        return name in self._names

    def unread(self) -> Iterator[Wire]:
        """Go through the wires that no layer reads, the net's outputs if it connects."""
        for node in self.nodes:
            yield from (wire for wire in node.tops if wire not in self._readers)

    def has_loss(self, wire: Wire) -> bool:
        """Tell whether a layer writes a loss weight other than 0 for a wire of its own."""
        weights = self.maker(wire).layer.loss_weight
        return wire.top < len(weights) and weights[wire.top] != 0

    def memory(self, wire: Wire) -> Wire:
        """Return the first wire of those that have a wire's memory, which may be the wire itself.

        Wires share memory where a layer works in place, where its type is a view, and where they
        are the same weights.
        """
        return self._memory.get(wire, wire)

    def source(self, wire: Wire) -> Wire | None:
        """Return the bottom whose memory a wire goes on with; None where it has its own."""
        node = self.maker(wire)
        bottom = node.bottom(wire.top if node.in_place(wire.top) else 0)
        shared = bottom is not None and self.memory(bottom) == self.memory(wire)
        return bottom if shared else None

    def owner(self, param: Param) -> Param:
        """Return who owns a blob of weights: the first layer with one of the same name."""
        specs = self.nodes[param.node].layer.param
        name = str(specs[param.number].name) if param.number < len(specs) else ""
        return self._owners[name] if name else param

    def below(self, wires: Iterable[Wire]) -> set[int]:
        """Return the indices of all layers that depend on one of some wires."""
        reached, indices = set(wires), set()
        for node in self.nodes:
            if any(wire in reached for wire in node.bottoms):
                indices.add(node.index)
                reached.update(node.tops)
        return indices

    def above(self, wires: Iterable[Wire]) -> set[int]:
        """Return the indices of all layers that some wires depend on, their makers included."""
        wanted, indices = set(wires), set()
        for node in reversed(self.nodes):
            if any(top in wanted for top in node.tops):
                indices.add(node.index)
                wanted.update(bottom for bottom in node.bottoms if bottom is not None)
        return indices

    def has_data(self) -> bool:
        """Tell whether any layer brings data in.

        Constant numbers are data where they are all that the layers read, and settings, as the
        weight of a loss, where something else is missing.
        """
        sources = [node for node in self.nodes if not node.bottoms and node.kind != "parameter"]
        missing = any(
            wire is None and name not in self.inputs
            for node in self.nodes
            for wire, name in zip(node.bottoms, node.layer.bottom, strict=True)
        )
        return any(not (missing and _is_constant(node)) for node in sources)

    def _in_place_problem(self, node: Node, top: int) -> str:
        """Say why a layer cannot write a top over its bottom; empty if it can."""
        name = node.layer.top[top]
        if node.entry is not None and node.entry.works_in_place(node.layer) == "refused":
            return f"top '{name}' is in place of its bottom, which this type does not allow"
        wire = node.bottoms[top]
        if wire is None:  # a blob that is given
            return ""
        readers = self.readers(wire)
        others = [use.node.name for use in readers if use.node is not node]
        if others:
            return (
                f"top '{name}' is in place of its bottom, which layer '{others[0]}' reads too; "
                "give the top another name"
            )
        if len(readers) > 1 or self.has_loss(wire):
            return (
                f"top '{name}' is in place of its bottom, which is used a second time, as a bottom "
                "or as a loss; give the top another name"
            )
        return ""

    def _unknown_bottom(self, node: Node, number: int, net: NetParameter | None) -> str:
        name = node.layer.bottom[number]
        above = [top for upper in self.nodes[: node.index] for top in upper.layer.top]
        hint = self._where(node, name, net) or did_you_mean(
            name, dict.fromkeys(above), otherwise="; no layer makes it"
        )
        return f"unknown bottom blob '{name}' (bottom index {number}){hint}"

    def _where(self, reader: Node, name: str, net: NetParameter | None) -> str:
        """Say which layer of the whole net makes a blob that a layer cannot read."""
        maker = next((node for node in self.nodes if name in node.layer.top), None)
        if maker is reader:
            return "; it is its own top"
        if maker is not None:
            return f"; layer '{maker.name}' makes it, further down"
        layers = () if net is None else net.layer
        elsewhere = [layer for layer in layers if name in layer.top]
        if not elsewhere:
            return ""
        stages = () if self.phase is None else stages_asked_for(elsewhere, self.phase)
        way = f": {how_to_give(stages)}" if stages else ""
        return f"; layer '{elsewhere[0].name}' makes it, in another phase, stage or level only{way}"


def _is_constant(node: Node) -> bool:
    """Tell whether a layer makes numbers that are the same in each iteration, and in each place."""
    fillers = node.layer.dummy_data_param.data_filler
    return node.type == "DummyData" and all(filler.type == "constant" for filler in fillers)
