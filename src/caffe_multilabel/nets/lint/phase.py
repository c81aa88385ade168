"""Puts together what rules look at in a phase: its layers, DBs, shapes and label columns."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from caffe_multilabel.caffe.blob_shape import MAX_COUNT, shape_problem
from caffe_multilabel.caffe.net_graph import NetGraph
from caffe_multilabel.data.databases import forced_shape
from caffe_multilabel.nets.analysis.any_size import find_any_size
from caffe_multilabel.nets.analysis.label_flow import follow_columns
from caffe_multilabel.nets.analysis.measure import measure, unknown_types, unmeasurable
from caffe_multilabel.nets.analysis.needed_columns import cut_elsewhere, needed_columns
from caffe_multilabel.nets.analysis.score_heads import find_heads
from caffe_multilabel.nets.analysis.sources import find_sources
from caffe_multilabel.nets.lint.view import LabelLayer, PhaseView

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from caffe_multilabel.caffe.net_graph import Node
    from caffe_multilabel.caffe.net_state import NetState, Phase
    from caffe_multilabel.caffe.proto.types import LayerParameter, SolverParameter
    from caffe_multilabel.caffe.shapes import LayerShapes, Shape
    from caffe_multilabel.labels import LabelSchema
    from caffe_multilabel.nets.analysis.label_flow import ColumnMap
    from caffe_multilabel.nets.analysis.load import LoadedNet
    from caffe_multilabel.nets.analysis.measure import Measured
    from caffe_multilabel.nets.analysis.sources import Sources
    from caffe_multilabel.nets.lint.databases import PhaseDatabases, StoredImage

__all__ = ["view_phase"]


def view_phase(
    loaded: LoadedNet,
    state: NetState,
    databases: PhaseDatabases,
    *,
    image: StoredImage | None,
    label: Shape | None,
    tasks: LabelSchema | None,
    solver: SolverParameter | None = None,
) -> PhaseView:
    """Find out all that rules ask of a phase.

    Args:
        loaded: the net.
        state: the phase, with its stages and its level.
        databases: its DBs.
        image: a stored image, as far as anything tells, where its own DB does not.
        label: the shape of a label record, likewise.
        tasks: the tasks, which tell how many label columns there are where the net does not.
        solver: what trains the net; None where that is not known.

    Raises:
        PrototxtError: a layer has both `include` and `exclude`.
    """
    graph = NetGraph.of_state(loaded.net, state)
    sources = find_sources(graph)
    stored: dict[str, Shape] = {}
    for node in sources.data:
        if node not in sources.labels:
            example = _example(node, databases, sources, image)
            if example is not None:
                stored[node.layer.top[0]] = _as_read(node, example)
    least = 1 if tasks is None else tasks.width
    setter = _Setter(loaded, state.phase, graph, sources, databases, label, least)
    unknown = [
        node
        for node in unmeasurable(graph, stored, fork=loaded.fork)
        if node not in sources.labels or setter.hides_record(node)
    ]
    unknown += [
        node
        for node in sources.images
        if node not in unknown and node.layer.top[0] not in stored and _may_be_several(graph, node)
    ]
    problems = {} if loaded.fork else unknown_types(graph)
    wrong = set(problems)
    # What is behind a top that does not connect depends on how that is mended.
    apart = {node.index for node, _ in graph.top_problems()} | {node.index for node in unknown}
    while True:
        refused = [node for node in graph.nodes if node.index in wrong - apart]
        trials: list[_SetUp] = []

        def at_size(
            shapes: dict[str, Shape],
            others: dict[int, LayerParameter],
            trials: list[_SetUp] = trials,
        ) -> Measured:
            trials.append(setter.set_up(stored | shapes, others))
            return trials[-1].measured

        any_size = find_any_size(graph, unknown, at_size, refused=refused)
        found = setter.set_up(stored, without=unknown, settled=any_size.shapes)
        # What a trial took for the columns of labels is as much of a guess as what is taken here.
        guesses = (setter.mistaken(each) for each in (found, *trials))
        mistaken = list(dict.fromkeys(chain.from_iterable(guesses)))
        if mistaken:
            unknown += mistaken
            apart |= {node.index for node in mistaken}
            # What did not fit behind them is as much of a guess as they were.
            guessed = graph.below(top for node in mistaken for top in node.tops)
            problems = {index: each for index, each in problems.items() if index not in guessed}
            wrong -= guessed
            continue
        problems = found.measured.problems | any_size.problems | problems
        if wrong >= problems.keys() | any_size.unsettled:  # nothing new behind what is wrong
            break
        wrong |= problems.keys() | any_size.unsettled
    found.measured.problems.update(problems)
    shapes = any_size.shapes | found.measured.shapes
    columns: ColumnMap = {}
    for layer in found.labels:
        record = found.records[layer.node.index]
        columns |= follow_columns(graph, layer.node, record, shapes)
    return PhaseView(
        state=state,
        graph=graph,
        sources=sources,
        labels=found.labels,
        databases=databases,
        unknown=tuple(unknown),
        measured=found.measured,
        columns=columns,
        heads=find_heads(graph, columns, shapes),
        forced=loaded.net.force_backward,
        solver=solver,
    )


@dataclass(frozen=True, slots=True)
class _SetUp:
    """A phase with its shapes; `records` are those of its label layers, by their index."""

    labels: tuple[LabelLayer, ...]
    records: dict[int, Shape]
    measured: Measured


@dataclass(frozen=True, slots=True)
class _Setter:
    """Measures a phase, label layers last: what they hold is told by the scores, if by no DB."""

    loaded: LoadedNet
    phase: Phase
    graph: NetGraph
    sources: Sources
    databases: PhaseDatabases
    label: Shape | None
    least_columns: int

    def hides_record(self, node: Node) -> bool:
        """Tell whether neither a DB nor the net says what the records of a label layer are."""
        return self._stored_record(node) is None and cut_elsewhere(self.graph, node.tops[0])

    def mistaken(self, found: _SetUp) -> list[Node]:
        """Return the label layers whose columns were guessed, and not as the net takes them.

        What is made of them does not fit, and they are neither cut nor compared there.
        """
        wrong = {
            index
            for index in found.measured.problems
            if self.graph.nodes[index].labels is None and self.graph.nodes[index].kind != "join"
        }
        return [
            layer.node
            for layer in found.labels
            if not layer.certain
            and self._stored_record(layer.node) is None
            and wrong & self.graph.below(layer.node.tops)
        ]

    def set_up(
        self,
        data_shapes: Mapping[str, Shape],
        stand_ins: Mapping[int, LayerParameter] | None = None,
        *,
        without: Iterable[Node] = (),
        settled: Mapping[int, LayerShapes] | None = None,
    ) -> _SetUp:
        """Measure the phase.

        Args:
            data_shapes: the shapes of data layers, by top; label layers may be left out.
            stand_ins: layers to measure in the place of others.
            without: layers to leave out.
            settled: layers left out whose tops are known all the same.
        """
        net, graph, others = self.loaded.net, self.graph, stand_ins or {}
        shapes, left_out = dict(data_shapes), list(without)
        told = [
            node
            for node in self.sources.labels
            if node not in left_out and node.layer.top[0] not in shapes
        ]
        scores = measure(net, self.phase, graph, shapes, [*left_out, *told], stand_ins=others)
        known = {**(settled or {}), **scores.shapes}
        labels = [self._label_layer(node, known) for node in told]
        records = {layer.node.index: self._record(layer) for layer in labels}
        for node in told:
            record = records[node.index]
            batch = min(_batch_size(node, self.sources), MAX_COUNT // math.prod(record))
            shapes[node.layer.top[0]] = (batch, *record)
        measured = measure(net, self.phase, graph, shapes, left_out, stand_ins=others)
        return _SetUp(tuple(labels), records, measured)

    def _label_layer(self, node: Node, scores: Mapping[int, LayerShapes]) -> LabelLayer:
        needed, certain = needed_columns(self.graph, node.tops[0], scores)
        facts = self.databases.labels_of(node, self.sources)
        return LabelLayer(
            node, facts, needed if certain else max(needed, self.least_columns), certain
        )

    def _record(self, layer: LabelLayer) -> Shape:
        """Return the shape of a label record, that of the DB where it suits the net."""
        return (layer.fits and self._stored_record(layer.node)) or (layer.needed, 1, 1)

    def _stored_record(self, node: Node) -> Shape | None:
        """Return the shape of a label record as a DB tells it."""
        facts = self.databases.labels_of(node, self.sources)
        if facts is not None:
            usable = facts.shape is not None and shape_problem(facts.shape) is None
            return facts.shape if usable else None
        own = self.databases.records.get(node.layer.data_param.source)
        if own is not None:
            return own.shape
        other = self.label
        if other is None or shape_problem(other) is not None:
            return None
        return other if math.prod(other[1:]) > 1 else None  # its columns may be another net's


def _example(
    node: Node, databases: PhaseDatabases, sources: Sources, elsewhere: StoredImage | None
) -> StoredImage | None:
    """Return a stored image of a Data layer: of its DB, or of what must be like it."""
    facts = databases.images_of(node, sources)
    given = None if facts is None else facts.example()
    other = elsewhere if sources.images == (node,) else None
    return given or databases.records.get(node.layer.data_param.source) or other


def _may_be_several(graph: NetGraph, node: Node) -> bool:
    """Tell whether records of no DB may have other channels than an image has.

    They may be several images or have ramps, which the net takes apart.
    """
    transform = node.layer.transform_param
    if len(transform.mean_value) > 1 or transform.force_color or transform.force_gray:
        return False
    return any(use.node.type in ("Slice", "Reshape") for use in graph.readers(node.tops[0]))


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
