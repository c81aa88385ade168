"""Layers that cut, copy or join blobs along an axis."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from caffe_multilabel._base.text import plural
from caffe_multilabel.caffe.blob_shape import shape_text
from caffe_multilabel.caffe.layers.base import LayerOutput, axis_from_0, same_shape
from caffe_multilabel.caffe.layers.layer_type import LayerType
from caffe_multilabel.caffe.named_fields import is_set, number

if TYPE_CHECKING:
    from caffe_multilabel.caffe.layers.base import LayerInput
    from caffe_multilabel.caffe.proto.types import ConcatParameter, LayerParameter, SliceParameter

__all__ = ["LAYER_TYPES", "cut_axis"]


def cut_axis(layer: LayerParameter, axes: int) -> int | None:
    """Return the axis that a Slice cuts, or a Concat joins along.

    Args:
        layer: its message.
        axes: how many axes its bottoms have.

    Returns:
        The axis from 0, None where the bottoms have no such axis.
    """
    return axis_from_0(_given_axis(layer)[0], axes)


def _given_axis(layer: LayerParameter) -> tuple[int, str]:
    """Return the axis as the message counts, and the field that it is from."""
    message, old = _settings(layer)
    if is_set(message, old):
        return number(message, old), old
    return message.axis, "axis"


def _settings(layer: LayerParameter) -> tuple[ConcatParameter | SliceParameter, str]:
    """Return the settings of a Concat or Slice, and the earlier name of their `axis`."""
    if layer.type == "Slice":
        return layer.slice_param, "slice_dim"
    return layer.concat_param, "concat_dim"


def _concat(layer: LayerInput) -> LayerOutput:
    axis = _axis(layer)
    first = layer.bottoms[0]
    for index, shape in enumerate(layer.bottoms):
        same_sides = shape[:axis] == first[:axis] and shape[axis + 1 :] == first[axis + 1 :]
        if len(shape) != len(first) or not same_sides:
            layer.fail(
                f"bottom[{index}] is {shape_text(shape)}; it must be as bottom[0], "
                f"{shape_text(first)}, but for axis {axis}"
            )
    joined = sum(shape[axis] for shape in layer.bottoms)
    return LayerOutput(((*first[:axis], joined, *first[axis + 1 :]),))


def _slice(layer: LayerInput) -> LayerOutput:
    points, tops = _points(layer), layer.top_count
    axis = _axis(layer)
    bottom = layer.bottoms[0]
    size = bottom[axis]
    if not points:
        if size % tops:
            layer.fail(
                f"bottom[0] has {size} on axis {axis} ({shape_text(bottom)}), which "
                f"{plural(tops, 'top')} cannot share evenly; give slice_point"
            )
        points = [size // tops * top for top in range(1, tops)]
    if points and points[-1] >= size:
        layer.fail(
            f"slice_point is {_listed(points)}; each must be greater than the one before and less "
            f"than the {size} on axis {axis} of bottom[0] ({shape_text(bottom)})"
        )
    cuts = [right - left for left, right in pairwise([0, *points, size])]
    return LayerOutput(tuple((*bottom[:axis], cut, *bottom[axis + 1 :]) for cut in cuts))


def _points(layer: LayerInput) -> list[int]:
    """Return where a Slice cuts as far as its message says, which suits its tops."""
    points, tops = list(layer.layer.slice_param.slice_point), layer.top_count
    if points and len(points) != tops - 1:
        layer.fail(
            f"{plural(len(points), 'slice_point')} for {plural(tops, 'top')}; "
            f"there must be {tops - 1}"
        )
    if any(right <= left for left, right in pairwise([0, *points])):
        layer.fail(
            f"slice_point is {_listed(points)}; each must be greater than the one before, the "
            "first than 0"
        )
    return points


def _listed(points: list[int]) -> str:
    return ", ".join(map(str, points))


def _axis(layer: LayerInput) -> int:
    """Return the axis of a slice or concatenation, refused where it is given twice or not there."""
    message, old = _settings(layer.layer)
    if is_set(message, old) and message.HasField("axis"):
        layer.fail(f"axis and {old} are given; only one is allowed")
    given, field = _given_axis(layer.layer)
    return layer.axis(given, field=field)


def _tile(layer: LayerInput) -> LayerOutput:
    message = layer.layer.tile_param
    tiles = layer.need_positive(message.tiles, "tiles")
    axis = layer.axis(message.axis)
    bottom = layer.bottoms[0]
    return LayerOutput(((*bottom[:axis], bottom[axis] * tiles, *bottom[axis + 1 :]),))


def _crop(layer: LayerInput) -> LayerOutput:
    """Cut bottom[0] to the sizes of bottom[1] on `axis` and all after it."""
    message = layer.layer.crop_param
    axis = layer.axis(message.axis)
    source, wanted = layer.bottoms
    after = len(source) - axis
    offsets = list(message.offset) or [0]
    if len(offsets) not in (1, after):
        layer.fail(
            f"offset is given {plural(len(offsets), 'time')}; once, or once for each axis from "
            f"axis {axis} on ({after}), is allowed"
        )
    offsets = offsets * after if len(offsets) == 1 else offsets
    layer.need_axes(len(source), f"the {plural(len(source), 'axis')} of bottom[0]", bottom=1)
    for index, offset in enumerate(offsets, start=axis):
        if source[index] - offset < wanted[index]:
            layer.fail(
                f"bottom[0] is {shape_text(source)}, and on axis {index} there are not "
                f"{wanted[index]} from offset {offset} on"
            )
    return LayerOutput(((*source[:axis], *wanted[axis : len(source)]),))


LAYER_TYPES = (
    LayerType(
        name="Concat",
        kind="join",
        shape=_concat,
        bottoms=(1, None),
        message="concat_param",
        shares="alone",
        top_diff="shares",
    ),
    LayerType(
        name="Crop",
        propagates=(0,),
        kind="select",
        shape=_crop,
        bottoms=(2, 2),
        message="crop_param",
        in_place="spoils_gradients",
    ),
    LayerType(
        name="Slice",
        kind="join",
        shape=_slice,
        tops=(1, None),
        message="slice_param",
        shares="alone",
        top_diff="shares",
    ),
    LayerType(
        name="Split",
        kind="view",
        shape=same_shape,
        tops=(1, None),
        in_place="refused",
        shares="always",
    ),
    LayerType(
        name="Tile",
        keeps="values",  # one tile, for more do not fit in place
        kind="select",
        shape=_tile,
        message="tile_param",
    ),
)
