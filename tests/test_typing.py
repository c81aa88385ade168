"""What a type checker and an editor see of Caffe's messages, in the package as it is installed."""

from __future__ import annotations

import ast
import importlib.util
import os
import re
import sys
from importlib import resources
from typing import TYPE_CHECKING, TypeAlias

import pytest
from mypy import api

from caffe_multilabel.caffe.proto import schema, types

if TYPE_CHECKING:
    from pathlib import Path

RIGHT = """\
from caffe_multilabel import (
    generate, infer_shapes, lint_net, lint_solver, load_tasks, read_net, read_solver,
)
from caffe_multilabel.caffe.proto import parse_text, read_binary, schema
from caffe_multilabel.caffe.proto.types import LayerParameter, NetParameter

net = generate(load_tasks("tasks.yaml"))
reveal_type(net.train_val)
reveal_type(net.deploy.layer[0])
reveal_type(net.solver.base_lr)
reveal_type(net.infogain["infogain.binaryproto"].shape.dim[0])
reveal_type(read_net("net.prototxt").layer[0].convolution_param.kernel_size[0])
reveal_type(read_net("net.prototxt").layer[0].include[0].phase)
reveal_type(read_solver("solver.prototxt"))
reveal_type(parse_text("", "NetParameter"))
reveal_type(read_binary("a.caffemodel", "NetParameter"))
reveal_type(schema().message("Datum"))
reveal_type(schema().message("PoolingParameter"))


def last(net: NetParameter) -> LayerParameter:
    infer_shapes(net, "TEST")
    lint_net(net)
    lint_solver(read_solver("solver.prototxt"), net=net)
    net.layer.append(LayerParameter(name="fc", type="InnerProduct", bottom=["data"]))
    return net.layer[-1]
"""
REVEALED = [
    "caffe_pb2.NetParameter",
    "caffe_pb2.LayerParameter",
    "float",
    "int",
    "int",
    "caffe_pb2._Phase.ValueType",
    "caffe_pb2.SolverParameter",
    "caffe_pb2.NetParameter",
    "caffe_pb2.NetParameter",
    "type[caffe_pb2.Datum]",
    "type[google.protobuf.message.Message]",
]
WRONG = """\
from caffe_multilabel import generate, infer_shapes, lint_net, load_tasks, read_net, read_solver
from caffe_multilabel.caffe.proto import to_text
from caffe_multilabel.caffe.proto.types import LayerParameter

net = generate(load_tasks("tasks.yaml"))
net.train_val.layers_
net.deploy.layer[0].convolution_parm
net.solver.base_lr = "0.1"
read_net("net.prototxt").layer[0].inner_product_param.num_outputs
infer_shapes(net.solver, "TEST")
lint_net(read_solver("solver.prototxt"))
LayerParameter(nam="fc")
to_text("net.prototxt")
"""

# As where PyTorch is not installed: reading its own types takes a minute.
CONFIG = """\
[mypy]
strict = true
[mypy-torch.*]
ignore_missing_imports = true
follow_imports = skip
[mypy-caffe_multilabel.reader.torch]
disallow_subclassing_any = false
"""

# What mypy says of each file: line, `note` or `error`, and its words.
Said: TypeAlias = dict[str, list[tuple[int, str, str]]]


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Said:
    folder: Path = tmp_path_factory.mktemp("typing")
    (folder / "right.py").write_text(RIGHT)
    (folder / "wrong.py").write_text(WRONG)
    (folder / "mypy.ini").write_text(CONFIG)
    options = ["--config-file=mypy.ini", f"--cache-dir={folder / 'cache'}"]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        # Where Python finds the package, should it not be in site-packages.
        patch.setenv("MYPYPATH", os.environ.get("PYTHONPATH", ""))
        files = ["right.py", "wrong.py"]
        found, trouble, _ = api.run([*options, f"--python-executable={sys.executable}", *files])
    assert not trouble
    said: Said = {}
    for name, line, kind, words in re.findall(r"^(.+?):(\d+): (note|error): (.+)$", found, re.M):
        said.setdefault(name, []).append((int(line), kind, words))
    return said


def test_right_code_passes_and_fields_have_types(
    checked: Said,
) -> None:
    types_seen = [
        re.sub(r"caffe_multilabel\.caffe\.proto\.|builtins\.", "", words)
        for _, _, words in checked["right.py"]
    ]
    assert types_seen == [f'Revealed type is "{name}"' for name in REVEALED]


def test_every_wrong_line_is_an_error_and_nothing_else_is(
    checked: Said,
) -> None:
    errors = {line: words for line, kind, words in checked["wrong.py"] if kind == "error"}
    wrong = [number for number, line in enumerate(WRONG.splitlines(), 1) if number > 5 and line]
    assert list(errors) == wrong
    assert '"NetParameter" has no attribute "layers_"' in errors[6]
    assert 'maybe "convolution_param"' in errors[7]
    assert set(checked) == {"right.py", "wrong.py"}  # our own files are not the user's to mend


def test_the_stub_is_of_the_schema_that_runs() -> None:
    stub = resources.files("caffe_multilabel.caffe.proto").joinpath("caffe_pb2.pyi").read_text()
    classes = {node.name: node for node in ast.parse(stub).body if isinstance(node, ast.ClassDef)}
    for name in types.__all__:
        fields = {
            node.target.id
            for node in classes[name].body
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
        } | {node.name for node in classes[name].body if isinstance(node, ast.FunctionDef)}
        assert fields.issuperset(schema().message(name).DESCRIPTOR.fields_by_name), name


def test_names_are_the_classes_of_the_private_schema_when_a_program_runs() -> None:
    from caffe_multilabel.caffe.proto.types import LayerParameter  # noqa: PLC0415

    assert LayerParameter is schema().message("LayerParameter")
    assert LayerParameter(name="fc").name == "fc"
    assert all(getattr(types, name) is schema().message(name) for name in types.__all__)
    assert importlib.util.find_spec("caffe_multilabel.caffe.proto.caffe_pb2") is None
    with pytest.raises(AttributeError, match="no attribute 'PriorBoxParameter'"):
        types.PriorBoxParameter  # noqa: B018
