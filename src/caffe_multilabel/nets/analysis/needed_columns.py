"""How many label columns a net is made for, as far as it tells."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from caffe_multilabel.caffe.layers.base import LayerInput
from caffe_multilabel.caffe.layers.joining import cut_axis
from caffe_multilabel.errors import PrototxtError
from caffe_multilabel.nets.analysis.scaling import scaling_of
from caffe_multilabel.nets.analysis.score_heads import class_count, values_of_item

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from caffe_multilabel.caffe.layers.layer_type import LabelUse
    from caffe_multilabel.caffe.net_graph import NetGraph, Node, Use, Wire
    from caffe_multilabel.caffe.shapes import LayerShapes, Shape

__all__ = ["cut_elsewhere", "needed_columns"]

_RECORD_AXES = 4
"""Axes of the top of a Data layer: records of channels, height and width."""
_FLAT_AXES = 2
"""Axes of labels without height and width, as Flatten makes them."""
_MOST_COLUMNS = 1 << 20
"""A net that asks for more has mistyped a slice_point."""


def needed_columns(
    graph: NetGraph, wire: Wire, shapes: Mapping[int, LayerShapes], *, axes: int = _RECORD_AXES
) -> tuple[int, bool]:
    """Count the values of an item that the readers of a label blob are made for.

    Args:
        graph: the phase.
        wire: a blob of labels.
        shapes: the shapes of the layers that predictions come from, by their index.
        axes: how many axes the blob has: those of a batch of records, if a Data layer makes it.

    Returns:
        The number, at least 1, and whether it is certain: if not, there must be as many or more.
    """
    needs = (_need(graph, use, shapes, axes) for use in graph.readers(wire))
    return _all_of([need for need in needs if need is not None])


def cut_elsewhere(graph: NetGraph, wire: Wire) -> bool:
    """Tell whether labels are cut along height or width, as the columns of a channel axis are not.

    Then nothing but the DB tells what shape its records have.

    Args:
        graph: the phase.
        wire: the top of a label layer.
    """
    for use in graph.readers(wire):
        node = use.node
        if node.type == "Slice" and cut_axis(node.layer, _RECORD_AXES) in (2, 3):
            return True
        if node.type in ("Slice", "Split") and any(cut_elsewhere(graph, top) for top in node.tops):
            return True
    return False


def _all_of(needs: Sequence[tuple[int, bool]]) -> tuple[int, bool]:
    """Return what suits several readers of the same labels, or as nearly all as can be."""
    most = min(max((count for count, _ in needs), default=1), _MOST_COLUMNS)
    certain = {count for count, sure in needs if sure}
    return max(most, 1), certain == {most}


def _need(
    graph: NetGraph, use: Use, shapes: Mapping[int, LayerShapes], axes: int
) -> tuple[int, bool] | None:
    node = use.node
    if node.kind == "view" and node.tops:
        return _viewed(graph, node, shapes, _axes_of_view(node, axes))
    if scaling_of(node) is not None:
        return needed_columns(graph, node.tops[0], shapes, axes=axes)
    if node.type == "Slice" and node.tops and _cuts_columns(node, axes):
        points = list(node.layer.slice_param.slice_point)
        last, sure = needed_columns(graph, node.tops[-1], shapes, axes=axes)
        return max(points) + last if points else last * len(node.tops), sure
    if node.type == "Concat" and node.tops:
        others = [
            _cut(graph, wire, axes)
            for number, wire in enumerate(node.bottoms)
            if number != use.bottom
        ]
        total, sure = needed_columns(graph, node.tops[0], shapes, axes=axes)
        known = [width for width in others if width is not None]
        return (total - sum(known), sure) if len(known) == len(others) else None
    if node.labels is None:
        return _computed(graph, use, shapes, axes)
    return _compared(use, node.labels, shapes)


def _viewed(
    graph: NetGraph, node: Node, shapes: Mapping[int, LayerShapes], axes: int
) -> tuple[int, bool]:
    needed = _all_of([needed_columns(graph, top, shapes, axes=axes) for top in node.tops])
    if not _makes_items(node):
        return needed
    items = _items_of_record(graph, node, shapes)
    return (1, False) if items is None else (needed[0] * items, needed[1])


def _computed(
    graph: NetGraph, use: Use, shapes: Mapping[int, LayerShapes], axes: int
) -> tuple[int, bool] | None:
    """Return what arithmetic is made for: as many values as its other bottoms have."""
    node = use.node
    others = [wire for number, wire in enumerate(node.bottoms) if number != use.bottom and wire]
    known = [shapes[wire.node].top_shapes[wire.top] for wire in others if wire.node in shapes]
    if node.type == "Scale":
        if use.bottom == 1 and node.layer.scale_param.axis == 0 and axes == _FLAT_AXES:
            columns = _second_dimension(graph, node, known, shapes)
        else:  # a factor of each column
            each = use.bottom == 0 and node.layer.scale_param.axis == 1
            columns = known[0][0] if each and known and len(known[0]) == 1 else 0
        return (columns, True) if columns else None
    if node.type == "Eltwise":
        told = (_columns_above(graph, wire, shapes) for wire in others)
        columns = next((each for each in told if each), 0)
        return (columns, True) if columns else None
    # Not through an Eltwise: ways that part and meet again would be gone time and again.
    if node.tops and node.kind == "activation":
        return needed_columns(graph, node.tops[0], shapes, axes=axes)
    return None


def _columns_above(graph: NetGraph, wire: Wire, shapes: Mapping[int, LayerShapes]) -> int:
    """Return how many values an item of a blob has; 0 where neither scores nor a Slice tell.

    Layers are followed upwards through which an item keeps its values. What has height and width is
    for maps, and its values are no columns.
    """
    pending = [wire]
    for each in pending:
        node = graph.maker(each)
        if each.node in shapes:
            shape = shapes[each.node].top_shapes[each.top]
            return math.prod(shape[1:]) if math.prod(shape[2:]) == 1 else 0
        if node.type == "Slice":
            width = _cut(graph, each, _RECORD_AXES)
            if width:
                return width
        elif node.kind == "activation" or node.type == "Eltwise" or _keeps_items(node):
            pending += [below for below in node.bottoms if below and below not in pending]
    return 0


def _keeps_items(node: Node) -> bool:
    """Tell whether a layer of one bottom hands on the values of each item to the same item."""
    dims = node.layer.reshape_param.shape.dim
    same_items = node.layer.reshape_param.axis == 0 and list(dims[:1]) == [0]
    from_first = node.layer.flatten_param.axis == 1
    return node.type == "Split" or (
        same_items if node.type == "Reshape" else node.type == "Flatten" and from_first
    )


def _makes_items(node: Node) -> bool:
    """Tell whether a Reshape makes several items of a record: labels of each of its images."""
    shape = node.layer.reshape_param.shape.dim
    return node.type == "Reshape" and node.layer.reshape_param.axis == 0 and any(shape[:1])


def _items_of_record(graph: NetGraph, node: Node, shapes: Mapping[int, LayerShapes]) -> int | None:
    """Return how many items a Reshape makes of a record, told by the scores of its readers."""
    batches = {
        graph.nodes[index].layer.data_param.batch_size
        for index in graph.above(wire for wire in node.bottoms if wire)
        if graph.nodes[index].type == "Data"
    }
    below = [graph.nodes[index] for index in sorted(graph.below(node.tops))]
    scored = (
        shapes[scores.node].top_shapes[scores.top]
        for reader in below
        if reader.labels is not None or reader.type == "Eltwise"
        for scores in (reader.bottoms[:1] if reader.labels is not None else reader.bottoms)
        if scores is not None and scores.node in shapes
    )
    # A single number, as a weight of a loss that is learnt, is of no item.
    items = {shape[0] for shape in scored if math.prod(shape) > 1}
    if len(batches) != 1 or len(items) != 1:
        return None
    batch, count = batches.pop(), items.pop()
    return count // batch if batch and count % batch == 0 else None


def _cuts_columns(node: Node, axes: int) -> bool:
    return cut_axis(node.layer, axes) == 1


def _axes_of_view(node: Node, axes: int) -> int:
    """Return how many axes a view of a blob has; as many where that hangs on the sizes."""
    if node.entry is None:
        return axes
    try:
        view = node.entry.shape(LayerInput(node.layer, ((1,) * axes,), 1, (None,)))
    except PrototxtError:
        return axes
    return len(view.tops[0])


def _cut(graph: NetGraph, wire: Wire | None, axes: int) -> int | None:
    """Return the columns of a part of a Slice; None for the last one, whose end is open."""
    node = None if wire is None else graph.maker(wire)
    if node is None or wire is None or node.type != "Slice" or not _cuts_columns(node, axes):
        return None
    edges = [0, *node.layer.slice_param.slice_point]
    part = wire.top
    return edges[part + 1] - edges[part] if part + 1 < len(edges) else None


def _second_dimension(
    graph: NetGraph, node: Node, known: Sequence[Shape], shapes: Mapping[int, LayerShapes]
) -> int:
    """Return how many parts a layer's first bottom has an item; 0 where that is not told."""
    if known:
        return known[0][1] if len(known[0]) > 1 else 0
    wire = node.bottom(0)
    maker = None if wire is None else graph.maker(wire)
    if maker is None or maker.type != "Reshape" or maker.layer.reshape_param.axis:
        return 0
    items, *parts = maker.layer.reshape_param.shape.dim or [-1]
    above = maker.bottom(0)
    if items or above is None or not parts or parts[0] > 0:
        return max(0, *parts[:1], 0)
    values, others = _columns_above(graph, above, shapes), math.prod(parts[1:])
    if parts[0] == 0:
        return values
    return values // others if others > 0 and values % others == 0 else 0


def _compared(
    use: Use, labels: LabelUse, shapes: Mapping[int, LayerShapes]
) -> tuple[int, bool] | None:
    node = use.node
    if labels.kind == "similar":
        return (1, True) if use.bottom == labels.bottom else None
    scores = node.bottom(1 - use.bottom) if use.bottom in (0, 1) else None
    values = None if scores is None else values_of_item(scores, shapes)
    if labels.kind != "class":
        return None if values is None else (values, True)
    classes = None if scores is None else class_count(node, labels, scores, shapes)
    return (values // classes, True) if values and classes else (1, False)
