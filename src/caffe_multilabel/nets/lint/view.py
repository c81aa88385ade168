"""What rules look at: a net, each of its phases with shapes, label columns and DBs, and a solver.

`view_phase` puts a phase together.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from caffe_multilabel.caffe.blob_shape import MAX_COUNT, shape_problem
from caffe_multilabel.caffe.net_graph import NetGraph
from caffe_multilabel.data.databases import forced_shape
from caffe_multilabel.nets.analysis.label_flow import follow_columns
from caffe_multilabel.nets.analysis.measure import measure, unmeasurable
from caffe_multilabel.nets.analysis.needed_columns import needed_columns
from caffe_multilabel.nets.analysis.score_heads import find_heads
from caffe_multilabel.nets.analysis.sources import changed_values, find_sources

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from caffe_multilabel.caffe.net_graph import Node
    from caffe_multilabel.caffe.net_state import Phase
    from caffe_multilabel.caffe.proto.types import SolverParameter
    from caffe_multilabel.caffe.shapes import Shape
    from caffe_multilabel.nets.analysis.label_flow import ColumnMap
    from caffe_multilabel.nets.analysis.load import LoadedNet
    from caffe_multilabel.nets.analysis.measure import Measured
    from caffe_multilabel.nets.analysis.score_heads import Head
    from caffe_multilabel.nets.analysis.sources import Sources
    from caffe_multilabel.nets.lint.databases import PhaseDatabases, StoredImage
    from caffe_multilabel.nets.lint.label_facts import LabelFacts
    from caffe_multilabel.tasks import ResolvedTasks

__all__ = ["LabelLayer", "NetView", "PhaseView", "SolverView", "view_phase"]


@dataclass(frozen=True, slots=True, eq=False)
class LabelLayer:
    """A label layer and the two opinions of how many columns it has.

    Attributes:
        node: the layer.
        facts: the label DB of the phase; None without one.
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
        phase: its name.
        graph: its layers.
        sources: its Data layers.
        labels: its label layers.
        databases: the pair of DBs that the caller named for it.
        unknown: layers of shapes that nothing tells.
        measured: the shapes of the others, and what does not fit.
        columns: which label columns each blob of labels holds.
        heads: its losses and accuracies.
    """

    phase: Phase
    graph: NetGraph
    sources: Sources
    labels: tuple[LabelLayer, ...]
    databases: PhaseDatabases
    unknown: tuple[Node, ...]
    measured: Measured
    columns: ColumnMap
    heads: tuple[Head, ...]

    @property
    def trains(self) -> bool:
        """Whether it is a phase TRAIN with something to learn."""
        return self.phase == "TRAIN" and any(node.loss_weight for node in self.graph.nodes)

    @property
    def label_facts(self) -> LabelFacts | None:
        """The label DB, where the net gets its labels as they are, column by column."""
        if len(self.labels) != 1:
            return None
        layer = self.labels[0]
        return layer.facts if layer.fits and not changed_values(layer.node) else None

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
        return node.entry is None or node.entry.blobs == "weights"

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
        phases: the phases to look at that have data.
        empty: the phases to look at that have none.
        tasks: the tasks that the net is to learn; None where the caller named none.
    """

    loaded: LoadedNet
    phases: tuple[PhaseView, ...]
    empty: tuple[Phase, ...]
    tasks: ResolvedTasks | None

    def phase(self, phase: Phase) -> PhaseView | None:
        """Return a phase, if it is looked at and has data."""
        return next((view for view in self.phases if view.phase == phase), None)


@dataclass(frozen=True, slots=True, eq=False)
class SolverView:
    """A solver and what it tests on.

    Attributes:
        solver: the `SolverParameter`, of BVLC Caffe.
        path: the file it is from; None for a message.
        fork_remarks: what its schema, a fork's, says and BVLC Caffe has no name for.
        net_file: the net that it names, if it is there.
        tests: the layers of each of its test nets, in the order of `test_iter`; None for a net
            that is not there.
        test_records: records of the TEST DB; None where the caller named none.
    """

    solver: SolverParameter
    path: str | None
    fork_remarks: tuple[str, ...]
    net_file: Path | None
    tests: tuple[NetGraph | None, ...]
    test_records: int | None


def view_phase(
    loaded: LoadedNet,
    phase: Phase,
    databases: PhaseDatabases,
    *,
    image: StoredImage | None,
    label: Shape | None,
    tasks: ResolvedTasks | None,
) -> PhaseView:
    """Find out all that rules ask of a phase.

    Args:
        loaded: the net.
        phase: the phase.
        databases: its DBs.
        image: a stored image, as far as anything tells.
        label: the shape of a label record, likewise.
        tasks: the tasks, which tell how many label columns there are where the net does not.

    Raises:
        PrototxtError: a layer has both `include` and `exclude`.
    """
    graph = NetGraph.of(loaded.net, phase)
    sources = find_sources(graph)
    data_shapes: dict[str, Shape] = {}
    if image is not None and len(sources.images) == 1:
        node = sources.images[0]
        data_shapes[node.layer.top[0]] = _as_read(node, image)
    unknown = [
        node
        for node in unmeasurable(graph, data_shapes, fork=loaded.fork)
        if node not in sources.labels
    ]
    without_labels = measure(loaded.net, phase, graph, data_shapes, [*unknown, *sources.labels])
    facts = databases.labels if len(sources.labels) == 1 else None
    least = 1 if tasks is None else tasks.schema.width
    labels = []
    for node in sources.labels:
        needed, certain = needed_columns(graph, node.tops[0], without_labels.shapes)
        labels.append(LabelLayer(node, facts, needed if certain else max(needed, least), certain))
    records = {layer.node.index: _record(layer, label) for layer in labels}
    for layer in labels:
        record = records[layer.node.index]
        batch = min(_batch_size(layer.node, sources), MAX_COUNT // math.prod(record))
        data_shapes[layer.node.layer.top[0]] = (batch, *record)
    measured = measure(loaded.net, phase, graph, data_shapes, unknown)
    columns: ColumnMap = {}
    for layer in labels:
        columns |= follow_columns(graph, layer.node, records[layer.node.index], measured.shapes)
    return PhaseView(
        phase=phase,
        graph=graph,
        sources=sources,
        labels=tuple(labels),
        databases=databases,
        unknown=tuple(unknown),
        measured=measured,
        columns=columns,
        heads=find_heads(graph, columns, measured.shapes),
    )


def _as_read(node: Node, image: StoredImage) -> Shape:
    """Return a stored image as the layer reads it, large enough for its crop.

    That it is too small is for a rule of its own to say.
    """
    transform = node.layer.transform_param
    channels, height, width = image.shape
    if image.encoded:
        channels, height, width = forced_shape(
            image.shape, color=transform.force_color, gray=transform.force_gray
        )
    crop = transform.crop_size
    cropped = (max(node.layer.data_param.batch_size, 1), channels, crop, crop)
    too_small = crop > min(height, width) and shape_problem(cropped) is None
    return cropped if too_small else (channels, height, width)


def _batch_size(node: Node, sources: Sources) -> int:
    """Return the batch of a label layer, or of its image layer where the two differ.

    That they differ is for a rule of its own to say.
    """
    partner = next((pair.images for pair in sources.pairs if pair.labels is node), node)
    return max(partner.layer.data_param.batch_size, 1)


def _record(layer: LabelLayer, elsewhere: Shape | None) -> Shape:
    """Return the shape of a label record, that of the DB where it suits the net."""
    facts = layer.facts
    if facts is not None:
        if layer.fits and facts.shape is not None and shape_problem(facts.shape) is None:
            return facts.shape
    elif (
        elsewhere is not None and shape_problem(elsewhere) is None and math.prod(elsewhere[1:]) > 1
    ):
        return elsewhere
    return layer.needed, 1, 1
