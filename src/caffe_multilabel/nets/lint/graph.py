"""The layers of one phase and what connects them.

Layers that work in place write a blob again under its name. So that a reader can be told which of
the two it reads, connections are named by who writes them: a wire is one top of one layer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from caffe_multilabel.caffe.net_state import select_layers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from caffe_multilabel.caffe.net_state import Phase
    from caffe_multilabel.caffe.proto.types import LayerParameter, NetParameter

__all__ = ["Graph", "Node", "Use", "Wire", "build_graph"]

Wire: TypeAlias = tuple[int, int]
"""The place of a layer in its phase, and which of its tops."""


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A layer of a phase.

    Attributes:
        place: its place among the layers of the phase.
        index: its place in `net.layer`.
        layer: its message.
        bottoms: the wire that each bottom reads; None where no layer above makes the blob.
    """

    place: int
    index: int
    layer: LayerParameter
    bottoms: tuple[Wire | None, ...]

    @property
    def name(self) -> str:
        """The layer's name."""
        return str(self.layer.name)

    @property
    def type(self) -> str:
        """The layer's type, as in `Slice`."""
        return str(self.layer.type)

    @property
    def tops(self) -> tuple[Wire, ...]:
        """A wire for each named top."""
        return tuple((self.place, top) for top in range(len(self.layer.top)))

    def bottom(self, number: int) -> Wire | None:
        """Return the wire of a bottom; None where there is none."""
        return self.bottoms[number] if number < len(self.bottoms) else None

    def in_place(self, top: int) -> bool:
        """Tell whether a top is written over the bottom of the same number."""
        bottoms = self.layer.bottom
        return top < len(bottoms) and bool(bottoms[top] == self.layer.top[top])


@dataclass(frozen=True, slots=True)
class Use:
    """One bottom of one layer."""

    node: Node
    bottom: int


class Graph:
    """The layers of a phase in their order, with the readers of each wire.

    Attributes:
        nodes: the layers.
    """

    def __init__(self, nodes: Iterable[Node]) -> None:
        self.nodes = tuple(nodes)
        self._readers: dict[Wire, list[Use]] = {}
        for node in self.nodes:
            for number, wire in enumerate(node.bottoms):
                if wire is not None:
                    self._readers.setdefault(wire, []).append(Use(node, number))

    def readers(self, wire: Wire) -> list[Use]:
        """Return the bottoms that read a wire, in the order of the layers."""
        return self._readers.get(wire, [])

    def maker(self, wire: Wire) -> Node:
        """Return the layer that writes a wire."""
        return self.nodes[wire[0]]

    def blob(self, wire: Wire) -> str:
        """Return the name of a wire's blob."""
        return str(self.maker(wire).layer.top[wire[1]])

    def below(self, wires: Iterable[Wire]) -> set[int]:
        """Return the places of all layers that depend on one of some wires."""
        reached = set(wires)
        places = set()
        for node in self.nodes:
            if any(wire in reached for wire in node.bottoms):
                places.add(node.place)
                reached.update(node.tops)
        return places

    def above(self, wire: Wire) -> set[int]:
        """Return the places of all layers that a wire depends on, its own maker included."""
        wanted, places = {wire}, set()
        for node in reversed(self.nodes):
            if any(top in wanted for top in node.tops):
                places.add(node.place)
                wanted.update(bottom for bottom in node.bottoms if bottom is not None)
        return places

    def has_data(self) -> bool:
        """Tell whether any layer brings data in."""
        return any(not node.bottoms and node.type != "Parameter" for node in self.nodes)

    def unread(self) -> Iterator[Wire]:
        """Go through the wires that no layer reads."""
        for node in self.nodes:
            yield from (wire for wire in node.tops if wire not in self._readers)


def build_graph(
    net: NetParameter, phase: Phase, *, stages: Iterable[str] = (), level: int = 0
) -> Graph:
    """Connect the layers of a phase as Caffe does, by the last layer above that made a blob.

    Args:
        net: the net.
        phase: the phase.
        stages: stages that a solver adds.
        level: the level that it gives.

    Raises:
        PrototxtError: a layer has both `include` and `exclude`.
    """
    made: dict[str, Wire] = {}
    nodes = []
    chosen = select_layers(net, phase, stages=stages, level=level)
    for place, (index, layer) in enumerate(chosen):
        nodes.append(Node(place, index, layer, tuple(made.get(name) for name in layer.bottom)))
        made.update((name, (place, top)) for top, name in enumerate(layer.top))
    return Graph(nodes)
