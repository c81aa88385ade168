"""Puts together what rules look at."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from caffe_multilabel.nets.lint.datum import MOST_VALUES, is_usable
from caffe_multilabel.nets.lint.graph import build_graph
from caffe_multilabel.nets.lint.heads import find_heads
from caffe_multilabel.nets.lint.label_flow import follow_columns
from caffe_multilabel.nets.lint.measure import measure, unmeasurable
from caffe_multilabel.nets.lint.needs import needed_columns
from caffe_multilabel.nets.lint.sources import find_sources
from caffe_multilabel.nets.lint.view import LabelLayer, PhaseView

if TYPE_CHECKING:
    from caffe_multilabel.caffe.select import Phase
    from caffe_multilabel.caffe.shapes import Shape
    from caffe_multilabel.nets.lint.databases import PhaseDatabases, StoredPicture
    from caffe_multilabel.nets.lint.graph import Node
    from caffe_multilabel.nets.lint.label_flow import ColumnMap
    from caffe_multilabel.nets.lint.load import LoadedNet
    from caffe_multilabel.nets.lint.sources import Sources
    from caffe_multilabel.tasks import ResolvedTasks

__all__ = ["view_phase"]


def view_phase(
    loaded: LoadedNet,
    phase: Phase,
    databases: PhaseDatabases,
    *,
    picture: StoredPicture | None,
    label: Shape | None,
    tasks: ResolvedTasks | None,
) -> PhaseView:
    """Find out all that rules ask of a phase.

    Args:
        loaded: the net.
        phase: the phase.
        databases: its DBs.
        picture: a stored picture, as far as anything tells.
        label: the shape of a label record, likewise.
        tasks: the tasks, which tell how many label columns there are where the net does not.

    Raises:
        PrototxtError: a layer has both `include` and `exclude`.
    """
    graph = build_graph(loaded.net, phase)
    sources = find_sources(graph)
    given: dict[str, Shape] = {}
    if picture is not None and len(sources.pictures) == 1:
        node = sources.pictures[0]
        given[node.layer.top[0]] = _as_read(node, picture)
    unknown = [
        node for node in unmeasurable(graph, given, fork=loaded.fork) if node not in sources.labels
    ]
    without_labels = measure(loaded.net, phase, graph, given, [*unknown, *sources.labels])
    facts = databases.labels if len(sources.labels) == 1 else None
    least = 1 if tasks is None else tasks.schema.width
    labels = []
    for node in sources.labels:
        needed, certain = needed_columns(graph, node.tops[0], without_labels.shapes)
        labels.append(LabelLayer(node, facts, needed if certain else max(needed, least), certain))
    records = {layer.node.place: _record(layer, label) for layer in labels}
    for layer in labels:
        record = records[layer.node.place]
        batch = min(_batch_size(layer.node, sources), MOST_VALUES // math.prod(record))
        given[layer.node.layer.top[0]] = (batch, *record)
    measured = measure(loaded.net, phase, graph, given, unknown)
    columns: ColumnMap = {}
    for layer in labels:
        columns |= follow_columns(graph, layer.node, records[layer.node.place], measured.shapes)
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


def _as_read(node: Node, picture: StoredPicture) -> Shape:
    """Return a stored picture as the layer reads it, large enough for its crop.

    That it is too small is for a rule of its own to say.
    """
    transform = node.layer.transform_param
    channels, height, width = picture.shape
    if picture.encoded and (transform.force_color or transform.force_gray):
        channels = 3 if transform.force_color else 1
    crop = transform.crop_size
    cropped = (max(node.layer.data_param.batch_size, 1), channels, crop, crop)
    too_small = crop > min(height, width) and is_usable(cropped)
    return cropped if too_small else (channels, height, width)


def _batch_size(node: Node, sources: Sources) -> int:
    """Return the batch of a label layer, or of its image layer where the two differ.

    That they differ is for a rule of its own to say.
    """
    partner = next((pair.pictures for pair in sources.pairs if pair.labels is node), node)
    return max(int(partner.layer.data_param.batch_size), 1)


def _record(layer: LabelLayer, elsewhere: Shape | None) -> Shape:
    """Return the shape of a label record, that of the DB where it suits the net."""
    facts = layer.facts
    if facts is not None:
        if layer.fits and facts.shape is not None and is_usable(facts.shape):
            return facts.shape
    elif elsewhere is not None and is_usable(elsewhere) and math.prod(elsewhere[1:]) > 1:
        return elsewhere
    return layer.needed, 1, 1
