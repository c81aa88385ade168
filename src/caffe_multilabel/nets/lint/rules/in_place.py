"""Layers that work in place where Caffe lets them but they, or others of that memory, go wrong.

Shape inference refuses what Caffe refuses. What is here runs, and computes something else. Wires
that share memory are those of one layer in place over another, and of layers that copy nothing:
the Split layers that Caffe puts in, Flatten, Reshape.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel.caffe.layers.layer_type import TOP_SIDES
from caffe_multilabel.caffe.splits import insert_splits
from caffe_multilabel.nets.lint.findings import Problem, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from caffe_multilabel.caffe.net_graph import NetGraph, Node, Use, Wire
    from caffe_multilabel.nets.lint.view import PhaseView

__all__ = ["PHASE_RULES"]

_FIX = "give the top a name of its own"


def _in_place(view: PhaseView) -> Iterator[Problem]:
    graph = insert_splits(view.graph)
    own = {node.layer_index: node for node in view.graph.nodes}
    backward = {view.graph.nodes[index].layer_index for index in view.backward_layers()}
    sharing: dict[Wire, list[Wire]] = {}
    for wire in (wire for node in graph.nodes for wire in node.tops):
        sharing.setdefault(graph.memory(wire), []).append(wire)
    victims: set[tuple[Node, Wire]] = set()
    for node in graph.nodes:
        tops = [wire for wire in node.tops if node.in_place(wire.top)]
        runs_backward = node.layer_index in backward
        if tops and _spoils_itself(node, runs_backward=runs_backward):
            yield Problem(
                own[node.layer_index],
                f"{node.type} needs its bottom after its top is written, and here they are the "
                "same blob",
                _FIX,
            )
        for wire in tops if _writes(view, node, own) else ():
            harm = _Write(graph, wire, sharing[graph.memory(wire)]).harm(backward, victims)
            if harm is not None:
                yield Problem(own[node.layer_index], harm, _FIX)


def _spoils_itself(node: Node, *, runs_backward: bool) -> bool:
    result = None if node.entry is None else node.entry.works_in_place(node.layer)
    return result == "spoils_values" or (result == "spoils_gradients" and runs_backward)


def _writes(view: PhaseView, node: Node, own: Mapping[int, Node]) -> bool:
    """Tell whether a layer in place changes values: a Dropout in TEST does not.

    A layer of a fork may do so; one whose type is misspelt is wrong already, and says nothing.
    """
    if node.entry is None:
        return own[node.layer_index].index not in view.measured.problems
    unchanged = view.phase == "TEST" and node.entry.passes_on
    kept = node.entry.shares_memory(node.layer) or node.entry.keeps_in_place(node.layer) == "values"
    return not (unchanged or kept)


class _Write:
    """A top that is written over values, and whoever needs those values later."""

    def __init__(self, graph: NetGraph, top: Wire, sharing: list[Wire]) -> None:
        """Take the graph, with its Split layers, a top in place, and all wires of its memory."""
        self._graph = graph
        self._top = top
        self._node = graph.maker(top)
        self._memory = graph.memory(top)
        self._others = [wire for wire in sharing if not self._comes_after(wire)]

    def harm(self, backward: set[int], victims: set[tuple[Node, Wire]]) -> str | None:
        """Say which layer finds other values than it should; None if there is none.

        Args:
            backward: the layers whose Backward runs, by their index in the net.
            victims: layers, and their memory, that were harmed before, of which nothing more is
                said; those found here are added.
        """
        harms = []
        weights = self._graph.maker(self._memory)
        if weights.kind == "parameter":
            harms.append((weights, f"it writes over the weights of {_of(weights)}"))
        for wire in self._others:
            for use in self._graph.readers(wire):
                if self._reads_later(use):
                    text = f"it writes over the memory that {_of(use.node)} reads after it"
                    harms.append((use.node, text))
                elif use.node.layer_index in backward and self._spoils_bottom(use):
                    harms.append((use.node, _gradient("bottom", use.node)))
            maker = self._graph.maker(wire)
            if maker.layer_index in backward and self._spoils_top(maker, wire):
                harms.append((maker, _gradient("top", maker)))
        new = [text for node, text in harms if (node, self._memory) not in victims]
        victims.update((node, self._memory) for node, _ in harms)
        return new[0] if new else None

    def _comes_after(self, wire: Wire | None) -> bool:
        """Tell whether a wire holds what is written here, or what is made of it in its place."""
        while wire is not None and wire != self._top:
            wire = self._graph.source(wire)
        return wire is not None

    def _reads_later(self, use: Use) -> bool:
        node = use.node
        later = node.index > self._node.index
        return later and node.entry is not None and node.entry.reads_data(node.layer)

    def _spoils_bottom(self, use: Use) -> bool:
        """Tell whether the Backward of a layer that read a bottom before misses a value of it."""
        node = use.node
        if node is self._node or node.index > self._node.index or node.entry is None:
            return False
        if use.bottom not in node.entry.bottoms_read_again(node.layer):
            return False
        in_place = use.bottom < len(node.tops) and node.in_place(use.bottom)
        if in_place and node.entry.works_in_place(node.layer) != "works":  # it spoils that itself
            return False
        if not node.entry.backward_signs:
            return True
        alone = in_place and self._is_all_that_reads(node.tops[use.bottom])
        keeps = self._keeps()
        return not (keeps in ("signs", "passed_values") or (keeps == "passed_signs" and alone))

    def _spoils_top(self, maker: Node, wire: Wire) -> bool:
        """Tell whether the Backward of a layer misses a value that it made.

        Where no gradient passes the write, none comes to the value, and the gradient is 0 whatever
        the value was; only a gradient that is made from other values as well is then wrong.
        """
        if maker.entry is None or maker.index > self._node.index or wire.top >= len(TOP_SIDES):
            return False
        if TOP_SIDES[wire.top] not in maker.entry.backward_reads(maker.layer):
            return False
        excused = self._keeps() == "passed_values" and not maker.entry.backward_mixes
        return not (excused and self._is_all_that_reads(wire))

    def _keeps(self) -> str:
        entry = self._node.entry
        return "nothing" if entry is None else entry.keeps_in_place(self._node.layer)

    def _is_all_that_reads(self, wire: Wire) -> bool:
        """Tell whether all that becomes of a wire goes through the write, value by value."""
        while wire != self._top:
            readers = self._graph.readers(wire)
            tops = [top for use in readers for top in use.node.tops]
            if len(readers) != 1 or len(tops) != 1 or self._graph.source(tops[0]) != wire:
                return False
            wire = tops[0]
        return True


def _of(node: Node) -> str:
    return f"{node.type} layer '{node.name}'"


def _gradient(side: str, node: Node) -> str:
    return f"it writes over the {side} of {_of(node)}, from which that layer makes its gradient"


PHASE_RULES = (
    Rule("in-place", "error", "work in place that spoils values or gradients", _in_place),
)
