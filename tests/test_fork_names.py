"""A fork's net is seen as BVLC Caffe's by the names of its fields and values, not by numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from caffe_multilabel.caffe.forks.by_name import as_bvlc, translate
from caffe_multilabel.caffe.layers import FORK_TYPES, LAYER_TYPES
from caffe_multilabel.caffe.proto import (
    ProtoSchema,
    parse_text,
    read_net,
    read_solver,
    upgrade_net,
)
from caffe_multilabel.caffe.proto import write_binary as write
from caffe_multilabel.caffe.proto.upgrade.v1 import current_type
from caffe_multilabel.caffe.shapes import infer_shapes
from caffe_multilabel.nets.lint import lint_net, lint_solver
from fork_tools import fork_schema

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from command_tools import RunCommand

    Fork = Callable[..., ProtoSchema]

pytestmark = pytest.mark.protoc

NUMBERS = (
    ("dilation = 18;", "dilation = 16;"),
    ("optional int32 axis = 16 [default = 1];", "optional int32 axis = 18 [default = 1];"),
    ("scale_param = 142;", "scale_param = 160;"),
    ("flatten_param = 135;", "flatten_param = 142;"),
)
INPUT = """layer { name: "x" type: "Input" top: "x"
  input_param { shape { dim: 1 dim: 3 dim: 12 dim: 12 } } }
"""


@pytest.fixture
def fork(tmp_path: Path) -> Fork:
    def make(*changes: tuple[str, str], **fields: str) -> ProtoSchema:
        return fork_schema(tmp_path / "fork.proto", *changes, **fields)

    return make


def net_of(schema: ProtoSchema, layers: str) -> Any:
    return parse_text(INPUT + layers, "NetParameter", proto=schema)


def shape_of(schema: ProtoSchema, layer: str) -> tuple[int, ...]:
    return infer_shapes(net_of(schema, layer), "TEST").layers[-1].top_shapes[0]


def pooled(schema: ProtoSchema, settings: str) -> int:
    layer = (
        f'layer {{ name: "p" type: "Pooling" bottom: "x" top: "p" pooling_param {{ {settings} }} }}'
    )
    return shape_of(schema, layer)[2]


def test_numbers_of_a_fork_are_its_own(fork: Fork, tmp_path: Path) -> None:
    schema = fork(*NUMBERS)
    layers = """
      layer { name: "c" type: "Convolution" bottom: "x" top: "c"
        convolution_param { num_output: 5 kernel_size: 3 dilation: 3 pad: 1 bias_term: false } }
      layer { name: "s" type: "Scale" bottom: "c" top: "s" scale_param { bias_term: true } }
      layer { name: "f" type: "Flatten" bottom: "s" top: "f" flatten_param { axis: 2 } }
    """
    net = net_of(schema, layers)
    write(tmp_path / "net.caffemodel", net)
    read = read_net(tmp_path / "net.caffemodel", proto=schema)
    for each in (net, read):
        shapes = infer_shapes(each, "TEST")
        assert shapes.blobs["c"] == shapes.blobs["s"] == (1, 5, 8, 8)
        assert shapes.blobs["f"] == (1, 5, 64)
        assert [layer.parameters for layer in shapes.layers] == [0, 5 * 3 * 9, 10, 0]
        assert lint_net(each) == lint_net(parse_text(INPUT + layers, "NetParameter"))


def test_weights_go_over_too(fork: Fork) -> None:
    schema = fork(("repeated float data = 5", "repeated float data = 11"))
    net = net_of(
        schema, 'layer { name: "s" type: "Scale" blobs { data: [0.5, 2] shape { dim: 2 } } }'
    )
    (blob,) = as_bvlc(net).layer[1].blobs
    assert (list(blob.data), list(blob.shape.dim)) == ([0.5, 2], [2])


@pytest.mark.parametrize(
    ("old", "new", "layer", "expected"),
    [
        # Forks of 2015 have one kernel for all axes.
        (
            "repeated uint32 kernel_size = 4;",
            "optional uint32 kernel_size = 4;",
            'type: "Convolution" convolution_param { num_output: 2 kernel_size: 5 }',
            (1, 2, 8, 8),
        ),
        (
            "repeated uint32 stride = 6;",
            "optional uint32 stride = 6 [default = 1];",
            'type: "Convolution" convolution_param { num_output: 2 kernel_size: 5 }',
            (1, 2, 8, 8),
        ),
        (
            "optional uint32 num_output = 1;",
            "optional int64 num_output = 1;",
            'type: "InnerProduct" inner_product_param { num_output: 7 }',
            (1, 7),
        ),
    ],
)
def test_a_field_may_be_of_a_type_that_holds_the_same(
    fork: Fork, old: str, new: str, layer: str, expected: tuple[int, ...]
) -> None:
    layer = f'layer {{ name: "l" bottom: "x" top: "l" {layer} }}'
    assert shape_of(fork((old, new)), layer) == expected


def test_values_of_an_enum_go_by_name(fork: Fork) -> None:
    schema = fork(("{ MAX = 0; AVE = 1;", "{ AVE = 0; MAX = 1;"))
    layer = 'layer { name: "p" type: "Pooling" bottom: "x" top: "p" top: "mask" %s }'
    for settings in ("pool: MAX kernel_size: 2", "kernel_size: 2"):  # MAX by default
        given = net_of(schema, layer % f"pooling_param {{ {settings} }}")
        assert infer_shapes(given, "TEST").blobs["mask"] == (1, 3, 11, 11)
    (finding,) = lint_net(net_of(schema, layer % "pooling_param { pool: AVE kernel_size: 2 }"))
    assert "for MAX pooling only" in finding.fix


@pytest.mark.parametrize(("default", "axes"), [(1, 2), (2, 3), (-1, 4)])
def test_what_is_not_given_is_the_default_of_the_fork(fork: Fork, default: int, axes: int) -> None:
    old = "message FlattenParameter {\n  optional int32 axis = 1 [default = 1];"
    schema = fork((old, old.replace("default = 1", f"default = {default}")))
    top = shape_of(schema, 'layer { name: "f" type: "Flatten" bottom: "x" top: "f" }')
    assert len(top) == axes


@pytest.mark.parametrize("number", [13, 1000])
@pytest.mark.parametrize("default", ["true", "false"])
@pytest.mark.parametrize(
    ("given", "up", "down"),
    [
        ("kernel_size: 3 stride: 2", 6, 5),
        ("kernel_size: 4 stride: 3", 4, 3),
        ("kernel_size: 2 stride: 2", 6, 6),
        # With padding a window that would start past it is left out, however sizes are rounded.
        ("kernel_size: 3 stride: 2 pad: 1", 7, 6),
    ],
)
def test_ceil_mode(fork: Fork, number: int, default: str, given: str, up: int, down: int) -> None:
    schema = fork(
        (
            "optional RoundMode round_mode = 13 [default = CEIL];",
            f"optional bool ceil_mode = {number} [default = {default}];",
        )
    )
    assert pooled(schema, f"{given} ceil_mode: true") == up
    assert pooled(schema, f"{given} ceil_mode: false") == down
    assert pooled(schema, given) == (up if default == "true" else down)
    _, remarks = translate(net_of(schema, "layer { pooling_param { ceil_mode: false } }"))
    assert remarks == []


# ---- What BVLC Caffe has no name for ----


def test_what_only_the_fork_has_is_said_once(fork: Fork) -> None:
    schema = fork(
        (
            "{ DEFAULT = 0; CAFFE = 1; CUDNN = 2; }",
            "{ DEFAULT = 0; CAFFE = 1; CUDNN = 2; MKL = 3; }",
        ),
        PoolingParameter="optional float temperature = 77;",
        NetParameter="optional bool quantized = 900;",
    )
    pool = """layer { name: "%s" type: "Pooling" bottom: "x" top: "%s"
      pooling_param { kernel_size: 2 temperature: 2 engine: MKL } }"""
    net = net_of(schema, "quantized: true " + "".join(pool % (name, name) for name in "abc"))
    _, remarks = translate(net)
    own = "the fork's own, and what it does is not known here"
    assert sorted(remarks) == [
        f"layer 'a' (Pooling): pooling_param.engine MKL is a value of {own}; so in 2 more layers",
        f"layer 'a' (Pooling): pooling_param.temperature is a field of {own}; so in 2 more layers",
        f"quantized is a field of {own}",
    ]
    findings = [finding for finding in lint_net(net) if finding.rule == "fork"]
    assert [finding.message for finding in findings] == remarks
    assert {finding.severity for finding in findings} == {"info"}


EXP = """message ExpParameter { optional Pair base = 1; message Pair { optional float a = 1; }"""


def test_what_only_a_forks_solver_has_is_said(fork: Fork, tmp_path: Path) -> None:
    schema = fork(
        ("base_lr = 5;", "base_lr = 55;"), SolverParameter="optional int32 warm_up = 777;"
    )
    path = tmp_path / "solver.prototxt"
    path.write_text('net: "n" base_lr: 0.5 lr_policy: "fixed" max_iter: 9 warm_up: 3')
    findings = {finding.rule: finding for finding in lint_solver(path, proto=schema)}
    assert set(findings) == {"solver-fork", "solver-net-file"}  # base_lr is there
    assert findings["solver-fork"].message.startswith("warm_up is a field of the fork's own")


@pytest.mark.parametrize("written", ["solver_type: LARS", 'type: "LARS"', 'type: "LAMB"'])
def test_a_solver_type_of_a_fork_is_read_by_its_name(
    fork: Fork, tmp_path: Path, caplog: pytest.LogCaptureFixture, written: str
) -> None:
    schema = fork(("ADAM = 5;", "ADAM = 5; LARS = 6;"))
    path = tmp_path / "solver.prototxt"
    path.write_text(f'net: "n" base_lr: 0.5 lr_policy: "fixed" max_iter: 9 {written}')
    name = written.split()[1].strip('"')
    by_enum = written.startswith("solver_type")
    for given in (path, parse_text(path.read_text(), "SolverParameter", proto=schema)):
        findings = {f.rule: f for f in lint_solver(given, proto=schema)}
        assert set(findings) - {"solver-net-file"} == {"solver-type"} | (
            {"solver-fork"} if by_enum else set()
        )
        assert findings["solver-type"].severity == "info"
        assert f"type is '{name}', which BVLC Caffe does not" in findings["solver-type"].message
    assert caplog.text == ""  # lint says it
    assert read_solver(path, proto=schema).type == name
    assert ("solver_type LARS is a type of a fork" in caplog.text) == by_enum


def test_a_solver_type_of_a_fork_that_is_nearly_caffes(fork: Fork) -> None:
    schema = fork(("ADAM = 5;", "ADAM = 5; LARS = 6;"))
    text = 'net: "n" base_lr: 0.5 lr_policy: "fixed" max_iter: 9 type: "Nestrov"'
    for given in (schema, None):
        solver = parse_text(text, "SolverParameter", proto=given)
        (finding,) = lint_solver(solver, proto=given)
        assert (finding.rule, finding.severity) == ("solver-type", "error")
        assert finding.fix.startswith('write type: "Nesterov"')


def test_what_does_not_fit_is_left_out_and_said(fork: Fork) -> None:
    schema = fork(
        ("optional uint32 kernel_size = 2;", "repeated uint32 kernel_size = 2;"),
        ("optional float negative_slope = 1 [default = 0];", "optional string negative_slope = 1;"),
        (
            "message ExpParameter {\n  optional float base = 1 [default = -1];",
            "message ExpParameter {",
        ),
        ExpParameter="optional Pair base = 1; message Pair { optional float a = 1; }",
    )
    net = net_of(
        schema,
        """layer { name: "p" type: "Pooling" bottom: "x" top: "p"
             pooling_param { kernel_size: 2 kernel_size: 3 kernel_h: 4 kernel_w: 4 } }
           layer { name: "r" type: "ReLU" bottom: "x" top: "r" relu_param { negative_slope: "a" } }
           layer { name: "e" type: "Exp" bottom: "x" top: "e" exp_param { base { a: 1 } } }""",
    )
    seen, remarks = translate(net)
    assert [remark.partition(" does not fit")[0] for remark in remarks] == [
        "layer 'p' (Pooling): pooling_param.kernel_size",
        "layer 'r' (ReLU): relu_param.negative_slope",
        "layer 'e' (Exp): exp_param.base",
    ]
    assert infer_shapes(seen, "TEST").blobs["p"] == (1, 3, 9, 9)


GRID = """message GridParameter { repeated int32 size = 3; enum Way { UP = 4; }
  optional Way way = 5; optional FillerParameter filler = 6; map<string, int32> sizes = 7; }
message LayerParameter { optional GridParameter grid_param = 142; map<string, int32> notes = 143;
  oneof side { int32 left = 244; int32 right = 246; }"""


def test_what_is_in_a_layer_of_the_forks_own_is_kept_and_not_said(fork: Fork) -> None:
    schema = fork(
        ("scale_param = 142;", "scale_param = 160;"),
        ("message LayerParameter {", GRID),
        ("input_param = 143;", "input_param = 159;"),
    )
    net = net_of(
        schema,
        """layer { name: "g" type: "Grid" bottom: "x" top: "g" left: 3
             grid_param { size: 4 size: 5 way: UP filler { type: "xavier" } } }""",
    )
    seen, remarks = translate(net)
    assert remarks == []
    layer: Any = seen.layer[1]
    assert (list(layer.grid_param.size), layer.grid_param.filler.type) == ([4, 5], "xavier")
    assert layer.left == 3
    assert as_bvlc(seen) is seen


def test_fields_that_the_schema_of_the_fork_lacks_are_said(fork: Fork, tmp_path: Path) -> None:
    write(tmp_path / "net", net_of(fork(NetParameter="optional bool fast = 900;"), "fast: true"))
    _, remarks = translate(read_net(tmp_path / "net", proto=fork()))
    assert remarks == [
        "NetParameter.900, a field that the fork's schema does not have, is left out"
    ]


# ---- Old formats ----

EARLY = """syntax = "proto2"; package caffe;
message NetParameter { optional string name = 1; repeated LayerParameter layers = 2;
  repeated string input = 3; repeated int32 input_dim = 4; }
message ConvolutionParameter { optional uint32 num_output = 1; optional uint32 kernel_size = 4; }
message DataParameter { optional string source = 1; optional float scale = 2;
  optional uint32 batch_size = 4; optional uint32 crop_size = 5; }
message LayerParameter { repeated string bottom = 2; repeated string top = 3;
  optional string name = 4; enum LayerType { NONE = 0; DATA = 5; CONVOLUTION = 4; RELU = 18; }
  optional LayerType type = 5; optional ConvolutionParameter convolution_param = 10;
  optional DataParameter data_param = 11; }
"""


def early(folder: Path, text: str, net: str) -> tuple[ProtoSchema, Path]:
    (folder / "early.proto").write_text(text)
    (folder / "net.prototxt").write_text(net)
    return ProtoSchema.load(folder / "early.proto"), folder / "net.prototxt"


@pytest.mark.parametrize(
    ("source", "size"),
    [
        ('input: "x" input_dim: [1, 3, 8, 8]', 6),
        (
            'layers { name: "d" type: DATA top: "x" data_param { crop_size: 5 batch_size: 1 } }',
            3,
        ),
    ],
)
def test_a_schema_from_before_layer(tmp_path: Path, source: str, size: int) -> None:
    layers = """layers { name: "c" type: CONVOLUTION bottom: "x" top: "c"
      convolution_param { num_output: 4 kernel_size: 3 } }
      layers { name: "r" type: RELU bottom: "c" top: "c" }"""
    schema, path = early(tmp_path, EARLY, source + layers)
    net = read_net(path, proto=schema)
    assert [layer.name for layer in net.layers][-2:] == ["c", "r"]  # as the fork reads it
    shapes = infer_shapes(net, "TEST")
    assert shapes.blobs["c"] == (1, 4, size, size)
    assert len(net.layers) >= 2
    for given in (path, net):
        rules = {finding.rule for finding in lint_net(given, phase="TEST", proto=schema)}
        assert "old-format" in rules
        assert "shape" not in rules


def test_a_schema_from_before_transform_param(fork: Fork) -> None:
    schema = fork(
        ("  optional TransformationParameter transform_param = 36;\n", ""),
        ("  optional TransformationParameter transform_param = 100;\n", ""),
    )
    text = """layers { name: "d" type: DATA top: "x" data_param { crop_size: 4 mirror: true } }"""
    net = parse_text(text, "NetParameter", proto=schema)
    assert upgrade_net(net) == []
    assert net.layer[0].data_param.crop_size == 4


@pytest.mark.parametrize(
    ("value", "layer", "shape"),
    [
        ("CROP", 'bottom: "small"', (1, 3, 4, 4)),
        ("PRELU", "", (1, 3, 12, 12)),
        ("SPP", "spp_param { pyramid_height: 2 }", (1, 15)),
    ],
)
def test_types_that_a_fork_added_to_the_old_enum(
    fork: Fork, value: str, layer: str, shape: tuple[int, ...]
) -> None:
    schema = fork(
        ("TANH = 23;", f"TANH = 23; {value} = 40;"),
        V1LayerParameter="optional SPPParameter spp_param = 132;",
    )
    text = f"""input: "x" input_dim: [1, 3, 12, 12] input: "small" input_dim: [1, 3, 4, 4]
      layers {{ name: "l" type: {value} bottom: "x" top: "l" {layer} }}"""
    net = parse_text(text, "NetParameter", proto=schema)
    findings = lint_net(net)
    assert {finding.rule for finding in findings} == {"old-format"}
    upgrade_net(net)
    assert infer_shapes(net, "TEST").blobs["l"] == shape
    if value == "SPP":
        seen = translate(parse_text(text, "NetParameter", proto=schema))[0]
        upgrade_net(seen)
        assert infer_shapes(seen, "TEST").blobs["l"] == shape


def test_every_type_that_is_known_has_a_value_of_the_old_enum() -> None:
    for name in (*LAYER_TYPES, *FORK_TYPES):
        assert current_type("SOFTMAX_LOSS" if name == "SoftmaxWithLoss" else name.upper()) == name
    assert current_type("PSROI_POOLING") == "PSROIPooling"
    assert current_type("psroi_pooling") is None


@pytest.mark.parametrize(
    ("value", "near"), [("WARP_FIELD", ""), ("CONVOLUTIONS", "Convolution"), ("RELU_7", "ReLU")]
)
def test_types_of_the_old_enum_that_only_the_fork_has(fork: Fork, value: str, near: str) -> None:
    schema = fork(("TANH = 23;", f"TANH = 23; {value} = 40;"))
    text = f"""input: "x" input_dim: [1, 3, 12, 12]
      layers {{ name: "own" type: {value} bottom: "x" top: "y" }}
      layers {{ name: "after" type: POOLING bottom: "y" top: "z"
        pooling_param {{ kernel_size: 3 }} }}
      layers {{ name: "beside" type: POOLING bottom: "x" top: "w" pooling_param {{}} }}"""
    net = parse_text(text, "NetParameter", proto=schema)
    findings = {finding.rule: finding for finding in lint_net(net)}
    assert set(findings) == {"old-format", "upgrade", "unknown-size", "shape"}
    assert f"layer own: {value} is a type of a fork" in findings["upgrade"].message
    unknown = findings["unknown-size"]
    assert unknown.layer == "own"
    assert f"has a layer type '{value}'" in unknown.message
    assert unknown.fix == (f"write {near}" if near else "check by hand what comes after")
    assert findings["shape"].layer == "beside"
    translated, remarks = translate(net)
    upgrade_net(translated)
    assert (translated.layer[1].type, remarks) == (value, [])


# ---- Commands ----


def test_summary_says_what_it_does_not_know(run_command: RunCommand, tmp_path: Path) -> None:
    fork_schema(tmp_path / "fork.proto", PoolingParameter="optional float temperature = 77;")
    (tmp_path / "net.prototxt").write_text(
        INPUT
        + """layer { name: "p" type: "Pooling" bottom: "x" top: "p"
               pooling_param { kernel_size: 2 temperature: 1 } }"""
    )
    arguments = (tmp_path / "net.prototxt", "--proto", tmp_path / "fork.proto", "--phase", "TEST")
    done = run_command("caffe-multilabel", "summary", *map(str, arguments))
    assert (done.returncode, done.stderr) == (0, "")
    assert "assumed: layer 'p' (Pooling): pooling_param.temperature is a field" in done.stdout
