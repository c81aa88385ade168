"""What a net's Data layers read, as far as its DBs or its losses tell."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from caffe_multilabel._base.text import plural
from caffe_multilabel.caffe.layers import LAYER_TYPES
from caffe_multilabel.caffe.net_graph import NetGraph
from caffe_multilabel.data.databases import database_facts
from caffe_multilabel.data.image_lists import first_image_shape
from caffe_multilabel.errors import PrototxtError
from caffe_multilabel.nets.analysis.measure import measure, unmeasurable
from caffe_multilabel.nets.analysis.needed_columns import cut_elsewhere, needed_columns
from caffe_multilabel.nets.analysis.sources import find_sources, named_lmdb

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from caffe_multilabel.caffe.net_graph import Node
    from caffe_multilabel.caffe.net_state import Phase
    from caffe_multilabel.caffe.proto.types import LayerParameter, NetParameter
    from caffe_multilabel.caffe.shapes import Shape

__all__ = ["DataShapes", "UnknownShapeError", "find_data_shapes"]


class UnknownShapeError(PrototxtError):
    """Nothing tells the shape of a data layer; `key` names the layer.

    Attributes:
        top: the top whose shape the caller may give.
        whole: it must be the whole shape, batch size included, and not that of one record.
    """

    def __init__(
        self, message: str, *, key: str | None = None, top: str = "", whole: bool = False
    ) -> None:
        super().__init__(message, key=key)
        self.top = top
        self.whole = whole


@dataclass(slots=True)
class DataShapes:
    """Shapes of data layers.

    Attributes:
        shapes: by their first top, as `infer_shapes` takes them.
        assumptions: what no DB said and was taken from the net itself, a sentence each.
    """

    shapes: dict[str, Shape]
    assumptions: list[str] = field(default_factory=list)


def find_data_shapes(
    net: NetParameter,
    phase: Phase,
    data_shapes: Mapping[str, Shape],
    *,
    stages: Iterable[str] = (),
    level: int = 0,
) -> DataShapes:
    """Find out what the Data layers of a phase read, where the caller does not say.

    The DB, or the first image of the list, that a layer names tells, if it is there, seen from the
    working folder as Caffe sees it. Without a DB, a layer of nothing but labels has the columns
    that the net takes from it, if the net cuts them along the channels.

    Args:
        net: a net in the current format and BVLC Caffe's schema.
        phase: the phase.
        data_shapes: shapes that the caller knows, by top or layer.
        stages: stages of the state, besides those in `net.state`.
        level: its level.

    Raises:
        UnknownShapeError: nothing tells the size of a layer's images or labels.
        DatabaseError: a DB is there and cannot be read.
        ListError: a list is there and cannot be read.
        ImageError: the first image of a list cannot be read.
    """
    graph = NetGraph.of(net, phase, stages=stages, level=level)
    found = DataShapes(dict(data_shapes))
    for node in graph.nodes:
        if node.type in _SHAPE_OF and node.tops and not _is_known(node, data_shapes):
            shape = _SHAPE_OF[node.type](node.layer)
            if shape is not None:
                found.shapes[node.layer.top[0]] = shape
    unknown = [
        node
        for node in unmeasurable(graph, found.shapes, fork=False)
        if not _is_known(node, data_shapes)
    ]
    of_labels = find_sources(graph).labels
    for node in unknown:
        if node not in of_labels or cut_elsewhere(graph, node.tops[0]):
            _fail(node, data_shapes)
    if unknown:
        _add_labels(net, phase, graph, unknown, found)
    return found


def _is_known(node: Node, data_shapes: Mapping[str, Shape]) -> bool:
    return node.name in data_shapes or any(top in data_shapes for top in node.layer.top[:1])


def _shape_in_db(layer: LayerParameter) -> Shape | None:
    """Return the shape of the records that a Data layer reads; None where its DB is not there."""
    path = named_lmdb(layer)
    facts = None if path is None else database_facts(path)
    if facts is None:
        return None
    transform = layer.transform_param
    return facts.shape_as_read(color=transform.force_color, gray=transform.force_gray)


def _shape_in_list(layer: LayerParameter) -> Shape | None:
    """Return the shape of an ImageData layer's first image, where that says more than the net."""
    is_there = Path(layer.image_data_param.source).is_file()
    return (
        first_image_shape(layer)
        if is_there and not LAYER_TYPES[layer.type].is_sized(layer)
        else None
    )


_SHAPE_OF = {"Data": _shape_in_db, "ImageData": _shape_in_list}


def _add_labels(
    net: NetParameter, phase: Phase, graph: NetGraph, labels: Sequence[Node], found: DataShapes
) -> None:
    """Count the columns of label layers by the Slice, losses and accuracies that read them."""
    scores = measure(net, phase, graph, found.shapes, labels).shapes
    for node in labels:
        columns, certain = needed_columns(graph, node.tops[0], scores)
        found.shapes[node.layer.top[0]] = (columns, 1, 1)
        found.assumptions.append(
            f"layer '{node.name}' ({node.type}): the records have {plural(columns, 'label')}, as "
            f"many as the net reads{'' if certain else '; there may be more'}"
        )


def _fail(node: Node, data_shapes: Mapping[str, Shape]) -> NoReturn:
    """Raise the error of a layer of a shape that nothing tells."""
    whole = False
    if node.type == "Data":
        what = (
            f"the DB {node.layer.data_param.source} is not there as an LMDB, and the net does not "
            "say what its records are; give crop_size"
        )
    elif node.type == "ImageData":
        what = (
            f"the list {node.layer.image_data_param.source} is not there, and the net does not say "
            "how large its images are; give crop_size or new_height and new_width"
        )
    else:
        what, whole = "the net does not say its shape", True
    raise UnknownShapeError(
        f"layer '{node.name}' ({node.type}): {what}",
        key=node.name,
        top=next((top for top in node.layer.top if top not in data_shapes), node.name),
        whole=whole,
    )
