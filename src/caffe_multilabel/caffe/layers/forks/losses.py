"""Losses of forks: for the coordinates of boxes, for the hardest of them, for faces."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from caffe_multilabel._base.text import plural
from caffe_multilabel.caffe.blob_shape import count, shape_text
from caffe_multilabel.caffe.layers import losses
from caffe_multilabel.caffe.layers.base import LayerOutput, Weight
from caffe_multilabel.caffe.layers.forks.settings import Settings
from caffe_multilabel.caffe.layers.layer_type import BOTTOM, LabelUse, LayerType

if TYPE_CHECKING:
    from caffe_multilabel.caffe.blob_shape import Shape
    from caffe_multilabel.caffe.layers.base import LayerInput
    from caffe_multilabel.caffe.proto.types import LayerParameter

__all__ = ["LAYER_TYPES"]

_BVLC = {entry.name: entry for entry in losses.LAYER_TYPES}
_FAST_RCNN = "rbgirshick/caffe-fast-rcnn"
_INTEL = "intel/caffe"
_SCALAR: Shape = ()


def _is_fast_rcnns(layer: LayerParameter) -> bool:
    """Tell whose SmoothL1Loss it is; SSD's has no settings."""
    return "smooth_l1_loss_param" in layer.DESCRIPTOR.fields_by_name


def _smooth_l1(layer: LayerInput) -> LayerOutput:
    """Weigh the values once, as SSD does, or twice, as Fast R-CNN does, or not at all."""
    weighed = 4 if _is_fast_rcnns(layer.layer) else 3
    if len(layer.bottoms) not in (2, weighed):
        layer.fail(f"{plural(len(layer.bottoms), 'bottom')}; it has 2 or {weighed}")
    _check_values(layer)
    return LayerOutput((_SCALAR,))


def _smooth_l1_ohem(layer: LayerInput) -> LayerOutput:
    """Give the loss and, as a second top, that of each region."""
    _check_values(layer)
    num, _, height, width = layer.legacy()
    return LayerOutput((_SCALAR, (num, 1, height, width))[: layer.top_count])


def _softmax_ohem(layer: LayerInput) -> LayerOutput:
    """Give the loss and, as more tops, the probabilities and the loss of each region."""
    losses.check_batch(layer)
    axis = layer.axis(layer.layer.softmax_param.axis, field="softmax axis")
    losses.check_label_count(layer, axis)
    return LayerOutput((_SCALAR, *layer.bottoms)[: layer.top_count])


def _check_values(layer: LayerInput) -> None:
    losses.check_batch(layer)
    for bottom in range(1, len(layer.bottoms)):
        if layer.legacy(bottom)[1:] != layer.legacy()[1:]:
            layer.fail(
                f"bottom[0] is {shape_text(layer.bottoms[0])} and bottom[{bottom}] "
                f"{shape_text(layer.bottoms[bottom])}; all axes but the first must be the same"
            )


def _center(layer: LayerInput) -> LayerOutput:
    """Keep a centre for each class, as long as the features of an item."""
    settings = Settings(layer, "center_loss_param")
    losses.check_batch(layer)
    losses.check_single(layer, 1)
    length = count(layer.bottoms[0], layer.axis(settings.number("axis", 1)))
    centres = (settings.positive("num_output"), length)
    return LayerOutput((_SCALAR,), (Weight(centres, settings.filler("center_filler")),))


LAYER_TYPES = (
    LayerType(
        name="CenterLoss",
        fork="ydwen/caffe-face",
        backward_bottoms=(1,),
        propagates=(0,),
        kind="loss",
        shape=_center,
        bottoms=(2, 2),
        message="center_loss_param",
        blobs="weights",
        in_place="spoils_gradients",
        backward=BOTTOM,
        deploy="dropped",
    ),
    replace(
        _BVLC["EuclideanLoss"], name="L1Loss", fork="NVIDIA/caffe", labels=LabelUse(kind="real")
    ),
    LayerType(
        name="SmoothL1Loss",
        fork=_FAST_RCNN,
        backward_bottoms=lambda layer: (2, 3) if _is_fast_rcnns(layer) else (2,),
        propagates=(0, 1),
        kind="loss",
        weighs_nothing=_is_fast_rcnns,
        shape=_smooth_l1,
        bottoms=(2, 4),
        in_place="spoils_gradients",
        backward=BOTTOM,
        labels=LabelUse(kind="real"),
        deploy="dropped",
    ),
    LayerType(
        name="SmoothL1LossOHEM",
        fork=_INTEL,
        propagates=(0, 1),
        kind="loss",
        weighs_nothing=True,
        shape=_smooth_l1_ohem,
        bottoms=(2, 3),
        tops=(1, 2),
        in_place="spoils_gradients",
        labels=LabelUse(kind="real"),
        deploy="dropped",
    ),
    replace(
        _BVLC["SoftmaxWithLoss"],
        name="SoftmaxWithLossOHEM",
        fork=_INTEL,
        shape=_softmax_ohem,
        tops=(1, 3),
    ),
)
