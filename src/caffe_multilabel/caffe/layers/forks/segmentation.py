"""Types that label every pixel: their ways up to a larger size, and their batch normalisation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel.caffe.blob_shape import shape_text
from caffe_multilabel.caffe.layers.base import LayerOutput, Weight
from caffe_multilabel.caffe.layers.forks.settings import Settings
from caffe_multilabel.caffe.layers.layer_type import BOTTOM, LayerType

if TYPE_CHECKING:
    from caffe_multilabel.caffe.layers.base import LayerInput

__all__ = ["LAYER_TYPES"]


def _interp(layer: LayerInput) -> LayerOutput:
    settings = Settings(layer, "interp_param")
    pads = settings.number("pad_beg"), settings.number("pad_end")
    if max(pads) > 0:
        layer.fail(f"pad_beg and pad_end are {pads[0]} and {pads[1]}; neither may be positive")
    num, channels, height, width = layer.legacy()
    cut = tuple(size + sum(pads) for size in (height, width))
    if min(cut) < 1:
        layer.fail(
            f"pad_beg and pad_end leave nothing of bottom[0], {shape_text(layer.bottoms[0])}"
        )
    return LayerOutput(((num, channels, *_resized(layer, settings, cut)),))


def _resized(layer: LayerInput, settings: Settings, sizes: tuple[int, ...]) -> tuple[int, ...]:
    """Return what a factor, else the height and width, else both factors, make of two sizes."""
    shrinks, zooms = settings.is_set("shrink_factor"), settings.is_set("zoom_factor")
    sized = settings.is_set("height") and settings.is_set("width")
    if shrinks == zooms and sized:
        return settings.positive("height"), settings.positive("width")
    if not (shrinks or zooms):
        layer.fail(
            "the size is not given; shrink_factor, zoom_factor, or height and width, must be"
        )
    if shrinks:
        shrink = settings.positive("shrink_factor")
        sizes = tuple((size - 1) // shrink + 1 for size in sizes)
    if zooms:
        zoom = settings.positive("zoom_factor")
        sizes = tuple(size + (size - 1) * (zoom - 1) for size in sizes)
    return sizes


def _upsample(layer: LayerInput) -> LayerOutput:
    settings = Settings(layer, "upsample_param")
    for bottom in (0, 1):
        layer.need_axes(4, "4 axes: num, channels, height, width", most=4, bottom=bottom)
    values, mask = layer.bottoms
    if values != mask:
        layer.fail(
            f"bottom[1], the mask of a pooling, is {shape_text(mask)}; it must be as bottom[0], "
            f"{shape_text(values)}"
        )
    return LayerOutput(((*values[:2], *_upsampled(layer, settings, values[2:])),))


def _upsampled(layer: LayerInput, settings: Settings, sizes: tuple[int, ...]) -> tuple[int, ...]:
    if settings.is_set("upsample_h") and settings.is_set("upsample_w"):
        exact = settings.number("upsample_h"), settings.number("upsample_w")
        if min(exact) < 2:
            layer.fail(f"upsample_h and upsample_w are {shape_text(exact)}; they must be above 1")
        return exact
    sides = settings.is_set("scale_h"), settings.is_set("scale_w")
    if any(sides) and (settings.is_set("scale") or not all(sides)):
        layer.fail("scale, scale_h and scale_w do not fit; scale, or the other two, are allowed")
    fields = ("scale_h", "scale_w") if all(sides) else ("scale", "scale")
    top: tuple[int, ...] = ()
    for size, field, cut in zip(sizes, fields, ("pad_out_h", "pad_out_w"), strict=True):
        scale, less = settings.number(field, 2), settings.flag(cut, default=False)
        if scale < 2:
            layer.fail(f"{field} is {scale}; it must be above 1")
        if less and scale != 2:
            layer.fail(f"{cut} with {field} {scale}; it is for a scale of 2 only")
        top = (*top, size * scale - less)
    return top


def _bn(layer: LayerInput) -> LayerOutput:
    """Give it two blobs, SegNet's scale and shift, or four: slope, bias and gathered statistics."""
    settings = Settings(layer, "bn_param")
    num, channels, height, width = layer.legacy()
    shape = (1, channels, 1, 1)
    if not settings.knows("slope_filler"):
        fillers = settings.filler("scale_filler"), settings.filler("shift_filler")
        tops = ((num, channels, height, width), shape, shape)[: layer.top_count]
        return LayerOutput(tops, tuple(Weight(shape, filler) for filler in fillers))
    if layer.top_count != 1:
        layer.fail(f"{layer.top_count} tops; it has 1")
    fillers = settings.filler("slope_filler"), settings.filler("bias_filler")
    weights = (*(Weight(shape, filler) for filler in fillers), Weight(shape), Weight(shape))
    return LayerOutput((layer.bottoms[0],), weights)


def _seg_accuracy(layer: LayerInput) -> LayerOutput:
    """Give three measures of all pixels together."""
    scores, labels = layer.legacy(0), layer.legacy(1)
    if labels != (scores[0], 1, *scores[2:]):
        layer.fail(
            f"bottom[1] is {shape_text(layer.bottoms[1])}; it must have one label for each pixel "
            f"of bottom[0], {shape_text(layer.bottoms[0])}"
        )
    return LayerOutput(((1, 1, 1, 3),))


LAYER_TYPES = (
    LayerType(
        name="BN",
        fork="alexgkendall/caffe-segnet or, as another, of yjxiong/caffe",
        kind="normalisation",
        shape=_bn,
        tops=(1, 3),
        message="bn_param",
        blobs="weights",
        backward_mixes=True,
    ),
    LayerType(
        name="Interp",
        fork="hszhao/PSPNet",
        kind="select",
        shape=_interp,
        message="interp_param",
        in_place="spoils_values",
    ),
    LayerType(
        name="SegAccuracy",
        fork="hszhao/PSPNet",
        propagates=(),
        kind="accuracy",
        shape=_seg_accuracy,
        bottoms=(2, 2),
        message="seg_accuracy_param",
        in_place="spoils_values",
        deploy="dropped",
    ),
    LayerType(
        name="Upsample",
        fork="alexgkendall/caffe-segnet",
        propagates=(0,),
        backward_bottoms=(1,),
        kind="select",
        shape=_upsample,
        bottoms=(2, 2),
        message="upsample_param",
        in_place="spoils_values",
        backward=BOTTOM,
    ),
)
