"""Layer types of forks, with their settings in the fork's own messages.

Sizes are worked out by hand from each fork's C++ source; those of whole nets are the published.
"""

from __future__ import annotations

from typing import Any

import pytest

from caffe_multilabel.caffe.layers import FORK_TYPES, LAYER_TYPES
from caffe_multilabel.caffe.proto import ProtoSchema, parse_text, upgrade_net
from caffe_multilabel.caffe.shapes import infer_shapes
from caffe_multilabel.errors import PrototxtError
from caffe_multilabel.nets.lint import lint_net
from fork_tools import fork_schema, net, set_up, text

pytestmark = pytest.mark.protoc

MESSAGES = {
    "PriorBox": """repeated float min_size = 1; repeated float max_size = 2;
      repeated float aspect_ratio = 3; optional bool flip = 4 [default = true];
      repeated float variance = 6; optional uint32 img_size = 7;""",
    "Permute": "repeated uint32 order = 1;",
    "Norm": """optional bool across_spatial = 1 [default = true];
      optional FillerParameter scale_filler = 2;
      optional bool channel_shared = 3 [default = true];""",
    "DetectionOutput": """optional uint32 num_classes = 1;
      optional bool share_location = 2 [default = true];""",
    "MultiboxLoss": """optional uint32 num_classes = 4;
      optional bool share_location = 5 [default = true];""",
    "RoiPooling": """optional uint32 pooled_h = 1 [default = 0];
      optional uint32 pooled_w = 2 [default = 0];""",
    "ShuffleChannel": "optional uint32 group = 1 [default = 1];",
    "Interp": """optional int32 height = 1; optional int32 width = 2;
      optional int32 zoom_factor = 3; optional int32 shrink_factor = 4;
      optional int32 pad_beg = 5; optional int32 pad_end = 6;""",
    "Upsample": """optional uint32 scale = 1 [default = 2]; optional uint32 scale_h = 2;
      optional uint32 scale_w = 3; optional bool pad_out_h = 4; optional bool pad_out_w = 5;
      optional uint32 upsample_h = 6; optional uint32 upsample_w = 7;""",
    "Bn": "optional FillerParameter scale_filler = 1; optional FillerParameter shift_filler = 2;",
}
FIELDS = {
    "PriorBox": "prior_box_param",
    "Permute": "permute_param",
    "Norm": "norm_param",
    "DetectionOutput": "detection_output_param",
    "MultiboxLoss": "multibox_loss_param",
    "RoiPooling": "roi_pooling_param",
    "ShuffleChannel": "shuffle_channel_param",
    "Interp": "interp_param",
    "Upsample": "upsample_param",
    "Bn": "bn_param",
}


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> ProtoSchema:
    """A schema with the messages of all forks, under numbers that BVLC Caffe uses otherwise."""
    return schema_with(tmp_path_factory.mktemp("fork") / "all.proto", MESSAGES)


def schema_with(path: Any, messages: dict[str, str]) -> ProtoSchema:
    text = " ".join(
        f"message My{name} {{ {fields} }} optional My{name} {FIELDS[name]} = {number};"
        for number, (name, fields) in enumerate(messages.items(), start=300)
    )
    return fork_schema(path, LayerParameter=text)


@pytest.mark.parametrize(
    ("kind", "settings", "bottoms", "top", "weights"),
    [
        # SSD300: conv4_3 has 4 boxes a place, fc7 has 6.
        (
            "PriorBox",
            "prior_box_param { min_size: 30 max_size: 60 aspect_ratio: 2 }",
            "8x512x38x38 8x3x300x300",
            "1x2x23104",
            "",
        ),
        (
            "PriorBox",
            "prior_box_param { min_size: 60 max_size: 111 aspect_ratio: 2 aspect_ratio: 3 }",
            "1x1024x19x19 1x3x300x300",
            "1x2x8664",
            "",
        ),
        ("PriorBox", "prior_box_param { min_size: 9 img_size: 8 }", "1x3x2x5", "1x2x40", ""),
        (
            "PriorBox",  # 1 and 2 are there once, and nothing is turned
            "prior_box_param { min_size: [1, 2] aspect_ratio: [1, 2, 2] flip: false }",
            "1x3x2x2 1x3x9x9",
            "1x2x64",
            "",
        ),
        ("Permute", "permute_param { order: [0, 2, 3, 1] }", "2x12x5x7", "2x5x7x12", ""),
        ("Permute", "permute_param { order: 2 }", "2x3x4x5", "4x2x3x5", ""),
        ("Permute", "", "2x3", "2x3", ""),
        ("Normalize", "", "1x512x38x38", "1x512x38x38", "()"),
        ("Normalize", "norm_param { channel_shared: false }", "1x512x3x3", "1x512x3x3", "512"),
        (
            "DetectionOutput",
            "detection_output_param { num_classes: 21 }",
            "2x7668 2x40257 1x2x7668",
            "1x1x1x7",
            "",
        ),
        (
            "DetectionOutput",
            "detection_output_param { num_classes: 3 share_location: false }",
            "2x60 2x15 1x2x20 2x3x300x300",
            "1x1x1x7",
            "",
        ),
        (
            "MultiBoxLoss",
            "multibox_loss_param { num_classes: 21 }",
            "4x7668 4x40257 1x2x7668 1x1x9x8",
            "()",
            "",
        ),
        # Fast R-CNN on VGG16.
        (
            "ROIPooling",
            "roi_pooling_param { pooled_h: 7 pooled_w: 7 }",
            "1x512x38x50 300x5",
            "300x512x7x7",
            "",
        ),
        (
            "ROIPooling",
            "roi_pooling_param { pooled_h: 6 pooled_w: 3 }",
            "1x8x9x9 4x5",
            "4x8x6x3",
            "",
        ),
        ("ShuffleChannel", "shuffle_channel_param { group: 3 }", "1x240x28x28", "1x240x28x28", ""),
        ("ShuffleChannel", "", "2x6", "2x6x1x1", ""),
        ("ReLU6", "", "2x6x3", "2x6x3", ""),
        # PSPNet: 6x6 and 3x3 cells become 60x60, 60x60 becomes 473x473.
        ("Interp", "interp_param { height: 60 width: 60 }", "1x512x6x6", "1x512x60x60", ""),
        ("Interp", "interp_param { zoom_factor: 8 }", "1x150x60x60", "1x150x473x473", ""),
        ("Interp", "interp_param { shrink_factor: 8 }", "1x3x473x321", "1x3x60x41", ""),
        ("Interp", "interp_param { shrink_factor: 2 zoom_factor: 3 }", "1x3x9x10", "1x3x13x13", ""),
        (
            "Interp",
            "interp_param { zoom_factor: 2 pad_beg: -1 pad_end: -2 }",
            "1x3x9x8",
            "1x3x11x9",
            "",
        ),
        # SegNet: a mask of 12x15, of 23x30 or an exact size.
        ("Upsample", "", "1x512x12x15 1x512x12x15", "1x512x24x30", ""),
        (
            "Upsample",
            "upsample_param { scale: 2 pad_out_h: true }",
            "1x2x12x15 1x2x12x15",
            "1x2x23x30",
            "",
        ),
        (
            "Upsample",
            "upsample_param { scale_h: 3 scale_w: 2 }",
            "1x2x4x5 1x2x4x5",
            "1x2x12x10",
            "",
        ),
        (
            "Upsample",
            "upsample_param { upsample_h: 23 upsample_w: 30 }",
            "1x2x12x15 1x2x12x15",
            "1x2x23x30",
            "",
        ),
        ("BN", "", "2x64x8x8", "2x64x8x8", "1x64x1x1 1x64x1x1"),
        (
            "DepthwiseConvolution",
            "convolution_param { num_output: 32 group: 32 kernel_size: 3 pad: 1 bias_term: false }",
            "1x32x112x112",
            "1x32x112x112",
            "32x1x3x3",
        ),
        # Of its settings it does not read num_output.
        (
            "ConvolutionDepthwise",
            "convolution_param { num_output: 5 kernel_size: 3 pad: 1 stride: 2 }",
            "1x60x56x57",
            "1x60x28x29",
            "60x1x3x3 60",
        ),
        ("Axpy", "", "1x256x1x1 1x256x56x56 1x256x56x56", "1x256x56x56", ""),
        ("Axpy", "", "1x256 1x256x7x7 1x256x7x7", "1x256x7x7", ""),
    ],
)
def test_shapes(
    schema: ProtoSchema, kind: str, settings: str, bottoms: str, top: str, weights: str
) -> None:
    found = set_up(schema, kind, settings, bottoms)
    assert [text(shape) for shape in found.top_shapes] == [top]
    assert " ".join(map(text, found.param_shapes)) == weights
    assert found.loss_weights == ((1.0,) if kind == "MultiBoxLoss" else (0.0,))


@pytest.mark.parametrize(
    ("kind", "settings", "bottoms", "problem"),
    [
        ("PriorBox", "", "1x1x2x2 1x3x9x9", "min_size is not given"),
        (
            "PriorBox",
            "prior_box_param { min_size: [1, 2] max_size: 3 }",
            "1x1x2x2",
            "1 max_size for 2",
        ),
        ("PriorBox", "prior_box_param { min_size: 4 max_size: 3 }", "1x1x2x2", "max_size greater"),
        ("PriorBox", "prior_box_param { min_size: 1 variance: [1, 2] }", "1x1x2x2", "nor 4 times"),
        ("Permute", "permute_param { order: [0, 0] }", "1x2", "order is 0, 0"),
        ("Permute", "permute_param { order: 2 }", "1x2", "order is 2"),
        ("Normalize", "", "3", "it must have 2 to 4 axes"),
        ("DetectionOutput", "", "1x8 1x4 1x2x8", "num_classes is not given"),
        (
            "DetectionOutput",
            "detection_output_param { num_classes: 2 }",
            "1x8 1x5 1x2x8",
            "must be 1 x 4",
        ),
        (
            "DetectionOutput",
            "detection_output_param { num_classes: 2 }",
            "1x8 1x4",
            "it has 3 to 4",
        ),
        (
            "MultiBoxLoss",
            "multibox_loss_param { num_classes: 2 }",
            "1x9 1x4 1x2x8 1x1x1x8",
            "be 1 x 8",
        ),
        (
            "MultiBoxLoss",
            "multibox_loss_param { num_classes: 2 }",
            "2x8 1x4 1x2x8 1x1x1x8",
            "be 2 x 4",
        ),
        ("ROIPooling", "roi_pooling_param { pooled_h: 7 }", "1x2x9x9 3x5", "pooled_w is 0"),
        (
            "ShuffleChannel",
            "shuffle_channel_param { group: 4 }",
            "1x6x2x2",
            "does not divide the 6",
        ),
        ("Interp", "", "1x2x4x4", "the size is not given"),
        ("Interp", "interp_param { height: 4 }", "1x2x4x4", "the size is not given"),
        (
            "Interp",
            "interp_param { zoom_factor: 2 pad_beg: 1 }",
            "1x2x4x4",
            "neither may be positive",
        ),
        (
            "Interp",
            "interp_param { zoom_factor: 2 pad_beg: -4 }",
            "1x2x4x4",
            "leave nothing of bottom[0]",
        ),
        ("Upsample", "", "1x2x4x4 1x2x4x5", "bottom[1], the mask of a pooling, is 1x2x4x5"),
        ("Upsample", "upsample_param { scale: 1 }", "1x2x4x4 1x2x4x4", "scale is 1"),
        (
            "Upsample",
            "upsample_param { scale: 3 pad_out_w: true }",
            "1x2x4x4 1x2x4x4",
            "pad_out_w with",
        ),
        ("Upsample", "upsample_param { scale_h: 3 }", "1x2x4x4 1x2x4x4", "do not fit"),
        ("ConvolutionDepthwise", "convolution_param { kernel_size: 9 }", "1x2x4x4", "does not fit"),
        (
            "DepthwiseConvolution",
            "convolution_param { num_output: 3 group: 2 }",
            "1x2x4x4",
            "divide",
        ),
        ("Axpy", "", "1x3 1x2x4x4 1x2x4x4", "its first two axes must be"),
        ("Axpy", "", "1x2x4x4 1x2x4x4 1x2x4x4", "one value for each channel"),
        ("Axpy", "", "1x2 1x2x4x4 1x2x4x5", "it must be as bottom[1]"),
    ],
)
def test_what_a_fork_refuses(
    schema: ProtoSchema, kind: str, settings: str, bottoms: str, problem: str
) -> None:
    with pytest.raises(PrototxtError) as caught:
        set_up(schema, kind, settings, bottoms)
    assert caught.value.message.startswith(f"layer 'l' ({kind}): ")
    assert problem in caught.value.message


def test_the_work_of_depthwise_convolutions(schema: ProtoSchema) -> None:
    settings = "convolution_param { num_output: 8 group: 8 kernel_size: 3 bias_term: false }"
    for kind in ("DepthwiseConvolution", "ConvolutionDepthwise", "Convolution"):
        found = set_up(schema, kind, settings, "2x8x5x5")
        assert (found.multiply_adds, found.parameters) == (2 * 8 * 3 * 3 * 9, 72)


def test_two_forks_have_a_type_of_one_name(tmp_path: Any) -> None:
    fields = "optional FillerParameter slope_filler = 1; optional FillerParameter bias_filler = 2;"
    four = schema_with(tmp_path / "bn.proto", {"Bn": fields})
    found = set_up(four, "BN", 'bn_param { slope_filler { type: "constant" } }', "2x64x8x8")
    assert [text(shape) for shape in found.param_shapes] == ["1x64x1x1"] * 4
    with pytest.raises(PrototxtError, match="3 tops; it has 1"):
        set_up(four, "BN", "", "2x64x8x8", 3)


def test_statistics_of_a_batch_are_tops_of_segnets(schema: ProtoSchema) -> None:
    found = set_up(schema, "BN", "", "2x64x8x8", 3)
    assert [text(shape) for shape in found.top_shapes] == ["2x64x8x8", "1x64x1x1", "1x64x1x1"]


def test_fields_that_a_fork_of_a_fork_lacks_are_not_set(tmp_path: Any) -> None:
    fields = "optional float min_size = 1; optional float max_size = 2;"  # as SSD first had it
    early = schema_with(tmp_path / "early.proto", {"PriorBox": fields})
    found = set_up(early, "PriorBox", "prior_box_param { min_size: 3 max_size: 6 }", "1x1x2x2")
    assert found.top_shapes == ((1, 2, 2 * 2 * 2 * 4),)


def test_every_type_names_its_fork_and_is_not_bvlcs() -> None:
    assert not set(FORK_TYPES) & set(LAYER_TYPES)
    assert all(name == entry.name for name, entry in FORK_TYPES.items())
    assert all("/" in entry.fork for entry in FORK_TYPES.values())
    assert not any(entry.fork for entry in LAYER_TYPES.values())


# ---- What lint says ----


def test_lint_says_once_that_a_type_is_of_a_fork(schema: ProtoSchema) -> None:
    made = net(schema, "Permute", "permute_param { order: 1 }", "2x3")
    again = made.layer.add()
    again.CopyFrom(made.layer[-2])
    again.name, again.top[0] = "m", "t1"
    (finding,) = lint_net(made)
    assert (finding.rule, finding.severity, finding.layer) == ("fork", "info", "l")
    assert "Permute is a layer type of weiliu89/caffe, branch ssd" in finding.message
    assert "BVLC Caffe stops" in finding.message


@pytest.mark.parametrize("kind", ["Axpy", "ReLU6", "PriorBox"])
def test_in_a_net_of_bvlc_caffe_such_a_type_is_refused(kind: str) -> None:
    plain = net(None, kind, "", "1x2 1x2x3x3 1x2x3x3")
    with pytest.raises(PrototxtError, match=f"'{kind}' .* has.; read the net with the schema of"):
        infer_shapes(plain, "TEST")
    (finding,) = lint_net(plain)
    assert (finding.rule, finding.severity) == ("shape", "error")
    assert "--proto FORK.proto" in finding.fix


def test_a_schema_without_the_settings_of_a_type_cannot_tell_its_shape(tmp_path: Any) -> None:
    other = schema_with(tmp_path / "other.proto", {"Permute": MESSAGES["Permute"]})
    made = net(other, "PriorBox", "", "1x2x3x3")
    assert [finding.rule for finding in lint_net(made)] == ["unknown-size"]
    with pytest.raises(
        PrototxtError, match=r"has\); the schema at hand, without prior_box_param, is"
    ):
        infer_shapes(made, "TEST")


def test_a_filler_of_a_fork(schema: ProtoSchema) -> None:
    settings = "convolution_param {{ num_output: 2 kernel_size: 3 weight_filler {{ type: '{}' }} }}"
    gabor = settings.format("gabor")
    assert set_up(schema, "Convolution", gabor, "1x3x5x5").top_shapes == ((1, 2, 3, 3),)
    with pytest.raises(PrototxtError, match="filler type is 'gabor'"):
        infer_shapes(net(None, "Convolution", gabor, "1x3x5x5"), "TEST")
    with pytest.raises(PrototxtError, match="filler type is 'gabur'"):
        set_up(schema, "Convolution", settings.format("gabur"), "1x3x5x5")


def test_a_type_of_a_fork_in_its_old_enum(tmp_path: Any) -> None:
    schema = fork_schema(
        tmp_path / "v1.proto",
        ("TANH = 23;", "TANH = 23; NORMALIZE = 41;"),
        LayerParameter="message MyNorm {} optional MyNorm norm_param = 300;",
    )
    old = parse_text(
        'input: "x" input_dim: [1, 3, 4, 4] layers { type: NORMALIZE bottom: "x" top: "n" }',
        "NetParameter",
        proto=schema,
    )
    upgrade_net(old)
    assert infer_shapes(old, "TEST").blobs["n"] == (1, 3, 4, 4)
