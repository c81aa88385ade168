"""Data layers of forks: what their settings, or the caller, say of their images."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from caffe_multilabel.caffe.layers import FORK_TYPES
from caffe_multilabel.caffe.shapes import infer_shapes
from caffe_multilabel.errors import PrototxtError
from caffe_multilabel.nets.lint import lint_net
from caffe_multilabel.nets.summary import summarise
from fork_tools import fork_schema, net, set_up, text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from caffe_multilabel.caffe.proto import ProtoSchema

pytestmark = pytest.mark.protoc

CLIPS = """optional uint32 batch_size = 4; optional uint32 new_height = 9 [default = 0];
  optional uint32 new_width = 10 [default = 0]; optional uint32 new_length = 11 [default = 1];
  optional uint32 num_segments = 12 [default = 1]; enum Modality { RGB = 0; FLOW = 1; }
  optional Modality modality = 13 [default = FLOW]; optional bool grayscale = 16;"""
FRAMES = "optional string video_file = 3;"


def schema_with(path: Path, video: str) -> ProtoSchema:
    """A schema with the settings of all these layers; `video` are those of VideoData."""
    return fork_schema(
        path,
        LayerParameter=f"""message Anno {{}} optional Anno annotated_data_param = 300;
          message Video {{ {video} }} optional Video video_data_param = 301;
          message Dense {{ optional string source = 1; optional uint32 batch_size = 2;
            optional uint32 new_height = 5; optional uint32 new_width = 6;
            optional bool is_color = 7 [default = true]; optional bool mirror = 10;
            optional uint32 crop_width = 11; optional uint32 crop_height = 12; }}
          optional Dense dense_image_data_param = 302;""",
        TransformationParameter="""
          message Resize {
            enum Mode { WARP = 1; FIT_SMALL_SIZE = 2; FIT_LARGE_SIZE_AND_PAD = 3; }
            optional Mode resize_mode = 2; optional uint32 height = 3; optional uint32 width = 4;
          }
          optional Resize resize_param = 80; optional uint32 crop_h = 81;
          optional uint32 crop_w = 82; optional uint32 crop_height = 83;
          optional uint32 crop_width = 84;""",
    )


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> ProtoSchema:
    return schema_with(tmp_path_factory.mktemp("fork") / "frames.proto", FRAMES)


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> ProtoSchema:
    return schema_with(tmp_path_factory.mktemp("fork") / "clips.proto", CLIPS)


SSD300 = "transform_param { resize_param { resize_mode: WARP height: 300 width: 200 } }"
FIT = "transform_param { resize_param { resize_mode: FIT_SMALL_SIZE height: 300 width: 300 } }"


@pytest.mark.parametrize(
    ("kind", "settings", "given", "tops"),
    [
        ("AnnotatedData", f"data_param {{ batch_size: 8 }} {SSD300}", None, "8x3x300x200 1x1x1x8"),
        (
            "AnnotatedData",
            "data_param { batch_size: 8 } transform_param { crop_h: 4 crop_w: 5 force_gray: true }",
            None,
            "8x1x4x5 1x1x1x8",
        ),
        ("AnnotatedData", f"data_param {{ batch_size: 8 }} {SSD300}", (1, 9, 9), "8x1x300x200"),
        ("AnnotatedData", f"data_param {{ batch_size: 1 }} {FIT}", (1, 3, 300, 400), "1x3x300x400"),
        (
            "AnnotatedData",
            "data_param { batch_size: 8 } transform_param { crop_h: 4 }",
            (3, 6, 7),
            "8x3x4x7",
        ),
        # Of the small size fitted, the float32 of the proportions is cut off.
        ("AnnotatedData", f"data_param {{ batch_size: 1 }} {FIT}", (3, 600, 801), "1x3x300x400"),
        ("AnnotatedData", f"data_param {{ batch_size: 1 }} {FIT}", (3, 500, 375), "1x3x400x300"),
        ("AnnotatedData", f"data_param {{ batch_size: 1 }} {FIT}", (3, 33, 10), "1x3x990x300"),
        ("VideoData", f"data_param {{ batch_size: 2 }} {SSD300}", None, "2x3x300x200 2"),
        (
            "DenseImageData",  # SegNet on CamVid
            "dense_image_data_param { batch_size: 4 new_height: 360 new_width: 480 }",
            None,
            "4x3x360x480 4x1x360x480",
        ),
        (
            "DenseImageData",
            """dense_image_data_param { batch_size: 4 new_height: 360 new_width: 480
              crop_height: 32 crop_width: 64 is_color: false }""",
            None,
            "4x1x32x64 4x1x32x64",
        ),
        (
            "DenseImageData",
            "dense_image_data_param { batch_size: 4 }",
            (3, 5, 6),
            "4x3x5x6 4x1x5x6",
        ),
        (
            "ImageSegData",  # PSPNet on Cityscapes
            """image_data_param { batch_size: 2 }
              transform_param { crop_height: 713 crop_width: 709 }""",
            None,
            "2x3x713x709 2x1x713x709 2x1x1x2",
        ),
        (
            "ImageSegData",
            "image_data_param { new_height: 5 new_width: 6 } transform_param { crop_size: 4 }",
            None,
            "1x3x4x4 1x1x4x4",
        ),
    ],
)
def test_shapes(
    schema: ProtoSchema, kind: str, settings: str, given: Sequence[int] | None, tops: str
) -> None:
    shapes = {} if given is None else {"t0": given}
    found = set_up(schema, kind, settings, "", len(tops.split()), **shapes)
    assert [text(shape) for shape in found.top_shapes] == tops.split()


@pytest.mark.parametrize(
    ("settings", "top"),
    [
        ("batch_size: 3 new_length: 5", "3x10x224x224"),
        ("batch_size: 3 new_length: 5 num_segments: 3", "3x30x224x224"),
        ("batch_size: 3 modality: RGB", "3x3x224x224"),
        ("batch_size: 3 modality: RGB new_length: 2 grayscale: true", "3x2x224x224"),
    ],
)
def test_clips_of_videos(clips: ProtoSchema, settings: str, top: str) -> None:
    settings = f"video_data_param {{ {settings} }} transform_param {{ crop_size: 224 }}"
    found = set_up(clips, "VideoData", settings, "", 2)
    assert [text(shape) for shape in found.top_shapes] == [top, "3x1x1x1"]


@pytest.mark.parametrize(
    ("kind", "settings", "problem"),
    [
        ("AnnotatedData", SSD300, "batch_size is 0"),
        ("AnnotatedData", f"data_param {{ batch_size: 1 }} {FIT}", "does not say how large"),
        (
            "AnnotatedData",
            """data_param { batch_size: 1 } transform_param { crop_size: 9
              resize_param { height: 8 width: 9 } }""",
            "the crop is 9x9, of images of 8x9",
        ),
        (
            "VideoData",
            "data_param { batch_size: 1 } transform_param { resize_param { width: 9 } }",
            "height is 0",
        ),
        ("DenseImageData", "dense_image_data_param { batch_size: 1 new_width: 4 }", "go together"),
        ("DenseImageData", "dense_image_data_param { batch_size: 1 crop_width: 4 }", "go together"),
        ("ImageSegData", "transform_param { crop_height: 4 }", "do not fit"),
        ("ImageSegData", "transform_param { mean_file: 'm' crop_size: 4 }", "use mean_value"),
        (
            "ImageSegData",
            "transform_param { mean_value: [1, 2] crop_size: 4 }",
            "mean_value is given 2 times",
        ),
        ("VideoData", "data_param { batch_size: 1 }", "does not say how large"),
    ],
)
def test_what_a_fork_refuses(schema: ProtoSchema, kind: str, settings: str, problem: str) -> None:
    with pytest.raises(PrototxtError) as caught:
        set_up(schema, kind, settings, "", 2)
    assert caught.value.message.startswith(f"layer 'l' ({kind}): ")
    assert problem in caught.value.message


def test_a_shape_that_no_image_has_is_refused(schema: ProtoSchema) -> None:
    with pytest.raises(PrototxtError, match="the shape given is 4x4; records of"):
        set_up(schema, "VideoData", "data_param { batch_size: 1 }", "", 1, t0=(4, 4))


def test_labels_are_as_the_caller_says(schema: ProtoSchema) -> None:
    settings = f"data_param {{ batch_size: 8 }} {SSD300}"
    found = set_up(schema, "AnnotatedData", settings, "", 2, t1=(1, 1, 40, 8))
    assert found.top_shapes == ((8, 3, 300, 200), (1, 1, 40, 8))


def test_a_fork_says_how_large_its_batches_are(schema: ProtoSchema) -> None:
    made = net(schema, "AnnotatedData", f"data_param {{ batch_size: 8 }} {SSD300}", "", 2)
    assert summarise(made, "TRAIN").totals.batch_size == 8
    (channels, boxes) = infer_shapes(made, "TRAIN").assumptions
    assert "3 channels" in channels
    assert "one box" in boxes


@pytest.mark.parametrize(
    ("settings", "rules"),
    [(SSD300, {"fork"}), (FIT, {"fork", "unknown-size"})],
)
def test_lint_says_what_nothing_tells(schema: ProtoSchema, settings: str, rules: set[str]) -> None:
    made = net(schema, "AnnotatedData", f"data_param {{ batch_size: 1 }} {settings}", "", 1)
    found = {finding.rule for finding in lint_net(made)}
    assert found & {"fork", "shape", "unknown-size"} == rules


def test_all_data_layers_of_forks_are_here() -> None:
    data = {name for name, entry in FORK_TYPES.items() if entry.kind == "data"}
    assert data == {"AnnotatedData", "DenseImageData", "ImageSegData", "VideoData"}
