"""What rules look at: a net, each of its phases with shapes, label columns and DBs, and a solver.

`view_phase` of nets/lint/phase.py puts a phase together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from caffe_multilabel.nets.lint.label_facts import labels_as_read

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from caffe_multilabel.caffe.net_graph import NetGraph, Node
    from caffe_multilabel.caffe.net_state import NetState, Phase
    from caffe_multilabel.caffe.proto.types import SolverParameter
    from caffe_multilabel.labels import LabelSchema
    from caffe_multilabel.nets.analysis.label_flow import ColumnMap
    from caffe_multilabel.nets.analysis.load import LoadedNet
    from caffe_multilabel.nets.analysis.measure import Measured
    from caffe_multilabel.nets.analysis.score_heads import Head
    from caffe_multilabel.nets.analysis.sources import Sources
    from caffe_multilabel.nets.lint.databases import PhaseDatabases
    from caffe_multilabel.nets.lint.label_facts import ColumnFacts, LabelFacts

__all__ = ["LabelLayer", "NetView", "PhaseView", "SolverTest", "SolverView"]


@dataclass(frozen=True, slots=True, eq=False)
class LabelLayer:
    """A label layer and the two opinions of how many columns it has.

    Attributes:
        node: the layer.
        facts: its label DB; None where it is not known.
        needed: the columns that the net is made for.
        certain: it is made for exactly so many, and not for more.
    """

    node: Node
    facts: LabelFacts | None
    needed: int
    certain: bool

    @property
    def fits(self) -> bool:
        """Whether the label DB, if there is one, has the columns that the net is made for."""
        if self.facts is None or not self.facts.columns:
            return True
        held = len(self.facts.columns)
        return held == self.needed if self.certain else held >= self.needed


@dataclass(frozen=True, slots=True, eq=False)
class PhaseView:
    """One phase of a net.

    Attributes:
        state: the phase, with its stages and level.
        graph: its layers.
        sources: its Data layers.
        labels: its label layers.
        databases: its DBs, as far as they are there.
        unknown: layers of shapes that nothing tells.
        measured: the shapes of the others, and what does not fit.
        columns: which label columns each blob of labels holds.
        heads: its losses and accuracies.
        forced: the net has `force_backward`.
        solver: what trains the net; None where that is not known.
    """

    state: NetState
    graph: NetGraph
    sources: Sources
    labels: tuple[LabelLayer, ...]
    databases: PhaseDatabases
    unknown: tuple[Node, ...]
    measured: Measured
    columns: ColumnMap
    heads: tuple[Head, ...]
    forced: bool
    solver: SolverParameter | None

    @property
    def phase(self) -> Phase:
        """The phase alone."""
        return self.state.phase

    @property
    def trains(self) -> bool:
        """Whether it is a phase TRAIN with something to learn."""
        return self.phase == "TRAIN" and any(node.loss_weight for node in self.graph.nodes)

    @property
    def iter_size(self) -> int | None:
        """How many batches an iteration has; None where no solver tells."""
        return None if self.solver is None else self.solver.iter_size

    @property
    def weight_decay(self) -> float | None:
        """How much of a weight a step takes away, but for learning rates; None likewise."""
        return None if self.solver is None else self.solver.weight_decay

    def label_facts(self, node: Node) -> LabelFacts | None:
        """Return the DB of a label layer as it is read; None where that is not known."""
        layer = next((layer for layer in self.labels if layer.node is node), None)
        if layer is None or layer.facts is None or not layer.fits:
            return None
        return labels_as_read(layer.facts, node.layer.transform_param)

    def columns_read(self, head: Head) -> dict[int, ColumnFacts]:
        """Return the label columns of a head as it reads them, by number; empty if not known."""
        facts = None if head.source is None else self.label_facts(head.source)
        if facts is None or not facts.columns:
            return {}
        return {column: facts.columns[column].scaled(head.scaling) for column in head.columns or ()}

    def is_canary(self, node: Node) -> bool:
        """Tell whether a layer compares numbers of records for the log alone, and teaches nothing.

        It is a EuclideanLoss of Datum.label of an image layer and of what nothing learns.
        """
        numbers = {image.tops[1] for image in self.sources.images if len(image.tops) > 1}
        if node.type != "EuclideanLoss" or not numbers & set(node.bottoms):
            return False
        above = self.graph.above(wire for wire in node.bottoms if wire is not None)
        return not any(self.may_learn(self.graph.nodes[index]) for index in above)

    def learns(self, node: Node) -> bool:
        """Tell whether a layer has weights with a learning rate other than 0."""
        measured = self.measured.shapes.get(node.index)
        if measured is None or (node.entry is not None and node.entry.blobs == "statistics"):
            return False
        specs = node.layer.param
        return any(
            number >= len(specs) or specs[number].lr_mult != 0
            for number in range(len(measured.param_shapes))
        )

    def may_learn(self, node: Node) -> bool:
        """Tell whether a layer learns, or has weights of shapes that nothing tells."""
        if node.index in self.measured.shapes:
            return self.learns(node)
        entry = node.entry
        return entry is None or (entry.blobs == "weights" and entry.has_blobs(node.layer))

    def learned_layers(self) -> set[int]:
        """Return the indices of the layers through which a loss reaches weights that learn.

        A gradient goes down through a layer unless its `propagate_down` stops it.
        """
        return self._reaching(self.learns)

    def backward_layers(self) -> set[int]:
        """Return the indices of the layers whose Backward runs, as far as the net tells.

        They are those on the way from a loss to weights that learn, or may do so.
        """
        if not self.trains:
            return set()
        losses = [node for node in self.graph.nodes if node.loss_weight]
        above = self.graph.above(wire for node in losses for wire in node.bottoms if wire)
        return self._reaching(self.may_learn) & (above | {node.index for node in losses})

    def _reaching(self, learns: Callable[[Node], bool]) -> set[int]:
        """Return the indices of the layers that learn and of those that a gradient leads there."""
        reaching: set[int] = set()
        for node in self.graph.nodes:
            count = len(node.bottoms)
            able = range(count) if node.entry is None else node.entry.propagates_to(node.layer)
            down = list(node.layer.propagate_down) or [True] * count
            passed = (node.bottoms[bottom] for bottom in able if all(down[bottom : bottom + 1]))
            if learns(node) or any(wire and wire.node in reaching for wire in passed):
                reaching.add(node.index)
        return reaching


@dataclass(frozen=True, slots=True, eq=False)
class NetView:
    """A whole net.

    Attributes:
        loaded: the net and where it is from.
        states: the states that the net is looked at in.
        phases: the phases to look at that have data.
        empty: the phases to look at that have none.
        tasks: the tasks that the net is to learn: those that the caller named, or else those that
            the label DB's manifest keeps; None where nothing tells.
    """

    loaded: LoadedNet
    states: tuple[NetState, ...]
    phases: tuple[PhaseView, ...]
    empty: tuple[Phase, ...]
    tasks: LabelSchema | None

    @property
    def train(self) -> PhaseView | None:
        """Phase TRAIN, if it is looked at and has data."""
        return next((view for view in self.phases if view.phase == "TRAIN"), None)

    @property
    def tests(self) -> tuple[PhaseView, ...]:
        """Phase TEST in each of the states that are looked at and have data."""
        return tuple(view for view in self.phases if view.phase == "TEST")


@dataclass(frozen=True, slots=True, eq=False)
class SolverTest:
    """One of a solver's test nets.

    Attributes:
        state: the state that Caffe puts it in.
        graph: its layers in that state.
        batch_size: images of a batch; 0 where no Data layer reads them.
        records: records of the DB that they are of; None where that is not known.
        unreadable: why not, where the DB is there.
    """

    state: NetState
    graph: NetGraph
    batch_size: int
    records: int | None
    unreadable: str


@dataclass(frozen=True, slots=True, eq=False)
class SolverView:
    """A solver and what it tests on.

    Attributes:
        solver: the `SolverParameter`, of BVLC Caffe.
        path: the file it is from; None for a message.
        fork: it was read with the schema of a fork, which may have types of its own.
        fork_remarks: what its schema, a fork's, says and BVLC Caffe has no name for.
        net_file: the net that it names, if it is there.
        linted: the file of the net that the caller wants trained; None where it named none.
        held: the field of the solver that holds the net that it trains; empty if none does.
        other_held: that is another net than the caller wants trained.
        level: the level that the caller starts `caffe train` with; None where it named none.
        tests: its test nets, in the order of `test_iter`; None for one that is not there.
    """

    solver: SolverParameter
    path: str | None
    fork: bool
    fork_remarks: tuple[str, ...]
    net_file: Path | None
    linted: Path | None
    held: str
    other_held: bool
    level: int | None
    tests: tuple[SolverTest | None, ...]
