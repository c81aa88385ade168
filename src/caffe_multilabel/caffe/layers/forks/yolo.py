"""Types of YOLO, which finds objects cell by cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel._base.text import plural
from caffe_multilabel.caffe.blob_shape import count, shape_text
from caffe_multilabel.caffe.layers.base import LayerOutput
from caffe_multilabel.caffe.layers.forks.settings import Settings
from caffe_multilabel.caffe.layers.layer_type import LayerType

if TYPE_CHECKING:
    from caffe_multilabel.caffe.layers.base import LayerInput

__all__ = ["LAYER_TYPES"]

_INTEL = "intel/caffe"
_COORDINATES = 4  # of a box


def _reorg(layer: LayerInput) -> LayerOutput:
    """Move the places of a square into channels, or back."""
    settings = Settings(layer, "reorg_param")
    stride = settings.positive("stride")
    num, channels, height, width = layer.legacy()
    if settings.flag("reverse", default=False):
        return LayerOutput(((num, channels // stride**2, height * stride, width * stride),))
    return LayerOutput(((num, channels * stride**2, height // stride, width // stride),))


def _region_loss(_: LayerInput) -> LayerOutput:
    """Give the loss; it is set up with bottoms of any shape."""
    return LayerOutput(((),))


def _eval_detection(layer: LayerInput) -> LayerOutput:
    settings = Settings(layer, "eval_detection_param")
    classes = settings.number("num_class")
    boxes = settings.number("side") ** 2 * settings.number("num_object")
    values = boxes * (classes + _COORDINATES + 1)
    if count(layer.bottoms[0], 1) != values:
        layer.fail(
            f"bottom[0] is {shape_text(layer.bottoms[0])}; {plural(boxes, 'box')} of "
            f"{plural(classes, 'class')} make {values} values an item"
        )
    return LayerOutput(((layer.legacy()[0], classes + boxes * _COORDINATES),))


LAYER_TYPES = (
    LayerType(
        name="EvalDetection",
        fork=_INTEL,
        propagates=(),
        kind="accuracy",
        shape=_eval_detection,
        bottoms=(2, None),
        message="eval_detection_param",
        in_place="spoils_values",
        deploy="dropped",
    ),
    LayerType(
        name="RegionLoss",
        fork=_INTEL,
        propagates=(0,),
        kind="loss",
        shape=_region_loss,
        bottoms=(2, 2),
        message="region_loss_param",
        in_place="spoils_gradients",
        deploy="dropped",
    ),
    LayerType(
        name="Reorg",
        fork=_INTEL,
        kind="select",
        shape=_reorg,
        message="reorg_param",
        in_place="refused",
    ),
)
