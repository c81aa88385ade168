"""Batches that data layers read against those of a real Caffe: tests/golden/engine/data."""

from __future__ import annotations

import copy
import json
import pickle
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from caffe_multilabel.caffe.proto import parse_text, upgrade_net
from caffe_multilabel.errors import DatabaseError, PrototxtError
from damage_tools import UNREADABLE
from golden_arrays import recorded_arrays
from reader_tools import datum, labels, write_db

if TYPE_CHECKING:
    from caffe_multilabel.engine import Net

pytestmark = pytest.mark.torch

GOLDEN = Path(__file__).parent / "golden" / "engine"
CASES: dict[str, dict[str, Any]] = {
    case["name"]: case for case in json.loads((GOLDEN / "data" / "cases.json").read_text())
}
# A mean taken off and a scale round once each; JPEG is decoded by another library elsewhere.
SCALED, JPEG = 1e-7, 1.0


@pytest.fixture
def in_golden(monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths in the recorded texts are seen from there."""
    monkeypatch.chdir(GOLDEN)


def net_of(text: str, **options: Any) -> Net:
    from caffe_multilabel.engine import Net  # noqa: PLC0415  (torch)

    net = parse_text(text, "NetParameter")
    upgrade_net(net)
    return Net(net, **options)


def test_all_cases_are_here() -> None:
    assert len(CASES) == 42


@pytest.mark.usefixtures("in_golden")
@pytest.mark.parametrize("name", sorted(CASES))
def test_batches(name: str) -> None:
    case = CASES[name]
    net = net_of(case["prototxt"], phase=case["phase"])
    shapes = {top: list(net.blobs[top].shape) for top in case["tops"]}
    if name != "encoded_sizes":  # recorded after the last batch, whose image has another size
        assert shapes == case["tops"]
    wanted = recorded_arrays(GOLDEN / "data" / "batches.npz")[name]
    limit = JPEG if "jpeg" in name else SCALED * max(np.abs(each).max() for each in wanted.values())
    for batch in range(case["batches"]):
        found = net.forward()
        for top in case["tops"]:
            array = wanted[f"{batch}/{top}"]
            assert found[top].shape == array.shape
            np.testing.assert_allclose(found[top].numpy(), array, rtol=0, atol=limit)


TRAIN = """
    layer { name: "a" type: "Data" top: "a" top: "number"
            transform_param { mirror: true crop_size: 9 }
            data_param { source: "lmdb/image" batch_size: 5 backend: LMDB } }
    layer { name: "h" type: "HDF5Data" top: "data" top: "label"
            hdf5_data_param { source: "data/h5.txt" batch_size: 4 shuffle: true } }
"""


def batches(net: Net, count: int) -> list[dict[str, Any]]:
    return [
        {name: values.numpy().copy() for name, values in net.forward().items()}
        for _ in range(count)
    ]


def assert_same(found: list[dict[str, Any]], wanted: list[dict[str, Any]]) -> None:
    for one, other in zip(found, wanted, strict=True):
        assert one.keys() == other.keys()
        for name, values in one.items():
            np.testing.assert_array_equal(values, other[name])


@pytest.mark.usefixtures("in_golden")
@pytest.mark.parametrize("threads", [1, 3])
def test_the_same_seed_gives_the_same_batches_whatever_the_threads(threads: int) -> None:
    first = batches(net_of(TRAIN, phase="TRAIN", seed=7, threads=2), 20)
    assert_same(batches(net_of(TRAIN, phase="TRAIN", seed=7, threads=threads), 20), first)
    other = batches(net_of(TRAIN, phase="TRAIN", seed=8), 20)
    for name in ("a", "data"):
        assert any((one[name] != two[name]).any() for one, two in zip(first, other, strict=True))


@pytest.mark.usefixtures("in_golden")
def test_a_shuffled_file_gives_each_row_once_before_any_again() -> None:
    net = net_of(
        """layer { name: "h" type: "HDF5Data" top: "label"
                   hdf5_data_param { source: "data/h5.txt" batch_size: 17 shuffle: true } }""",
        seed=3,
    )
    plain = net_of(
        """layer { name: "h" type: "HDF5Data" top: "label"
                   hdf5_data_param { source: "data/h5.txt" batch_size: 17 } }"""
    )
    wanted = plain.forward()["label"].tolist()
    orders = [net.forward()["label"].tolist() for _ in range(4)]
    assert all(sorted(order) == sorted(wanted) for order in orders)
    assert len({tuple(order) for order in orders}) == 4


@pytest.mark.usefixtures("in_golden")
@pytest.mark.parametrize("copied", [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))])
@pytest.mark.parametrize("before", [0, 3, 11])
def test_a_copy_goes_on_where_its_data_are(copied: Any, before: int) -> None:
    net = net_of(TRAIN, phase="TRAIN", seed=7)
    batches(net, before)
    twin = copied(net)
    assert_same(batches(twin, 9), batches(net, 9))


def data_layer(source: Path | str, more: str = "") -> str:
    return f"""layer {{ name: "a" type: "Data" top: "a" {more}
                       data_param {{ source: "{source}" batch_size: 2 backend: LMDB }} }}"""


def test_what_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PrototxtError, match=r"layer 'a' \(Data\): there is no database 'nowhere'"):
        net_of(data_layer("nowhere"))
    write_db(tmp_path / "empty", [])
    with pytest.raises(DatabaseError, match="empty: the database has no record"):
        net_of(data_layer("empty"))
    pixels = [datum(channels=1, height=2, width=2, data=bytes(4))] * 3
    write_db(tmp_path / "bad", [*pixels, b"\xff"])
    net = net_of(data_layer("bad"))
    net.forward()
    with pytest.raises(DatabaseError, match=r"bad: record 3 .* it is no Datum"):
        net.forward()
    text = data_layer("bad").replace("backend: LMDB", "")
    with pytest.raises(PrototxtError, match="said to be of LEVELDB; the one there is an LMDB"):
        net_of(text)
    with pytest.raises(PrototxtError, match="crop_size is 3, more than the images have"):
        net_of(data_layer("bad", "transform_param { crop_size: 3 }"))
    with pytest.raises(PrototxtError, match=r"no\.binaryproto"):
        net_of(data_layer("bad", 'transform_param { mean_file: "no.binaryproto" }'))


@pytest.mark.parametrize("kind", UNREADABLE)
def test_a_damaged_database_is_named(tmp_path: Path, kind: str) -> None:
    values = [datum(channels=1, height=20, width=20, data=bytes(400), label=n) for n in range(99)]
    database = write_db(tmp_path / "images", values)
    UNREADABLE[kind](database)
    with pytest.raises((DatabaseError, PrototxtError), match="images"):
        net_of(data_layer(database)).forward()


def test_a_label_that_is_no_class_is_named_with_its_record(tmp_path: Path) -> None:
    write_db(tmp_path / "labels", [labels(0, 1), labels(1, 1), labels(0, 7), labels(1, 0)])
    net = net_of(f"""
        layer {{ name: "y" type: "Data" top: "y"
                data_param {{ source: "{tmp_path}/labels" batch_size: 3 backend: LMDB }} }}
        layer {{ name: "cut" type: "Slice" bottom: "y" top: "first" top: "second" }}
        layer {{ name: "x" type: "DummyData" top: "x"
                dummy_data_param {{ shape {{ dim: 3 dim: 2 dim: 1 dim: 1 }} }} }}
        layer {{ name: "one" type: "SoftmaxWithLoss" bottom: "x" bottom: "first" }}
        layer {{ name: "two" type: "SoftmaxWithLoss" bottom: "x" bottom: "second" }}
    """)
    problem = (
        r"layer 'two' \(SoftmaxWithLoss\): label 7 in 'second'; 0 to 1 are allowed; "
        r"it is of record '0000000002' of .*/labels$"
    )
    with pytest.raises(PrototxtError, match=problem):
        net.forward()


@pytest.mark.parametrize(
    ("listed", "problem"),
    [
        (None, "its list of files 'list.txt' cannot be read: No such file"),
        ("", "its list of files 'list.txt' is empty"),
        ("nowhere.h5", "nowhere.h5: HDF5, damaged or cut short"),
        ("list.txt", "list.txt: HDF5, damaged or cut short"),
        ("short.h5", "short.h5: 'b' has 2 rows, and 'a' another number"),
        ("words.h5", "words.h5: 'b' holds no rows of numbers"),
        ("other.h5", "other.h5: there is no set 'b'"),
        ("good.h5 wide.h5", "wide.h5: rows of 'a' are 3, and 2 in good.h5"),
        ("none.h5", "hold no row"),
    ],
)
def test_hdf5_that_cannot_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, listed: str | None, problem: str
) -> None:
    import h5py  # noqa: PLC0415  (an extra)

    monkeypatch.chdir(tmp_path)
    sets: dict[str, dict[str, Any]] = {
        "good": {"a": np.zeros((3, 2)), "b": np.zeros(3)},
        "wide": {"a": np.zeros((3, 3)), "b": np.zeros(3)},
        "short": {"a": np.zeros((3, 2)), "b": np.zeros(2)},
        "words": {"a": np.zeros((3, 2)), "b": np.array([b"x", b"y", b"z"])},
        "other": {"a": np.zeros((3, 2))},
        "none": {"a": np.zeros((0, 2)), "b": np.zeros(0)},
    }
    for name, arrays in sets.items():
        with h5py.File(f"{name}.h5", "w") as file:
            for key, values in arrays.items():
                file[key] = values
    if listed is not None:
        Path("list.txt").write_text(listed, encoding="utf-8")
    with pytest.raises(PrototxtError, match=problem):
        net_of(
            """layer { name: "h" type: "HDF5Data" top: "a" top: "b"
                       hdf5_data_param { source: "list.txt" batch_size: 2 } }"""
        )
