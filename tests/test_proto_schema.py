"""The compiled schema: BVLC Caffe's facts, in a pool of its own."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from importlib import resources
from typing import TYPE_CHECKING

import pytest
from google.protobuf import descriptor_pb2

from caffe_multilabel.caffe.proto import ProtoSchema, parse_text, schema, to_text
from caffe_multilabel.errors import PrototxtError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Of `facts` below over the schema of BVLC/caffe 9b891540: every name, number, label, type,
# default, packed option and enum value.
BVLC_FACTS = 534
BVLC_DIGEST = "95a2f0c3fc27d74429ae1a1c5064fa01f2f758147ca3f14bff3cc739d1fc447d"


def facts(prefix: str, message: descriptor_pb2.DescriptorProto) -> Iterator[str]:
    name = f"{prefix}{message.name}"
    for field in message.field:
        default = field.default_value
        if field.type in (field.TYPE_FLOAT, field.TYPE_DOUBLE) and default:
            default = repr(float(default))
        kind = f"{field.label} {field.type} {field.type_name}"
        yield f"{name}.{field.name} = {field.number} {kind} [{default}] {field.options.packed}"
    for enum in message.enum_type:
        yield from enum_facts(f"{name}.", enum)
    for nested in message.nested_type:
        yield from facts(f"{name}.", nested)


def enum_facts(prefix: str, enum: descriptor_pb2.EnumDescriptorProto) -> Iterator[str]:
    for value in enum.value:
        yield f"{prefix}{enum.name}.{value.name} = {value.number}"


def test_every_field_is_that_of_bvlc_caffe() -> None:
    compiled = resources.files("caffe_multilabel.caffe.proto").joinpath("caffe.desc").read_bytes()
    (file,) = descriptor_pb2.FileDescriptorSet.FromString(compiled).file
    lines = [line for enum in file.enum_type for line in enum_facts("", enum)]
    lines += [line for message in file.message_type for line in facts("", message)]
    digest = hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()
    assert (file.syntax, file.package, len(lines)) == ("", "caffe", BVLC_FACTS)
    assert digest == BVLC_DIGEST


def test_defaults_are_those_a_net_relies_on() -> None:
    layer = schema().message("LayerParameter")()
    assert layer.convolution_param.group == 1
    assert layer.pooling_param.pool == schema().enum_value("PoolingParameter.PoolMethod.MAX")
    assert layer.batch_norm_param.eps == pytest.approx(1e-5)
    assert schema().message("SolverParameter")().type == "SGD"
    assert schema().message("ParamSpec")().lr_mult == 1


def test_enum_values_by_name() -> None:
    assert schema().enum_value("Phase.TEST") == 1
    assert schema().enum_value("V1LayerParameter.LayerType.CONVOLUTION") == 4
    assert schema().enum("EltwiseParameter.EltwiseOp") == ["PROD", "SUM", "MAX"]


@pytest.mark.parametrize(
    ("ask", "suggested"),
    [
        (lambda: schema().message("NetParam"), "NetParameter"),
        (lambda: schema().enum_value("Phase.TRAINING"), "TRAIN"),
        (lambda: schema().enum_value("Fase.TEST"), "Phase"),
    ],
)
def test_a_wrong_name_gets_a_suggestion(ask: Callable[[], object], suggested: str) -> None:
    with pytest.raises(PrototxtError, match=f"did you mean {suggested}"):
        ask()


def test_bytes_that_are_no_schema_are_refused() -> None:
    with pytest.raises(PrototxtError, match="not a usable schema"):
        ProtoSchema(b"\xff\xff\xff", name="x.desc")


def test_two_schemas_with_the_same_names_live_side_by_side() -> None:
    compiled = resources.files("caffe_multilabel.caffe.proto").joinpath("caffe.desc").read_bytes()
    other = ProtoSchema(compiled, name="again")
    net = parse_text('name: "a"', "NetParameter", proto=other)
    assert to_text(net) == to_text(parse_text('name: "a"', "NetParameter"))
    assert type(net) is not schema().message("NetParameter")


BESIDE_PYCAFFE = """
from google.protobuf import descriptor_pb2, descriptor_pool
theirs = descriptor_pb2.FileDescriptorProto(name="caffe.proto", package="caffe")
theirs.message_type.add(name="NetParameter").field.add(name="theirs", number=1, type=9, label=1)
descriptor_pool.Default().AddSerializedFile(theirs.SerializeToString())

from caffe_multilabel.caffe.proto import parse_text, schema
net = parse_text('layer { name: "x" }', "NetParameter")
assert net.layer[0].name == "x"
fields = descriptor_pool.Default().FindMessageTypeByName("caffe.NetParameter").fields_by_name
assert list(fields) == ["theirs"], list(fields)
"""


def test_another_caffe_proto_in_the_process_does_not_clash() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", BESIDE_PYCAFFE],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
