"""Files of weights in the engine: formats, what does not fit, and what they cost."""

from __future__ import annotations

import json
import os
import sys
import threading
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from caffe_multilabel import Error, OptionError, PrototxtError, read_net
from caffe_multilabel.caffe.proto import (
    parse_text,
    read_binary,
    schema,
    to_text,
    write_binary,
)
from caffe_multilabel.caffe.proto.blobs import array_to_blob
from fork_tools import fork_schema

if TYPE_CHECKING:
    from caffe_multilabel.engine import Net

pytestmark = pytest.mark.torch

GOLDEN = Path(__file__).parent / "golden" / "engine" / "weights"
FORMATS = GOLDEN / "formats"
CASES: dict[str, dict[str, Any]] = {
    case["name"]: case for case in json.loads((FORMATS / "cases.json").read_text())
}
PLAIN: str = CASES["hdf5_plain"]["prototxt"]
FC = (
    'layer { name: "fc" type: "InnerProduct" bottom: "x" top: "fc" '
    "inner_product_param { num_output: 2 } }"
)
TEXT = 'layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 1 dim: 3 } } }' + FC


def make(text: str = PLAIN, **options: Any) -> Net:
    from caffe_multilabel.engine import Net  # noqa: PLC0415  (torch)

    return Net(parse_text(text, "NetParameter"), **{"seed": 3} | options)


def double(text: str = PLAIN, **options: Any) -> Net:
    import torch  # noqa: PLC0415

    return make(text, dtype=torch.float64, **options)


def weights(net: Net) -> dict[str, Any]:
    """All weights by layer, its index and the blob, for two layers may have one name."""
    return {
        f"{step.name}#{index}/{number}": blob.data.numpy()
        for index, step in enumerate(net._steps)
        for number, blob in enumerate(step.layer.setup.blobs)
    }


def equal(one: Net, other: Net) -> bool:
    return all(np.array_equal(weights(one)[key], weights(other)[key]) for key in weights(one))


def stored(**fields: Any) -> Any:
    """A net with one layer, `fc`, and its two blobs, the first of these fields."""
    net = schema().message("NetParameter")()
    layer = net.layer.add(name="fc")
    layer.blobs.add(**fields)
    layer.blobs.append(array_to_blob(np.zeros(2)))
    return net


def test_all_cases_are_there() -> None:
    assert len(CASES) == 22


@pytest.mark.parametrize("name", CASES)
def test_caffe_and_the_engine_take_the_same_from_a_file(name: str) -> None:
    case = CASES[name]
    phase = "TRAIN" if name == "train_net" else "TEST"
    net, path = make(case["prototxt"], phase=phase), FORMATS / case["file"]
    before = {key: values.copy() for key, values in weights(net).items()}
    if case["accepted"]:
        net.copy_from(path)
        with np.load(FORMATS / "params.npz") as params:
            wanted = {
                key.removeprefix(f"{name}/"): params[key]
                for key in params.files
                if key.startswith(f"{name}/")
            }
    else:
        with pytest.raises(PrototxtError, match=rf"^{path}: [^\n]*$"):
            net.copy_from(path)
        wanted = before
    assert weights(net).keys() == wanted.keys()
    for key, values in weights(net).items():
        np.testing.assert_array_equal(values, wanted[key])


def test_a_caffemodel_goes_to_the_first_layer_of_a_name(tmp_path: Path) -> None:
    text = CASES["hdf5_layer_twice"]["prototxt"]
    one = make(text.replace('name: "a"', 'name: "b"', 1))
    one.copy_from(FORMATS / "hdf5_layer_twice.h5")
    one.save(tmp_path / "net.caffemodel")
    twice = make(text)
    twice.copy_from(tmp_path / "net.caffemodel")
    found, given = weights(twice), weights(one)
    # As a real Caffe: 'a' of the file is the second layer there, and the first here.
    np.testing.assert_array_equal(found["a#1/0"], given["a#2/0"])
    assert (found["a#2/0"] == 6).all()


@pytest.mark.parametrize("name", ["double_net", "hdf5_double_net", "with_diffs", "hdf5_with_diffs"])
def test_doubles_are_not_cut(name: str) -> None:
    net = double()
    net.copy_from(FORMATS / CASES[name]["file"])
    found = np.concatenate([values.ravel() for values in weights(net).values()])
    np.testing.assert_array_equal(found, np.arange(1, len(found) + 1) / 3)


@pytest.mark.parametrize(
    ("name", "phase"), [("double_net", "TEST"), ("scalar_net", "TEST"), ("train_net", "TRAIN")]
)
def test_a_file_is_written_byte_for_byte_as_caffe_does(
    name: str, phase: str, tmp_path: Path
) -> None:
    net = (double if name == "double_net" else make)(CASES[name]["prototxt"], phase=phase)
    net.copy_from(FORMATS / f"{name}.caffemodel")
    net.save(tmp_path / "net")
    assert (tmp_path / "net").read_bytes() == (FORMATS / f"{name}.caffemodel").read_bytes()


@pytest.mark.parametrize(
    "name", ["hdf5_plain", "hdf5_shared", "hdf5_batch_norm_and_scalar", "hdf5_double_net"]
)
def test_hdf5_holds_what_caffe_writes_into_it(name: str, tmp_path: Path) -> None:
    import h5py  # noqa: PLC0415

    def content(path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        with h5py.File(path) as file:
            file.visititems(
                lambda name, item: found.update(
                    {name: (str(item.dtype), item[()]) if hasattr(item, "dtype") else None}
                )
            )
        return found

    net = (double if "double" in name else make)(CASES[name]["prototxt"])
    net.copy_from(FORMATS / f"{name}.h5")
    path = tmp_path / "net.caffemodel.h5"
    net.save(path)
    wanted, found = content(FORMATS / f"{name}.h5"), content(path)
    assert found.keys() == wanted.keys()
    for key, value in wanted.items():
        if value is not None:
            assert found[key][0] == value[0]
            np.testing.assert_array_equal(found[key][1], value[1])
    other = (double if "double" in name else make)(CASES[name]["prototxt"])
    other.copy_from(path)
    assert equal(net, other)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (CASES["hdf5_layer_twice"]["prototxt"], "layer 'a' .*: two layers have this name;"),
        (TEXT.replace('"fc"', '"fc/1"'), "layer 'fc/1' cannot .*: '/' parts groups there; save as"),
        (TEXT.replace('name: "fc"', 'name: "."'), "layer '.' .*: it is no name of a group"),
    ],
)
def test_what_hdf5_cannot_hold_is_refused(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "net.h5"
    with pytest.raises(OptionError, match=rf"^{path}: {message}"):
        make(text).save(path)
    assert list(tmp_path.iterdir()) == []


def half(values: list[float], **fields: Any) -> bytes:
    """A blob as NVIDIA's Caffe writes it, of shape 2x3: fields 10 and 12, not in BVLC's schema."""
    raw = np.array(values, fields.get("kind", "<f2")).tobytes()
    head = schema().message("BlobProto")()
    head.shape.dim.extend([2, 3])
    tag = bytes([10 << 3, fields["type"]]) if "type" in fields else b""
    return head.SerializeToString() + tag + bytes([12 << 3 | 2, len(raw)]) + raw


VALUES = [0.5, -1.25, 3, 65504, 6e-8, 0]


@pytest.mark.parametrize(("number", "kind"), [(0, "<f8"), (1, "<f4"), (2, "<f2")])
def test_raw_data_of_nvidias_caffe_is_read(number: int, kind: str, tmp_path: Path) -> None:
    net = stored()
    net.layer[0].blobs[0].MergeFromString(half(VALUES, type=number, kind=kind))
    write_binary(tmp_path / "net", net)
    into = double(TEXT)
    into.copy_from(tmp_path / "net")
    wanted = np.array(VALUES, kind).astype(np.float64)
    np.testing.assert_array_equal(into.params["fc"][0].data.numpy().ravel(), wanted)


def test_floats_one_by_one_or_in_runs_are_read(tmp_path: Path) -> None:
    floats = [np.array([value], "<f4").tobytes() for value in (1, 2, 3, 4, 5, 6)]
    shape = b"\x3a\x04\x0a\x02\x02\x03"
    for data in (
        b"".join(b"\x2d" + value for value in floats),
        b"".join(b"\x2a\x08" + floats[at] + floats[at + 1] for at in (0, 2, 4)),
        b"\x2a\x08" + floats[0] + floats[1] + b"".join(b"\x2d" + value for value in floats[2:]),
    ):
        net = stored()
        net = net.SerializePartialToString().replace(
            b"\x3a\x00", b"\x3a" + bytes([6 + len(data)]) + shape + data
        )
        size = len(net) - 3
        (tmp_path / "net").write_bytes(net[:2] + bytes([size]) + net[3:])
        into = make(TEXT)
        into.copy_from(tmp_path / "net")
        assert into.params["fc"][0].data.flatten().tolist() == [1, 2, 3, 4, 5, 6]


GOOD = array_to_blob(np.ones((2, 3)))


@pytest.mark.parametrize(
    ("net", "message"),
    [
        (
            stored(num=2, channels=3),
            "layer 'fc', blob 0: its shape there is 2x3x0x0, and in the net 2x3",
        ),
        (
            stored(shape={"dim": [3, 2]}),
            "layer 'fc', blob 0: its shape there is 3x2, and in the net 2x3",
        ),
        (
            stored(shape={"dim": [2, 3]}, data=[1, 2, 3]),
            "layer 'fc', blob 0: 3 numbers for shape 2 x 3, which holds 6",
        ),
        (
            schema().message("BlobProto").FromString(half(VALUES)),
            "layer 'fc', blob 0: raw_data of raw_data_type None; 0 ",
        ),
        (
            schema().message("BlobProto").FromString(half(VALUES, type=3)),
            "layer 'fc', blob 0: raw_data of raw_data_type 3; 0 ",
        ),
        (
            schema().message("BlobProto").FromString(half(VALUES, type=1)),
            "layer 'fc', blob 0: 3 numbers for shape 2 x 3, which holds 6",
        ),
        (
            schema().message("BlobProto").FromString(half(VALUES[:1], type=1)),
            "layer 'fc', blob 0: raw_data of 2 bytes, which ends in mid-number",
        ),
    ],
)
def test_blobs_that_do_not_fit_leave_the_net_as_it_was(
    net: Any, message: str, tmp_path: Path
) -> None:
    if net.DESCRIPTOR.name == "BlobProto":
        broken, net = net, stored()
        net.layer[0].blobs[0].CopyFrom(broken)
    path = tmp_path / "net.caffemodel"
    whole = schema().message("NetParameter")()
    whole.layer.add(name="before", blobs=[GOOD, array_to_blob(np.ones(2))])
    whole.layer.extend(net.layer)
    write_binary(path, whole)
    into = make(TEXT.replace(FC, FC.replace('"fc"', '"before"') + FC))
    before = {key: values.copy() for key, values in weights(into).items()}
    with pytest.raises(PrototxtError) as caught:
        into.copy_from(path)
    assert str(caught.value).startswith(f"{path}: {message}")
    assert "\n" not in str(caught.value)
    for key, values in weights(into).items():
        np.testing.assert_array_equal(values, before[key])


NO_NET = "not a binary NetParameter, or damaged or cut short"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("net.caffemodel", b"", "the file is empty"),
        (
            "net.prototxt",
            TEXT.encode(),
            "a file of weights is binary, and this one is text, as a prototxt is",
        ),
        ("net.txt", b"no net\n", "a file of weights is binary, and this one is text"),
        (
            "net.txt",
            "no net\n".encode("utf-16"),
            "a file of weights is binary, and this one is text",
        ),
        (
            "net.caffemodel.h5",
            b"\x00\x01no HDF5",
            f"{NO_NET}; nor is it HDF5, as its name says",
        ),
        ("net.caffemodel.h5", b"\x89HDF\r\n\x1a\nno HDF5", "HDF5, damaged or cut short: "),
        ("mean.binaryproto", GOOD.SerializeToString(), "not a binary NetParameter"),
        ("net.caffemodel", b"\xa2\x06\x03\x3a\x02\x2a\x05", NO_NET),
        ("net.caffemodel", b"\xa2\x06\x06\x3a\x04\x2a\x02ab", NO_NET),
        ("net.caffemodel", b"\xa2\x06\x04\x3a\x02\x3a\x05", NO_NET),
        ("net.caffemodel", b"\xa2\x06\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", NO_NET),
        ("net.caffemodel", b"\x0a\x02\xff\xfe", "name is not UTF-8"),
    ],
)
def test_what_is_no_file_of_weights_is_one_clear_error(
    name: str, content: bytes, message: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(PrototxtError) as caught:
        make(TEXT).copy_from(path)
    assert str(caught.value).startswith(f"{path}: {message}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("file", ["double_net.caffemodel", "hdf5_plain.h5"])
def test_a_file_cut_short_anywhere_is_one_clear_error(file: str, tmp_path: Path) -> None:
    content = (FORMATS / file).read_bytes()
    net, path = make(), tmp_path / file
    before = {key: values.copy() for key, values in weights(net).items()}
    for size in [*range(1, 800, 13), len(content) - 1]:
        path.write_bytes(content[:size])
        with pytest.raises(PrototxtError, match=rf"^{path}: [^\n]*$"):
            net.copy_from(path)
    for key, values in weights(net).items():
        np.testing.assert_array_equal(values, before[key])


@pytest.mark.parametrize(
    ("blobs", "message"),
    [
        ("blobs { data: 1 }", "has 1 blob of weights with it, and takes 2"),
        (
            "blobs { shape { dim: [2, 2] } data: [1, 2, 3, 4] } blobs { }",
            "blobs[0] is 2x2, and has to be 2x3",
        ),
        ("blobs { data: [1, 2] } blobs { }", "blobs[0]: 2 numbers for shape (), which holds 1"),
    ],
)
def test_weights_in_a_net_that_do_not_fit_are_refused(blobs: str, message: str) -> None:
    with pytest.raises(PrototxtError) as caught:
        make(TEXT.replace('name: "fc"', f'name: "fc" {blobs}'))
    assert str(caught.value) == f"layer 'fc' (InnerProduct): {message}"


def test_weights_in_a_net_are_taken() -> None:
    path = FORMATS / "double_net.caffemodel"
    wanted = double()
    wanted.copy_from(path)
    assert equal(double(to_text(read_net(path))), wanted)


def test_a_path_is_asked_for() -> None:
    with pytest.raises(OptionError, match="path is 3, must be a path"):
        make(TEXT).copy_from(3)  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="path is 3, must be a path"):
        make(TEXT).save(3)  # type: ignore[arg-type]
    with pytest.raises(PrototxtError, match=r"^nul\x00byte: cannot be read"):
        make(TEXT).copy_from("nul\0byte")


def test_a_pipe_is_read(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    content = (FORMATS / "double_net.caffemodel").read_bytes()
    writer = threading.Thread(target=pipe.write_bytes, args=[content])
    writer.start()
    net, wanted = make(), make()
    net.copy_from(pipe)
    writer.join()
    wanted.copy_from(FORMATS / "double_net.caffemodel")
    assert equal(net, wanted)


@pytest.mark.protoc
def test_a_net_of_a_fork_is_saved_in_its_schema(tmp_path: Path) -> None:
    from caffe_multilabel.engine import Net  # noqa: PLC0415  (torch)

    fork = fork_schema(tmp_path / "fork.proto", LayerParameter="optional float mine = 9001;")
    text = TEXT.replace('type: "InnerProduct"', 'type: "InnerProduct" mine: 6')
    net = Net(parse_text(text, "NetParameter", proto=fork), seed=1)
    net.save(tmp_path / "net")
    saved = read_binary(tmp_path / "net", "NetParameter", proto=fork)
    assert [getattr(layer, "mine", None) for layer in saved.layer] == [0, 6]
    other = make(TEXT)
    other.copy_from(tmp_path / "net")
    assert equal(net, other)


SHARED = (
    'layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 1 dim: 2 } } }'
    'layer { name: "relu" type: "ReLU" bottom: "x" top: "r" }'
    + "".join(
        f'layer {{ name: "{name}" type: "InnerProduct" bottom: "r" top: "{name}" '
        'param { name: "w" } param { name: "b" } inner_product_param { num_output: 2 } }'
        for name in ("one", "two")
    )
)


@pytest.mark.parametrize("ending", ["caffemodel", "h5"])
def test_layers_that_do_not_fit_a_file_are_named(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"net.{ending}"
    make(SHARED + FC.replace('bottom: "x"', 'bottom: "r"')).save(path)
    more = "".join(FC.replace('"fc"', f'"fc{number}"') for number in range(7))
    net = make(SHARED.replace('name: "one"', 'name: "first"').replace("relu", "act") + more)
    copied = net.copy_from(path)
    # "first" has the memory of "two", whose weights HDF5 leaves to the one that owns them.
    own = ("first",) if ending == "h5" else ()
    assert copied.without == (*own, *(f"fc{number}" for number in range(7)))
    assert set(copied.unused) == {"one", "fc"}
    assert set(copied.ignored) == {"one", "fc", "relu", "r_relu_0_split"}  # as Caffe has it
    names = ", ".join(copied.without[:5])
    more = f"and {len(copied.without) - 5} more"
    assert copied.lines == [
        f"{path}: layers of the net that get no weights there: {names} {more}",
        f"{path}: layers there that the net lacks, so they are ignored: "
        + ", ".join(copied.unused),
    ]


def test_shared_parameters_count_once(tmp_path: Path) -> None:
    make(TEXT).save(tmp_path / "net.caffemodel")
    assert make(SHARED).copy_from(tmp_path / "net.caffemodel").without == ("one",)


def test_a_file_for_other_layers_is_told_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    make().save(tmp_path / "net.caffemodel")
    net = make(TEXT.replace('name: "fc"', 'name: "other"'))
    net.copy_from(tmp_path / "net.caffemodel")
    assert caplog.messages == [
        f"{tmp_path}/net.caffemodel: no layer of the net has weights there; none was copied"
    ]


def test_without_h5py_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "h5py", None)
    message = "^h5py is not installed; it comes with the extra 'torch'"
    with pytest.raises(Error, match=message):
        make().copy_from(FORMATS / "hdf5_plain.h5")
    with pytest.raises(Error, match=message):
        make().save(tmp_path / "net.h5")
    assert list(tmp_path.iterdir()) == []
    make().copy_from(FORMATS / "double_net.caffemodel")


def test_a_caffemodel_may_be_named_as_hdf5(tmp_path: Path) -> None:
    path = tmp_path / "net.h5"
    path.write_bytes((FORMATS / "double_net.caffemodel").read_bytes())
    net, wanted = double(), double()
    net.copy_from(path)
    wanted.copy_from(FORMATS / "double_net.caffemodel")
    assert equal(net, wanted)


def test_one_copy_of_a_file_is_in_memory_at_most(tmp_path: Path) -> None:
    net = make(
        'layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 1 dim: 1000 } } }'
        + FC.replace("num_output: 2", "num_output: 1000")
    )
    path = tmp_path / "net.caffemodel"
    for call, copies in ((lambda: net.save(path), 0.1), (lambda: net.copy_from(path), 1.1)):
        tracemalloc.start()
        call()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < copies * 4_004_000


@pytest.mark.parametrize(
    ("moved", "to", "linked", "message"),
    [
        ("fc/1", "kept", True, "damaged or cut short: layer 'fc', blob 1 is a link that leads"),
        ("fc", "kept", True, "damaged or cut short: layer 'fc' is a link that leads nowhere"),
        ("fc/1", "fc/bias", False, "layer 'fc' has 2 members which are not all blobs of weights"),
    ],
)
def test_hdf5_that_lacks_a_blob_says_so(
    moved: str, to: str, linked: bool, message: str, tmp_path: Path
) -> None:
    import h5py  # noqa: PLC0415

    path = tmp_path / "net.h5"
    make(TEXT).save(path)
    with h5py.File(path, "a") as file:
        file["data"].move(moved, to)
        if linked:
            file["data"][moved] = h5py.SoftLink("/nothing")
    with pytest.raises(PrototxtError, match=rf"^{path}: (HDF5, )?{message}"):
        make(TEXT).copy_from(path)
