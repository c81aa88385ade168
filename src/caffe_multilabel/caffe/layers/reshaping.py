"""Reshape and Flatten, and the layers that change the batch: BatchReindex, Filter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel._base.text import plural
from caffe_multilabel.caffe.blob_shape import count, shape_text
from caffe_multilabel.caffe.layers.base import LayerOutput
from caffe_multilabel.caffe.layers.layer_type import BOTTOM, LayerType

if TYPE_CHECKING:
    from caffe_multilabel.caffe.layers.base import LayerInput
    from caffe_multilabel.caffe.layers.layer_type import Bottoms
    from caffe_multilabel.caffe.proto.types import LayerParameter

__all__ = ["LAYER_TYPES"]

_COPY, _INFER = 0, -1  # the two values of `dim` that are no size


def _reshape(layer: LayerInput) -> LayerOutput:
    dims = list(layer.layer.reshape_param.shape.dim)
    if min(dims, default=0) < _INFER or dims.count(_INFER) > 1:
        layer.fail(
            f"dim is {', '.join(map(str, dims))}; sizes, 0 to copy one, and at most one -1 to "
            "infer it, are allowed"
        )
    bottom = layer.bottoms[0]
    start, end = _replaced_axes(layer)
    for index, dim in enumerate(dims):
        if dim == _COPY:
            if start + index >= len(bottom):
                layer.fail(
                    f"dim[{index}] is 0, and bottom[0] ({shape_text(bottom)}) has no axis "
                    f"{start + index} to copy"
                )
            dims[index] = bottom[start + index]
    kept = count(bottom, 0, start) * count(bottom, end)
    known = kept * count(tuple(dim for dim in dims if dim != _INFER))
    if not known and _INFER in dims:
        layer.fail(f"bottom[0] is {shape_text(bottom)}; -1 cannot be inferred from no value")
    dims = [count(bottom) // known if dim == _INFER else dim for dim in dims]
    top = (*bottom[:start], *dims, *bottom[end:])
    if count(top) != count(bottom):
        layer.fail(
            f"bottom[0] is {shape_text(bottom)}, {count(bottom)} values, which do not make "
            f"{shape_text(top)}"
        )
    return LayerOutput((top,))


def _replaced_axes(layer: LayerInput) -> tuple[int, int]:
    """Return the first axis that is replaced and the first one after it that is not."""
    message = layer.layer.reshape_param
    if message.num_axes < -1:
        layer.fail(
            f"num_axes is {message.num_axes}; a number of axes, or -1 for all of them, is allowed"
        )
    axes = len(layer.bottoms[0])
    start = message.axis if message.axis >= 0 else axes + message.axis + 1
    if not 0 <= start <= axes:
        layer.fail(f"axis is {message.axis}, and bottom[0] has {plural(axes, 'axis')}")
    end = axes if message.num_axes == -1 else start + message.num_axes
    if not start <= end <= axes:
        layer.fail(
            f"num_axes is {message.num_axes}; from axis {start} on bottom[0] "
            f"({shape_text(layer.bottoms[0])}) has {axes - start}, and -1 stands for all of them"
        )
    return start, end


def _flatten(layer: LayerInput) -> LayerOutput:
    message = layer.layer.flatten_param
    same_side = (message.axis < 0) == (message.end_axis < 0)
    if same_side and message.axis > message.end_axis + 1:
        layer.fail(f"axis is {message.axis}, after end_axis {message.end_axis}")
    start = layer.axis(message.axis)
    end = layer.axis(message.end_axis, field="end_axis") + 1
    if start > end:
        layer.fail(f"axis is {start}, after end_axis {end - 1}")
    bottom = layer.bottoms[0]
    return LayerOutput(((*bottom[:start], count(bottom, start, end), *bottom[end:]),))


def _batch_reindex(layer: LayerInput) -> LayerOutput:
    layer.need_axes(1, "1 axis, the indices", most=1, bottom=1)
    return LayerOutput(((*layer.bottoms[1], *layer.bottoms[0][1:]),))


def _filter(layer: LayerInput) -> LayerOutput:
    """Give the batch of the bottoms, which Caffe starts with; it changes with every forward."""
    *items, selector = layer.bottoms
    if layer.top_count != len(items):
        layer.fail(
            f"{plural(layer.top_count, 'top')}; "
            f"it has one for each bottom but the last, {len(items)}"
        )
    for index in range(len(layer.bottoms)):
        layer.need_axes(1, "at least 1 axis", bottom=index)
    for index, shape in enumerate(items):
        if shape[0] != selector[0]:
            layer.fail(
                f"bottom[{index}] is {shape_text(shape)}; its first axis must be the "
                f"{selector[0]} of the selector, the last bottom"
            )
    if count(selector, 1) != 1:
        layer.fail(
            f"the selector, the last bottom, is {shape_text(selector)}; "
            "every axis after the first must be 1"
        )
    assumption = "as many items pass as come in; how many do depends on the selector's values"
    return LayerOutput(tuple(items), assumptions=(assumption,))


def _filter_propagates(layer: LayerParameter) -> Bottoms:
    """Return all bottoms but the last, the selector."""
    return tuple(range(len(layer.bottom) - 1))


def _selector(layer: LayerParameter) -> Bottoms:
    return (len(layer.bottom) - 1,)


LAYER_TYPES = (
    LayerType(
        name="BatchReindex",
        propagates=(0,),
        stops=(1,),
        backward_bottoms=(1,),
        kind="select",
        shape=_batch_reindex,
        bottoms=(2, 2),
        in_place="spoils_values",
        backward=BOTTOM,
    ),
    LayerType(
        name="Filter",
        propagates=_filter_propagates,
        stops=_selector,
        kind="select",
        shape=_filter,
        bottoms=(2, None),
        tops=(1, None),
        in_place="spoils_gradients",
    ),
    LayerType(
        name="Flatten",
        kind="view",
        shape=_flatten,
        message="flatten_param",
        in_place="refused",
        shares="always",
        hands_diff_down=True,
    ),
    LayerType(
        name="Reshape",
        kind="view",
        shape=_reshape,
        message="reshape_param",
        in_place="refused",
        shares="always",
        top_diff="shares",
    ),
)
