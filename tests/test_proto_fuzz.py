"""Whatever bytes a file holds, reading it ends in a message or a `PrototxtError`."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from caffe_multilabel.caffe.proto import (
    parse_binary,
    parse_text,
    read_net,
    read_solver,
    to_text,
    upgrade_net,
)
from caffe_multilabel.caffe.proto.blobs import blob_to_array
from caffe_multilabel.errors import PrototxtError

if TYPE_CHECKING:
    from pathlib import Path

FUZZ = settings(
    deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

TOKENS = st.sampled_from(
    [
        *"{}:;,[]<>#'+-01\"\\\n\t\x00\x0b\xe9\ud800\ufeff\u2028",
        *("-1", "0x1F", "1e400", "nan", "inf", "true", "4294967296", '"a"', '"\\777"', "'\\xff'"),
        *("name", "type", "TRAIN", "CONV", "layer", "layers", "bottom", "top", "phase", "include"),
        *("input", "input_dim", "input_shape", "dim", "param", "lr_mult", "blobs", "data", "shape"),
        *("convolution_param", "pad", "clip_param", "min", "max", "[a.b/c.d]"),
    ]
)
V0_NET = """
    input: "d" input_dim: [1, 2, 3, 4]
    layers { layer { name: "p" type: "padding" } bottom: "d" top: "p" }
    layers { layer { name: "c" type: "conv" pad: 1 } bottom: "p" }
    """
V1_NET = "layers { type: DATA data_param { scale: 2 } blobs_lr: 1 } layers { type: NONE }"
NET = 'name: "n" layer { name: "c" convolution_param { pad: 3 } blobs { data: [1, 2] } }'
NETS = [parse_text(text, "NetParameter").SerializeToString() for text in (V0_NET, V1_NET, NET)]


@st.composite
def damaged_nets(draw: st.DrawFn) -> bytes:
    content = bytearray(draw(st.sampled_from(NETS)))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(content)))
        end = start + draw(st.integers(0, 3))
        content[start:end] = draw(st.binary(max_size=3))
    return bytes(content)


def use(net: Any) -> None:
    """Do what readers do with a net."""
    upgrade_net(net)
    to_text(net)
    for layer in net.layer:
        for blob in layer.blobs:
            blob_to_array(blob)


@FUZZ
@given(st.lists(TOKENS, max_size=40).map(" ".join) | st.text(max_size=80))
def test_any_text(text: str) -> None:
    with contextlib.suppress(PrototxtError):
        use(parse_text(text, "NetParameter"))


@FUZZ
@given(damaged_nets() | st.binary(max_size=80))
def test_any_bytes(content: bytes) -> None:
    with contextlib.suppress(PrototxtError):
        use(parse_binary(content, "NetParameter"))


@FUZZ
@given(content=damaged_nets() | st.binary(max_size=80) | st.text(max_size=80).map(str.encode))
@pytest.mark.parametrize("read", [read_net, read_solver])
def test_any_file(tmp_path: Path, read: Any, content: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with contextlib.suppress(PrototxtError):
        read(path)
