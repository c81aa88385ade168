"""Files of weights, whose numbers protobuf does not read: what it would make of them."""

from __future__ import annotations

import contextlib
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from caffe_multilabel.caffe.proto import binary, parse_binary, parse_text, schema, upgrade_net
from caffe_multilabel.caffe.proto.blobs import blob_shape, blob_to_array
from caffe_multilabel.caffe.proto.files import is_binary
from caffe_multilabel.caffe.proto.weights import read_weights, write_weights
from caffe_multilabel.errors import PrototxtError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

FUZZ = settings(
    deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
FLOATS = st.floats(width=32, allow_nan=False)
# Fields that the schema does not have: a group with a message and a group in it, and a string.
UNKNOWN = [b"", b"\xa3\x1f\x0a\x02ab\xab\x1f\x08\x01\xac\x1f\xa4\x1f", b"\xa2\x1f\x02ab"]


@st.composite
def blobs(draw: st.DrawFn) -> Any:
    blob = schema().message("BlobProto")()
    values = draw(st.lists(FLOATS, max_size=6))
    if draw(st.booleans()):
        blob.shape.dim.append(len(values))
    else:
        blob.num, blob.channels, blob.height, blob.width = 1, len(values), 1, 1
    if draw(st.booleans()):
        blob.double_data.extend(value / 3 for value in values)
    if draw(st.booleans()):
        blob.data.extend(values)
    blob.diff.extend(draw(st.lists(FLOATS, max_size=3)))
    blob.MergeFromString(draw(st.sampled_from(UNKNOWN)))
    return blob


@st.composite
def nets(draw: st.DrawFn) -> bytes:
    net = schema().message("NetParameter")(name="n")
    kind = draw(st.sampled_from(["V0", "V1", "V2"]))
    for number in range(draw(st.integers(1, 4))):
        layer: Any = net.layer.add() if kind == "V2" else net.layers.add()
        if kind == "V0":
            layer = layer.layer
            layer.type = "relu"
        layer.name = f"layer{number}"
        layer.blobs.extend(draw(st.lists(blobs(), max_size=3)))
        layer.MergeFromString(draw(st.sampled_from(UNKNOWN)))
    return bytes(net.SerializeToString())


def as_protobuf_reads(content: bytes) -> list[tuple[str, list[Any]]]:
    """The weights of each layer, with a Python number for each of theirs."""
    net = parse_binary(content, "NetParameter")
    upgrade_net(net)
    return [(layer.name, [numbers(blob) for blob in layer.blobs]) for layer in net.layer]


def numbers(blob: Any) -> Any:
    shape, values = blob_shape(blob), list(blob.double_data or blob.data)
    if min(shape, default=0) < 0 or math.prod(shape) != len(values):
        return None
    return narrow(np.array(values, np.float64)).reshape(shape)


def narrow(values: NDArray[Any]) -> NDArray[np.float32]:
    with np.errstate(over="ignore", invalid="ignore"):
        return values.astype(np.float32)


def check(path: Path, wanted: list[tuple[str, list[Any]]]) -> None:
    layers = read_weights(path)
    assert [(layer.name, len(layer.blobs)) for layer in layers] == [
        (name, len(blobs)) for name, blobs in wanted
    ]
    for layer, (_, expected) in zip(layers, wanted, strict=True):
        for number, values in enumerate(expected):
            if values is None:
                with pytest.raises(PrototxtError, match=r"^blob: "):
                    layer.blobs[number].array(name="blob")
            else:
                found = layer.blobs[number].array(name="blob")
                np.testing.assert_array_equal(narrow(found), values)


@FUZZ
@given(content=nets())
def test_numbers_are_those_that_protobuf_reads(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "net"
    path.write_bytes(content)
    check(path, as_protobuf_reads(content))


@FUZZ
@given(content=nets(), data=st.data())
def test_damaged_files_are_what_protobuf_makes_of_them(
    tmp_path: Path, content: bytes, data: st.DataObject
) -> None:
    changed = bytearray(content)
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(changed)))
        changed[start : start + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    path = tmp_path / "net"
    path.write_bytes(changed)
    try:
        wanted = as_protobuf_reads(bytes(changed))
    except PrototxtError:
        wanted = []
    if wanted and is_binary(changed):
        check(path, wanted)
    elif not wanted:
        with contextlib.suppress(PrototxtError):
            assert read_weights(path) == []


def test_a_group_in_a_blob_is_passed_over() -> None:
    blob = parse_text("shape { dim: 2 } data: [1, 2]", "BlobProto")
    blob.MergeFromString(UNKNOWN[1])
    assert blob_to_array(blob).tolist() == [1, 2]


def test_what_is_written_is_what_protobuf_would_write(tmp_path: Path) -> None:
    text = 'name: "n" layer { name: "a" type: "T" phase: TEST } layer { name: "b" }'
    net, wanted = (parse_text(text, "NetParameter") for _ in range(2))
    for layer, number in ((0, 1.5), (0, 2.5), (1, 3.5)):
        blob = wanted.layer[layer].blobs.add(data=[number] * 300)
        blob.shape.dim.extend([3, 100])
    full = np.full((3, 100), 1, np.float32)
    write_weights(tmp_path / "net", net, [[full * 1.5, (full * 2.5).T.copy().T], [full * 3.5]])
    assert (tmp_path / "net").read_bytes() == wanted.SerializeToString()


def test_a_file_that_caffe_cannot_read_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(binary, "_MAX_BYTES", 400)
    net = parse_text('layer { name: "a" }', "NetParameter")
    path = tmp_path / "net"
    with pytest.raises(PrototxtError, match=rf"^{path}: NetParameter is over the 2 GiB that"):
        write_weights(path, net, [[np.zeros(100, np.float32)]])
    assert list(tmp_path.iterdir()) == []
