"""Nets of forks, read and written with the fork's own schema."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

import pytest

from caffe_multilabel.caffe.proto import (
    ProtoSchema,
    parse_text,
    read_binary,
    read_net,
    to_text,
    upgrade_net,
    upgrade_solver,
    write_binary,
)
from caffe_multilabel.errors import PrototxtError
from fork_tools import BVLC, changed

if TYPE_CHECKING:
    from pathlib import Path

FORK_NET = """\
name: "detector"
layer {
  name: "priors"
  type: "PriorBox"
  prior_box_param {
    min_size: 30.0
    code: CORNER
  }
}
"""


@pytest.fixture(scope="module")
def fork(tmp_path_factory: pytest.TempPathFactory) -> ProtoSchema:
    prior_box = (
        "message PriorBoxParameter { enum Code { CORNER = 1; CENTER = 2; } "
        "repeated float min_size = 1; optional Code code = 2 [default = CENTER]; }\n"
    )
    field = "optional PriorBoxParameter prior_box_param = 203;\n"
    path = changed(
        tmp_path_factory.mktemp("fork") / "fork.proto",
        ("message LayerParameter {\n", f"{prior_box}message LayerParameter {{\n  {field}"),
    )
    return ProtoSchema.load(path)


@pytest.mark.protoc
def test_a_net_of_a_fork_is_read_and_written_whole(fork: ProtoSchema, tmp_path: Path) -> None:
    path = tmp_path / "net.prototxt"
    path.write_text(FORK_NET)
    net = read_net(path, proto=fork)
    assert to_text(net) == FORK_NET
    write_binary(path, net)
    assert to_text(read_net(path, proto=fork)) == FORK_NET
    assert fork.enum_value("PriorBoxParameter.Code.CORNER") == 1
    assert read_binary(path, "NetParameter").layer[0].type == "PriorBox"


@pytest.mark.protoc
def test_an_error_names_the_fields_of_the_fork(fork: ProtoSchema) -> None:
    with pytest.raises(PrototxtError, match=r"no field min_sise \(did you mean min_size\?\)"):
        parse_text("layer { prior_box_param { min_sise: 3 } }", "NetParameter", proto=fork)


@pytest.mark.protoc
def test_a_fork_without_the_new_fields_keeps_its_old_ones(tmp_path: Path) -> None:
    path = changed(
        tmp_path / "early.proto",
        ("  optional InputParameter input_param = 143;\n", ""),
        ('  optional string type = 40 [default = "SGD"];\n', ""),
    )
    early = ProtoSchema.load(path)
    net = parse_text('input: "data" input_dim: [1, 3, 8, 8]', "NetParameter", proto=early)
    assert upgrade_net(net) == []
    assert list(net.input) == ["data"]
    assert len(net.input_dim) == 4
    solver = parse_text("solver_type: ADAM", "SolverParameter", proto=early)
    upgrade_solver(solver)
    assert to_text(solver) == "solver_type: ADAM\n"


@pytest.mark.protoc
def test_types_that_only_the_fork_can_name_keep_the_word_of_its_enum(tmp_path: Path) -> None:
    path = changed(
        tmp_path / "types.proto",
        ("TANH = 23;", "TANH = 23; MAXOUT = 90;"),
        ("ADAM = 5;", "ADAM = 5; LARS = 6;"),
    )
    schema = ProtoSchema.load(path)
    text = 'layers { name: "m" type: MAXOUT } layers { name: "r" type: RELU }'
    net = parse_text(text, "NetParameter", proto=schema)
    (remark,) = upgrade_net(net)
    assert remark.startswith("layer m: MAXOUT is a type of a fork whose name today is not known")
    assert [layer.type for layer in net.layer] == ["MAXOUT", "ReLU"]
    solver = parse_text("solver_type: LARS", "SolverParameter", proto=schema)
    (remark,) = upgrade_solver(solver)
    assert remark.startswith("solver_type LARS is a type of a fork whose name today is not known")
    assert to_text(solver) == 'type: "LARS"\n'


@pytest.mark.protoc
def test_a_schema_may_import_files_beside_it(tmp_path: Path) -> None:
    (tmp_path / "boxes.proto").write_text(
        'syntax = "proto2"; message Box { optional int32 x = 1; }'
    )
    path = changed(
        tmp_path / "main.proto",
        ("package caffe;", 'package mine.caffe; import "boxes.proto";'),
        ("message SolverState {", "message SolverState { optional Box box = 9;"),
    )
    schema = ProtoSchema.load(path)
    assert parse_text("box { x: 3 }", "SolverState", proto=schema).box.x == 3
    assert schema.message("NetParameter").DESCRIPTOR.full_name == "mine.caffe.NetParameter"


@pytest.mark.protoc
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('syntax = "proto2";\nmessage NetParameter { optional Nothing x = 1; }', r"bad\.proto:2"),
        ('syntax = "proto2"; message Other {}', "no message NetParameter"),
        ("\x00\x01", "protoc refuses it"),
        ("", "the file is empty"),
    ],
)
def test_a_file_that_is_no_schema_of_caffe_is_refused(
    tmp_path: Path, content: str, reason: str
) -> None:
    path = tmp_path / "bad.proto"
    path.write_text(content)
    with pytest.raises(PrototxtError, match=reason) as caught:
        ProtoSchema.load(path)
    assert caught.value.path == str(path)


@pytest.mark.protoc
def test_what_the_compiler_says_of_a_name_that_is_no_utf8_can_be_told(tmp_path: Path) -> None:
    path = tmp_path / "bad\udc80.proto"
    path.write_text("message {")
    with pytest.raises(PrototxtError, match="protoc refuses it"):
        ProtoSchema.load(path)


def test_a_missing_schema_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PrototxtError, match="cannot be read"):
        ProtoSchema.load(tmp_path / "no.proto")


def test_without_a_compiler_the_error_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(PrototxtError, match="pip install grpcio-tools"):
        ProtoSchema.load(BVLC)
