"""Follows label columns from the label layer to the losses."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from caffe_multilabel.caffe.layers.joining import cut_axis
from caffe_multilabel.nets.analysis.scaling import AS_STORED, Scaling, scaling_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from caffe_multilabel.caffe.net_graph import NetGraph, Node, Wire
    from caffe_multilabel.caffe.shapes import LayerShapes, Shape

__all__ = ["ColumnMap", "LabelPart", "follow_columns"]


@dataclass(frozen=True, slots=True, eq=False)
class LabelPart:
    """What a wire of nothing but labels holds.

    Attributes:
        source: the label layer that they are from.
        columns: which columns of its records an item has, (items, ...) in the item's shape: there
            is more than one item a record where each of its images has labels of its own.
        scaling: what has been made of the numbers.
    """

    source: Node
    columns: NDArray[np.int64]
    scaling: Scaling = AS_STORED


ColumnMap: TypeAlias = "dict[Wire, LabelPart]"
"""What each wire of nothing but labels holds."""


def follow_columns(
    graph: NetGraph, source: Node, record: Shape, shapes: Mapping[int, LayerShapes]
) -> ColumnMap:
    """Find out which label columns each blob holds.

    Args:
        graph: the phase.
        source: the label layer.
        record: the shape of a label record, without the batch.
        shapes: the shapes of the layers that fit, by their index.
    """
    whole = np.arange(math.prod(record)).reshape(1, *record)
    columns = {source.tops[0]: LabelPart(source, whole)}
    for node in graph.nodes:
        parts = [columns.get(wire) for wire in node.bottoms if wire is not None]
        known = [part for part in parts if part is not None]
        measured = shapes.get(node.index)
        if measured is None or not known or len(known) < len(node.bottoms):
            continue
        scalings = {part.scaling for part in known}
        if len(scalings) > 1:  # joined, and each its own numbers
            continue
        scaling = scalings.pop().then(scaling_of(node) or AS_STORED)
        passed = _passed_on(node, [part.columns for part in known], measured)
        held = (LabelPart(source, each, scaling) for each in passed)
        columns.update(zip(node.tops, held, strict=False))
    return columns


def _passed_on(
    node: Node, parts: Sequence[NDArray[np.int64]], measured: LayerShapes
) -> list[NDArray[np.int64]]:
    if node.type == "Split" or scaling_of(node) is not None:
        return [parts[0]] * len(node.tops)
    if node.type == "Slice":
        return _sliced(node, parts[0], measured)
    if node.type not in ("Concat", "Flatten", "Reshape"):
        return []
    if node.type != "Concat":
        return _viewed(parts[0], measured)
    shape = (len(parts[0]), *measured.top_shapes[0][1:])
    batches = {each[:1] for each in (*measured.bottom_shapes, *measured.top_shapes)}
    if len(batches) > 1:  # it joins batches
        return []
    axis = next(
        (
            axis
            for axis, size in enumerate(shape)
            if any(part.ndim != len(shape) or part.shape[axis] != size for part in parts)
        ),
        1,
    )
    return [np.concatenate(parts, axis=axis)]


def _viewed(part: NDArray[np.int64], measured: LayerShapes) -> list[NDArray[np.int64]]:
    """Return the columns behind a view, which may make items of a record, or one of several."""
    (batch, *_), (items, *item) = measured.bottom_shapes[0], measured.top_shapes[0] or (0,)
    records = batch // len(part)
    if not records or not items or items % records:
        return []
    return [part.reshape(items // records, *item)]


def _sliced(node: Node, whole: NDArray[np.int64], measured: LayerShapes) -> list[NDArray[np.int64]]:
    axis = cut_axis(node.layer, len(measured.bottom_shapes[0]))
    if not axis:  # it cuts the batch
        return []
    points = list(node.layer.slice_param.slice_point)
    return np.split(whole, points or len(node.tops), axis=axis)
