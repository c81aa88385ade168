"""Types of SSD, which finds objects in one pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel._base.text import plural
from caffe_multilabel.caffe.blob_shape import shape_text
from caffe_multilabel.caffe.layers.base import LayerOutput, Weight
from caffe_multilabel.caffe.layers.forks.settings import Settings
from caffe_multilabel.caffe.layers.layer_type import BOTH, LayerType

if TYPE_CHECKING:
    from caffe_multilabel.caffe.layers.base import LayerInput

__all__ = ["LAYER_TYPES"]

_SSD = "weiliu89/caffe, branch ssd"
_COORDINATES = 4  # of a box
_DETECTION = 7  # image, label, confidence, and the coordinates
_TRUTH = 8  # of a box in the labels: image, label, instance, coordinates, whether difficult
_EVALUATED = 5  # image, label, confidence, and whether it is right or wrong
_NO_LABEL = 2**32 - 1  # -1 in the unsigned field of the background's label
_SAME_RATIO = 1e-6


def _prior_box(layer: LayerInput) -> LayerOutput:
    """Give the boxes of one image, for all in the batch have the same, and their variances."""
    settings = Settings(layer, "prior_box_param")
    smallest, largest = settings.numbers("min_size"), settings.numbers("max_size")
    if not smallest:
        layer.fail("min_size is not given; it must be, at least once")
    if largest and len(largest) != len(smallest):
        layer.fail(
            f"{plural(len(largest), 'max_size')} for {plural(len(smallest), 'min_size')}; as many "
            "are needed, or none"
        )
    if any(low <= 0 for low in smallest) or any(
        high <= low for low, high in zip(smallest, largest, strict=False)
    ):
        layer.fail("min_size must be positive and max_size greater")
    if len(settings.numbers("variance")) not in (0, 1, _COORDINATES):
        layer.fail("variance is given neither once nor 4 times")
    ratios = [1.0]
    for ratio in settings.numbers("aspect_ratio"):
        if not any(abs(ratio - known) < _SAME_RATIO for known in ratios):
            ratios += [ratio, 1 / ratio] if settings.flag("flip", default=True) else [ratio]
    boxes = len(ratios) * len(smallest) + len(largest)
    _, _, height, width = layer.legacy()
    return LayerOutput(((1, 2, height * width * boxes * _COORDINATES),))


def _permute(layer: LayerInput) -> LayerOutput:
    bottom = layer.bottoms[0]
    order = [int(axis) for axis in Settings(layer, "permute_param").numbers("order")]
    if len(set(order)) != len(order) or max(order, default=0) >= len(bottom):
        layer.fail(
            f"order is {', '.join(map(str, order))}; axes of bottom[0] ({shape_text(bottom)}), "
            "each at most once, are allowed"
        )
    order += [axis for axis in range(len(bottom)) if axis not in order]
    return LayerOutput((tuple(bottom[axis] for axis in order),))


def _normalize(layer: LayerInput) -> LayerOutput:
    layer.need_axes(2, "2 to 4 axes", most=4)
    settings = Settings(layer, "norm_param")
    shared = settings.flag("channel_shared", default=True)
    shape = () if shared else (layer.bottoms[0][1],)
    scale = Weight(shape, settings.filler("scale_filler"), constant=1)
    return LayerOutput((layer.bottoms[0],), (scale,))


def _detection_output(layer: LayerInput) -> LayerOutput:
    _match_priors(layer, Settings(layer, "detection_output_param"))
    found = "one box is found; how many there are depends on the values"
    return LayerOutput(((1, 1, 1, _DETECTION),), assumptions=(found,))


def _multibox_loss(layer: LayerInput) -> LayerOutput:
    _match_priors(layer, Settings(layer, "multibox_loss_param"))
    return LayerOutput(((),))


def _match_priors(layer: LayerInput, settings: Settings) -> None:
    """Refuse predictions of location and class that are not as many as the boxes they are for."""
    if not settings.is_set("num_classes"):
        layer.fail("num_classes is not given; it must be")
    classes = settings.positive("num_classes")
    located = 1 if settings.flag("share_location", default=True) else classes
    boxes = layer.legacy(2)[2] // _COORDINATES
    images = layer.legacy(0)[0]
    for bottom, values, what in (
        (0, boxes * located * _COORDINATES, "4 coordinates for each"),
        (1, boxes * classes, f"{plural(classes, 'class')} for each"),
    ):
        num, channels, _, _ = layer.legacy(bottom)
        if (num, channels) != (images, values):
            layer.fail(
                f"bottom[{bottom}] is {shape_text(layer.bottoms[bottom])}; for {images} x {boxes} "
                f"boxes, {what}, it must be {images} x {values}"
            )


def _detection_evaluate(layer: LayerInput) -> LayerOutput:
    """Give a row for each class that is counted, and one for each box that was found."""
    settings = Settings(layer, "detection_evaluate_param")
    if not settings.is_set("num_classes"):
        layer.fail("num_classes is not given; it must be")
    for bottom, values in ((0, _DETECTION), (1, _TRUTH)):
        num, channels, _, width = layer.legacy(bottom)
        if (num, channels, width) != (1, 1, values):
            layer.fail(
                f"bottom[{bottom}] is {shape_text(layer.bottoms[bottom])}; it must be "
                f"1x1xNx{values}"
            )
    background = settings.number("background_label_id") != _NO_LABEL
    rows = settings.number("num_classes") - background + layer.legacy(0)[2]
    return LayerOutput(((1, 1, rows, _EVALUATED),))


LAYER_TYPES = (
    LayerType(
        name="DetectionEvaluate",
        fork=_SSD,
        propagates=(),
        kind="accuracy",
        shape=_detection_evaluate,
        bottoms=(2, None),
        message="detection_evaluate_param",
        in_place="spoils_values",
        deploy="dropped",
    ),
    LayerType(
        name="DetectionOutput",
        fork=_SSD,
        propagates=(),
        kind="output",
        shape=_detection_output,
        bottoms=(3, 4),
        message="detection_output_param",
        in_place="spoils_values",
    ),
    LayerType(
        name="MultiBoxLoss",
        fork=_SSD,
        propagates=(0, 1),
        kind="loss",
        shape=_multibox_loss,
        bottoms=(4, 4),
        message="multibox_loss_param",
        in_place="spoils_gradients",
        deploy="dropped",
    ),
    LayerType(
        name="Normalize",
        fork=_SSD,
        kind="normalisation",
        shape=_normalize,
        message="norm_param",
        blobs="weights",
        in_place="spoils_gradients",
        backward=BOTH,
        backward_mixes=True,
    ),
    LayerType(
        name="Permute",
        fork=_SSD,
        kind="select",
        shape=_permute,
        message="permute_param",
        in_place="spoils_values",
    ),
    # It asks only for the size of its bottoms. Of the second, an image, not even that where its
    # settings say it.
    LayerType(
        name="PriorBox",
        fork=_SSD,
        reads=False,
        propagates=(),
        kind="arithmetic",
        shape=_prior_box,
        bottoms=(1, None),
        message="prior_box_param",
        in_place="spoils_values",
    ),
)
