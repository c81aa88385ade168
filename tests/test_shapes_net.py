"""A whole net: phases, connections, shared weights, loss weights, what is recorded."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

import pytest

from caffe_multilabel.caffe.net_state import Phase, select_layers
from caffe_multilabel.caffe.proto import ProtoSchema, parse_text
from caffe_multilabel.caffe.shapes import NetShapes, infer_shapes
from caffe_multilabel.errors import OptionError, PrototxtError

if TYPE_CHECKING:
    from pathlib import Path

X = 'layer { name: "in" type: "Input" top: "x" input_param { shape { dim: 4 dim: 3 } } }'
Y = 'layer { name: "lab" type: "Input" top: "y" input_param { shape { dim: 4 dim: 3 } } }'


def set_up(text: str) -> NetShapes:
    return infer_shapes(parse_text(text, "NetParameter"), "TEST")


def layer(name: str, type_name: str, bottoms: str, tops: str, body: str = "") -> str:
    """Return a layer; bottoms and tops are names with spaces between."""
    blobs = " ".join([f'bottom: "{b}"' for b in bottoms.split()])
    blobs += " ".join([f' top: "{t}"' for t in tops.split()])
    return f'layer {{ name: "{name}" type: "{type_name}" {blobs} {body} }}\n'


def dense(name: str, bottom: str, top: str, *params: str) -> str:
    specs = " ".join(f"param {{ {param} }}" for param in params)
    return layer(
        name, "InnerProduct", bottom, top, f"{specs} inner_product_param {{ num_output: 3 }}"
    )


def refusal(text: str) -> str:
    with pytest.raises(PrototxtError) as caught:
        set_up(text)
    return caught.value.message


# ---- The layers of a phase ----


@pytest.mark.parametrize(
    ("rules", "phase", "stages", "level", "kept"),
    [
        ("", "TEST", (), 0, True),
        ("include { phase: TEST }", "TEST", (), 0, True),
        ("include { phase: TEST }", "TRAIN", (), 0, False),
        ("exclude { phase: TEST }", "TEST", (), 0, False),
        ("exclude { phase: TEST } exclude { phase: TRAIN }", "TEST", (), 0, False),
        ("include { phase: TRAIN } include { stage: 'a' }", "TEST", ("a",), 0, True),
        ("include { stage: 'a' stage: 'b' }", "TEST", ("a",), 0, False),
        ("include { stage: 'a' stage: 'b' }", "TEST", ("a", "b", "c"), 0, True),
        ("include { not_stage: 'a' }", "TEST", ("a", "b"), 0, False),
        ("include { not_stage: 'a' }", "TEST", ("b",), 0, True),
        ("include { min_level: 1 }", "TEST", (), 0, False),
        ("include { min_level: 1 max_level: 2 }", "TEST", (), 2, True),
        ("include { max_level: 2 }", "TEST", (), 3, False),
        ("include {}", "TEST", (), 0, True),
        ("exclude {}", "TEST", (), 0, False),
        ("include { stage: 'file' }", "TEST", ("a",), 0, True),  # a stage in net.state
    ],
)
def test_include_and_exclude(
    rules: str, phase: Phase, stages: tuple[str, ...], level: int, kept: bool
) -> None:
    net = parse_text(
        f"state {{ stage: 'file' }} {X} {layer('r', 'ReLU', 'x', 'r', rules)}", "NetParameter"
    )
    selected = select_layers(net, phase, stages=stages, level=level)
    assert [index for index, _ in selected] == ([0, 1] if kept else [0])


def test_include_with_exclude_is_an_error() -> None:
    rules = "include { phase: TEST } exclude { phase: TRAIN }"
    assert refusal(X + layer("r", "ReLU", "x", "r", rules)) == (
        "layer 'r' (ReLU): it has include and exclude rules; only one kind is allowed"
    )


def test_a_phase_is_train_or_test() -> None:
    with pytest.raises(OptionError, match="phase is 'Test'; it is one of TRAIN, TEST"):
        infer_shapes(parse_text(X, "NetParameter"), "Test")  # type: ignore[arg-type]


def test_a_net_of_an_old_format_is_an_error() -> None:
    with pytest.raises(PrototxtError, match="'layers', of an old format; upgrade_net first"):
        set_up("layers { type: RELU }")


# ---- Connections ----


def test_layers_in_place_and_outputs() -> None:
    shapes = set_up(
        X
        + dense("fc", "x", "fc")
        + layer("r", "ReLU", "fc", "fc")
        + layer("s", "Split", "fc", "a b")
        + layer("t", "TanH", "a", "t")
    )
    assert shapes.blobs == dict.fromkeys(["x", "fc", "a", "b", "t"], (4, 3))
    assert shapes.outputs == ("b", "t")
    relu = shapes.layers[2]
    assert (relu.bottoms, relu.tops, relu.index) == (("fc",), ("fc",), 2)


def test_an_unnamed_loss_is_no_output() -> None:
    assert set_up(X + Y + layer("l", "EuclideanLoss", "x y", "")).outputs == ()


MADE = "is made by layer"
IN_PLACE = "is in place of its bottom"
SECOND_USE = f"{IN_PLACE}, which is used a second time, as a bottom or as a loss"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (layer("r", "ReLU", "fc7", "r"), "unknown bottom blob 'fc7' (bottom index 0); no layer"),
        (dense("fc6", "x", "fc6") + layer("r", "ReLU", "fc", "r"), "; did you mean 'fc6'?"),
        (layer("r", "ReLU", "fc", "r") + dense("f", "x", "fc"), "; layer 'f' makes it, further"),
        (
            layer("f", "ReLU", "x", "fc", "include { phase: TRAIN }")
            + layer("r", "ReLU", "fc", "r"),
            "; layer 'f' makes it, in another phase, stage or level only",
        ),
        (layer("r", "ReLU", "r", "r"), "; it is its own top"),
        (
            layer("a", "ReLU", "x", "t") + layer("r", "ReLU", "x", "t"),
            f"top 't' {MADE} 'a' already",
        ),
        (layer("r", "Slice", "x", "x1 x"), f"top 'x' {MADE} 'in' already"),
        # Both read the x of the input, so Caffe gives each a copy of another name.
        (
            layer("a", "TanH", "x", "t") + layer("r", "ReLU", "x", "x"),
            f"top 'x' {IN_PLACE}, which layer 'a' reads too; give the top another name",
        ),
        (layer("r", "Eltwise", "x x", "x"), f"top 'x' {SECOND_USE}"),
        (
            layer("p", "Power", "x", "p", "loss_weight: 1") + layer("r", "ReLU", "p", "p"),
            f"top 'p' {SECOND_USE}",
        ),
        (layer("r", "Flatten", "x", "x"), f"top 'x' {IN_PLACE}, which this type does not allow"),
        (
            layer("r", "Tile", "x", "x", "tile_param { tiles: 2 }"),
            f"top 'x' {IN_PLACE}, 4x3, and would make it 4x6",
        ),
    ],
)
def test_layers_that_do_not_connect(text: str, message: str) -> None:
    found = refusal(X + text)
    assert found.startswith("layer 'r' (")
    assert message in found


def test_a_blob_may_be_read_after_it_was_changed_in_place() -> None:
    text = (
        X
        + layer("r", "ReLU", "x", "x")
        + layer("a", "TanH", "x", "a")
        + layer("b", "TanH", "x", "b")
    )
    assert set_up(text).outputs == ("a", "b")


def test_duplicate_layer_names_are_recorded() -> None:
    text = X + layer("r", "ReLU", "x", "a") + layer("r", "ReLU", "a", "b")
    assert set_up(text).duplicate_names == ("r",)
    other_phase = layer("r", "ReLU", "x", "c", "include { phase: TRAIN }")
    assert set_up(X + layer("r", "ReLU", "x", "a") + other_phase).duplicate_names == ()


# ---- Weights ----


def test_shared_weights_count_once() -> None:
    shapes = set_up(
        X + Y + dense("a", "x", "a", "name: 'w'", "name: 'b'") + dense("b", "y", "b", "name: 'w'")
    )
    assert [part.param_shapes for part in shapes.layers[2:]] == [((3, 3), (3,))] * 2
    assert [part.parameters for part in shapes.layers[2:]] == [12, 3]
    assert (shapes.parameters, shapes.multiply_adds) == (15, 72)


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        (
            ["", "name: 'w'"],
            ["name: 'w'"],
            "weights 'w' are 3x3 here and 3 in layer 'a', which owns them",
        ),
        (
            ["", "name: 'w'"],
            ["name: 'w' share_mode: PERMISSIVE"],
            "weights 'w' are 3x3 here and 3 in layer 'a', which owns them",
        ),
        (
            ["name: 'w' lr_mult: 1"],
            ["name: 'w' lr_mult: 2"],
            (
                "lr_mult of the shared weights 'w' is 2 here and 1 in a layer "
                "before; it must be the same"
            ),
        ),
        (
            ["name: 'w' decay_mult: 1"],
            ["name: 'w' decay_mult: 0"],
            (
                "decay_mult of the shared weights 'w' is 0 here and 1 in a "
                "layer before; it must be the same"
            ),
        ),
    ],
)
def test_weights_that_cannot_be_shared(first: list[str], second: list[str], message: str) -> None:
    text = X + dense("a", "x", "a", *first) + dense("b", "a", "b", *second)
    assert refusal(text) == f"layer 'b' (InnerProduct): {message}"


def test_permissive_sharing_compares_counts_only() -> None:
    wide = 'layer { name: "in" type: "Input" top: "x" input_param { shape { dim: 4 dim: 5 } } }'
    body = "inner_product_param {{ num_output: 3 bias_term: false transpose: {} }}"
    first = layer("a", "InnerProduct", "x", "a", "param { name: 'w' }" + body.format("false"))
    shared = "param { name: 'w' share_mode: PERMISSIVE }" + body.format("true")
    assert set_up(wide + first + layer("b", "InnerProduct", "x", "b", shared)).parameters == 15
    strict = layer("b", "InnerProduct", "x", "b", shared.replace("PERMISSIVE", "STRICT"))
    assert "weights 'w' are 5x3 here and 3x5 in layer 'a'" in refusal(wide + first + strict)


# ---- Losses ----


def test_loss_weights_are_what_the_net_says() -> None:
    text = (
        X
        + Y
        + layer("a", "EuclideanLoss", "x y", "a", "loss_weight: 0.25")
        + layer("b", "EuclideanLoss", "x y", "b")
        + layer("s", "Power", "x", "s", "loss_weight: 3")
    )
    weights = {part.name: part.loss_weights for part in set_up(text).layers}
    assert weights == {"in": (0.0,), "lab": (0.0,), "a": (0.25,), "b": (1.0,), "s": (3.0,)}


# ---- Forks ----


@pytest.mark.protoc
def test_a_net_of_a_fork_is_taken_for_one_of_bvlc(tmp_path: Path) -> None:
    # As in forks from before 2018: no round_mode, and a field of their own.
    fork = tmp_path / "fork.proto"
    fork.write_text(
        """syntax = "proto2"; package caffe;
        message NetParameter { optional string name = 1; repeated LayerParameter layer = 100;
          repeated string input = 3; repeated LayerParameter layers = 2; }
        message LayerParameter { optional string name = 1; optional string type = 2;
          repeated string bottom = 3; repeated string top = 4;
          optional InputParameter input_param = 143;
          optional PoolingParameter pooling_param = 121; }
        message InputParameter { repeated BlobShape shape = 1; }
        message BlobShape { repeated int64 dim = 1 [packed = true]; }
        message PoolingParameter { optional uint32 kernel_size = 2;
          optional uint32 stride = 3 [default = 1]; optional float temperature = 77; }"""
    )
    net = parse_text(
        """layer { name: "in" type: "Input" top: "x"
                   input_param { shape { dim: 1 dim: 2 dim: 6 dim: 6 } } }
           layer { name: "p" type: "Pooling" bottom: "x" top: "y"
                   pooling_param { kernel_size: 3 stride: 2 temperature: 1 } }""",
        "NetParameter",
        proto=ProtoSchema.load(fork),
    )
    assert infer_shapes(net, "TEST").blobs["y"] == (1, 2, 3, 3)


@pytest.mark.parametrize(
    "text",
    [
        'layer { name: "x" type: "ReLU" bottom: "b" top: "c" }',
        'layer { name: "x" type: "InnerProduct" bottom: "a" top: "c" }',
        'layer { name: "x" type: "TanH" bottom: "a" top: "c" loss_weight: [1, 1] }',
        'layer { name: "x" type: "TanH" bottom: "a" top: "c" param { } }',
        'layer { name: "x" type: "TanH" bottom: "a" top: "t" }',
    ],
)
def test_the_index_of_the_layer_that_does_not_fit(text: str) -> None:
    # Both layers have the name "x", and the first one fits.
    above = (
        'layer { name: "in" type: "Input" top: "a" input_param { shape { dim: 1 } } }'
        'layer { name: "x" type: "TanH" bottom: "a" top: "t" }'
    )
    with pytest.raises(PrototxtError) as caught:
        set_up(above + text)
    assert (caught.value.key, caught.value.index) == ("x", 2)
    assert pickle.loads(pickle.dumps(caught.value)).index == 2
