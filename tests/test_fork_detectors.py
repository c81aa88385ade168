"""Layer types of forks that find objects in regions or cells, and the losses of forks.

Sizes are worked out by hand from each fork's C++ source; those of whole nets are the published.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from caffe_multilabel.caffe.net_graph import NetGraph
from caffe_multilabel.caffe.shapes import infer_shapes
from caffe_multilabel.errors import PrototxtError
from fork_tools import net, schema_of_layers, set_up, text

if TYPE_CHECKING:
    from caffe_multilabel.caffe.proto import ProtoSchema

pytestmark = pytest.mark.protoc

SETTINGS = {
    "smooth_l1_loss_param": "optional float sigma = 1 [default = 1];",
    "psroi_pooling_param": """required float spatial_scale = 1; required int32 output_dim = 2;
      required int32 group_size = 3;""",
    "box_annotator_ohem_param": """required uint32 roi_per_img = 1;
      optional int32 ignore_label = 2 [default = -1];""",
    "reorg_param": "optional uint32 stride = 1; optional bool reverse = 2 [default = false];",
    "region_loss_param": "optional uint32 side = 1 [default = 13];",
    "eval_detection_param": """optional uint32 side = 1 [default = 7];
      optional uint32 num_class = 2 [default = 20];
      optional uint32 num_object = 3 [default = 2];""",
    "detection_evaluate_param": """optional uint32 num_classes = 1;
      optional uint32 background_label_id = 2 [default = 0];""",
    "seg_accuracy_param": "repeated int32 ignore_label = 2;",
    "center_loss_param": """optional uint32 num_output = 1;
      optional FillerParameter center_filler = 2; optional int32 axis = 3 [default = 1];""",
}
PSROI = "psroi_pooling_param {{ spatial_scale: 0.0625 output_dim: {} group_size: {} }}"
LOSSES = {"SmoothL1Loss", "SmoothL1LossOHEM", "SoftmaxWithLossOHEM", "L1Loss", "CenterLoss"}


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> ProtoSchema:
    """A schema with the settings of all these types."""
    return schema_of_layers(tmp_path_factory.mktemp("fork") / "all.proto", SETTINGS)


@pytest.mark.parametrize(
    ("kind", "settings", "bottoms", "tops"),
    [
        # R-FCN on ResNet-101: 21 classes, then 8 coordinates, of 7x7 cells of each region.
        ("PSROIPooling", PSROI.format(21, 7), "1x1029x38x63 300x5", "300x21x7x7"),
        ("PSROIPooling", PSROI.format(8, 7), "1x392x38x63 300x5", "300x8x7x7"),
        ("PSROIPooling", PSROI.format(2, 3), "2x18x5x4 9x5x1x1", "9x2x3x3"),
        (
            "BoxAnnotatorOHEM",
            "box_annotator_ohem_param { roi_per_img: 128 }",
            "300x5x1x1 300x1x1x1 300x1x1x1 300x8x1x1",
            "300x1x1x1 300x8x1x1",
        ),
        ("SmoothL1Loss", "", "128x84 128x84 128x84 128x84", "()"),
        ("SmoothL1Loss", "", "1x36x14x14 1x36x14x14", "()"),
        ("SmoothL1LossOHEM", "", "300x8x1x1 300x8x1x1 300x8x1x1", "()"),
        ("SmoothL1LossOHEM", "", "300x8x2x3 300x8x2x3", "() 300x1x2x3"),
        ("SoftmaxWithLossOHEM", "", "300x21x1x1 300x1x1x1", "() 300x21x1x1 300x1x1x1"),
        ("SoftmaxWithLossOHEM", "softmax_param { axis: 2 }", "3x4x5x6 3x4x6", "() 3x4x5x6"),
        ("L1Loss", "", "10x4x28x28 10x4x28x28", "()"),
        ("L1Loss", "", "10x4x6 10x24", "()"),
        # YOLO v2: 26x26 places of 64 channels go to 13x13 of 256.
        ("Reorg", "reorg_param { stride: 2 }", "1x64x26x26", "1x256x13x13"),
        ("Reorg", "reorg_param { stride: 3 }", "1x2x7x9", "1x18x2x3"),
        ("Reorg", "reorg_param { stride: 2 reverse: true }", "1x256x13x13", "1x64x26x26"),
        ("RegionLoss", "", "2x125x13x13 2x150", "()"),
        (
            "EvalDetection",
            "eval_detection_param { side: 13 num_class: 20 num_object: 5 }",
            "2x13x13x125 2x150",
            "2x3400",
        ),
        (
            "DetectionEvaluate",
            "detection_evaluate_param { num_classes: 21 }",
            "1x1x200x7 1x1x9x8",
            "1x1x220x5",
        ),
        (
            "DetectionEvaluate",
            "detection_evaluate_param { num_classes: 3 background_label_id: 4294967295 }",
            "1x1x1x7 1x1x1x8",
            "1x1x4x5",
        ),
        ("SegAccuracy", "", "2x19x713x713 2x1x713x713", "1x1x1x3"),
    ],
)
def test_shapes(schema: ProtoSchema, kind: str, settings: str, bottoms: str, tops: str) -> None:
    number = len(tops.split())
    if kind in LOSSES and number > 1:
        settings += " loss_weight: 0" * number
    found = set_up(schema, kind, settings, bottoms, number)
    assert [text(shape) for shape in found.top_shapes] == tops.split()
    assert found.parameters == 0


@pytest.mark.parametrize(
    ("kind", "settings", "bottoms", "problem"),
    [
        ("PSROIPooling", PSROI.format(21, 7), "1x1024x9x9 3x5", "21 and group_size 7 take 1029"),
        ("PSROIPooling", PSROI.format(-1, 7), "1x49x9x9 3x5", "output_dim is -1"),
        ("BoxAnnotatorOHEM", "box_annotator_ohem_param { roi_per_img: 0 }", "3x5 3 3 3x8", "is 0"),
        (
            "BoxAnnotatorOHEM",
            "box_annotator_ohem_param { roi_per_img: 2 }",
            "3x4 3 3 3x8",
            "must have 5 channels",
        ),
        (
            "BoxAnnotatorOHEM",
            "box_annotator_ohem_param { roi_per_img: 2 }",
            "3x5 3 2 3x8",
            "bottom[2] is 2; it must be 3x1x1x1",
        ),
        ("SmoothL1Loss", "", "3x8 3x8 3x8", "3 bottoms; it has 2 or 4"),
        ("SmoothL1Loss", "", "3x8 3x8x2", "bottom[0] is 3x8 and bottom[1] 3x8x2"),
        ("SmoothL1Loss", "", "3x8 2x8", "their first axis must be the same"),
        ("SmoothL1LossOHEM", "", "3x8 3x8 3x9", "bottom[2] 3x9"),
        ("SoftmaxWithLossOHEM", "", "3x8 3x2", "takes 3"),
        ("L1Loss", "", "3x8 3x9", "they must be as many"),
        ("CenterLoss", "", "3x8 3x1", "num_output is 0"),
        ("CenterLoss", "center_loss_param { num_output: 2 }", "3x8 3x2", "one value for each item"),
        ("Reorg", "", "1x4x4x4", "stride is 0"),
        ("Reorg", "reorg_param { stride: 8 }", "1x4x4x4", "top[0] would have"),
        ("EvalDetection", "", "1x1469 1x9", "98 boxes of 20 classes make 2450 values"),
        ("DetectionEvaluate", "", "1x1x1x7 1x1x1x8", "num_classes is not given"),
        (
            "DetectionEvaluate",
            "detection_evaluate_param { num_classes: 2 }",
            "1x1x1x7 1x1x1x7",
            "bottom[1] is 1x1x1x7; it must be 1x1xNx8",
        ),
        ("SegAccuracy", "", "2x19x5x5 2x1x5x4", "one label for each pixel"),
    ],
)
def test_what_a_fork_refuses(
    schema: ProtoSchema, kind: str, settings: str, bottoms: str, problem: str
) -> None:
    with pytest.raises(PrototxtError) as caught:
        set_up(schema, kind, settings, bottoms, 2 if kind == "BoxAnnotatorOHEM" else 1)
    assert caught.value.message.startswith(f"layer 'l' ({kind}): ")
    assert problem in caught.value.message


def test_centres_are_weights(schema: ProtoSchema) -> None:
    settings = 'center_loss_param { num_output: 10572 center_filler { type: "xavier" } }'
    found = set_up(schema, "CenterLoss", settings, "85x512x1x1 85")
    assert (found.param_shapes, found.loss_weights) == (((10572, 512),), (1.0,))


def test_smooth_l1_of_ssd_has_one_blob_of_weights_and_no_settings(
    schema: ProtoSchema, tmp_path_factory: pytest.TempPathFactory
) -> None:
    ssds = schema_of_layers(tmp_path_factory.mktemp("fork") / "ssd.proto", {"ssd_param": ""})
    assert set_up(ssds, "SmoothL1Loss", "", "1x8 1x8 1x8").top_shapes == ((),)
    with pytest.raises(PrototxtError, match="4 bottoms; it has 2 or 3"):
        set_up(ssds, "SmoothL1Loss", "", "1x8 1x8 1x8 1x8")
    with pytest.raises(PrototxtError, match="3 bottoms; it has 2 or 4"):
        set_up(schema, "SmoothL1Loss", "", "1x8 1x8 1x8")


@pytest.mark.parametrize(
    ("kind", "bottoms", "weight"),
    [
        ("SmoothL1Loss", "1x8 1x8", 0.0),
        ("SmoothL1LossOHEM", "1x8 1x8", 0.0),
        ("SoftmaxWithLossOHEM", "1x8 1", 1.0),
        ("L1Loss", "1x8 1x8", 1.0),
    ],
)
def test_what_a_loss_weighs_where_the_net_does_not_say(
    schema: ProtoSchema, kind: str, bottoms: str, weight: float
) -> None:
    """Two of these do not call the set-up of all losses, which is where a loss gets its 1."""
    assert set_up(schema, kind, "", bottoms).loss_weights == (weight,)
    assert set_up(schema, kind, "loss_weight: 3", bottoms).loss_weights == (3.0,)
    made = net(schema, kind, "", bottoms)
    made.layer[-1].ClearField("top")
    assert infer_shapes(made, "TEST").layers[-1].top_shapes == ((),)
    assert NetGraph.of(made, "TEST").nodes[-1].loss_weight == weight
