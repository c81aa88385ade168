"""Types that work on regions of an image, as R-CNN's children do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel.caffe.blob_shape import shape_text
from caffe_multilabel.caffe.layers.base import LayerOutput
from caffe_multilabel.caffe.layers.forks.settings import Settings
from caffe_multilabel.caffe.layers.layer_type import BOTTOM, LayerType

if TYPE_CHECKING:
    from caffe_multilabel.caffe.layers.base import LayerInput

__all__ = ["LAYER_TYPES"]

_RFCN = "daijifeng001/caffe-rfcn"
_REGION = 5  # the image that it is of, and its coordinates


def _roi_pooling(layer: LayerInput) -> LayerOutput:
    settings = Settings(layer, "roi_pooling_param")
    height, width = settings.positive("pooled_h"), settings.positive("pooled_w")
    return LayerOutput(((layer.legacy(1)[0], layer.legacy(0)[1], height, width),))


def _psroi_pooling(layer: LayerInput) -> LayerOutput:
    """Take each cell of a region from channels of its own."""
    settings = Settings(layer, "psroi_pooling_param")
    outputs, side = settings.positive("output_dim"), settings.positive("group_size")
    channels = layer.legacy(0)[1]
    if channels != outputs * side * side:
        layer.fail(
            f"bottom[0] has {channels} channels; output_dim {outputs} and group_size {side} take "
            f"{outputs * side * side}"
        )
    return LayerOutput(((layer.legacy(1)[0], outputs, side, side),))


def _box_annotator_ohem(layer: LayerInput) -> LayerOutput:
    """Give the labels and the weights of the boxes that training takes."""
    Settings(layer, "box_annotator_ohem_param").positive("roi_per_img")
    num, values, height, width = layer.legacy(0)
    if values != _REGION:
        layer.fail(f"bottom[0] is {shape_text(layer.bottoms[0])}; it must have 5 channels")
    for bottom in (1, 2, 3):
        channels = layer.legacy(3)[1] if bottom == 3 else 1  # those of the boxes
        if layer.legacy(bottom) != (num, channels, height, width):
            layer.fail(
                f"bottom[{bottom}] is {shape_text(layer.bottoms[bottom])}; it must be "
                f"{shape_text((num, channels, height, width))}, as bottom[0] has as many items"
            )
    return LayerOutput(((num, 1, height, width), layer.legacy(3)))


LAYER_TYPES = (
    LayerType(
        name="BoxAnnotatorOHEM",
        fork=_RFCN,
        propagates=(),
        kind="arithmetic",
        shape=_box_annotator_ohem,
        bottoms=(4, 4),
        tops=(2, 2),
        message="box_annotator_ohem_param",
        in_place="spoils_values",
        deploy="dropped",
    ),
    LayerType(
        name="PSROIPooling",
        fork=_RFCN,
        propagates=(0,),
        backward_bottoms=(1,),
        kind="pooling",
        shape=_psroi_pooling,
        bottoms=(2, 2),
        message="psroi_pooling_param",
        in_place="spoils_values",
        backward=BOTTOM,
    ),
    LayerType(
        name="ROIPooling",
        fork="rbgirshick/caffe-fast-rcnn",
        propagates=(0,),
        backward_bottoms=(1,),
        kind="pooling",
        shape=_roi_pooling,
        bottoms=(2, 2),
        message="roi_pooling_param",
        in_place="spoils_values",
        backward=BOTTOM,
    ),
)
