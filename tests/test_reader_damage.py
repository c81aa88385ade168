"""Folders and records that are no pair: an error that says where, never a crash."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from caffe_multilabel import DatabaseError, OptionError
from caffe_multilabel.reader import MultilabelDataset
from image_tools import draw, encode
from reader_tools import datum, labels, raw, write_db

if TYPE_CHECKING:
    from collections.abc import Callable

JPEG = encode(draw(1, 20, 20), ".jpg")
GOOD = raw(draw(0, 4, 5).transpose(2, 0, 1))


def dataset(folder: Path) -> MultilabelDataset:
    return MultilabelDataset(folder / "images", folder / "labels")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_db(tmp_path / "images", [GOOD] * 20)
    write_db(tmp_path / "labels", [labels(at) for at in range(20)])
    return tmp_path


@pytest.mark.parametrize("which", ["images", "labels"])
def test_no_database(folder: Path, which: str) -> None:
    data = folder / which / "data.mdb"
    content = data.read_bytes()
    for size in (0, 10, 4096, 8192, len(content) // 2, len(content) - 1):
        data.write_bytes(content[:size])
        with pytest.raises(DatabaseError) as caught:
            dataset(folder)
        assert caught.value.path == str(folder / which)
    data.write_bytes(b"garbage " * 5000)
    with pytest.raises(DatabaseError, match=str(folder / which)):
        dataset(folder)
    data.unlink()
    with pytest.raises(DatabaseError, match=r"is no LMDB \(there is no data.mdb in it\)"):
        dataset(folder)
    shutil.rmtree(folder / which)
    with pytest.raises(DatabaseError, match="is no LMDB"):
        dataset(folder)


def test_a_path_that_cannot_be_one(folder: Path) -> None:
    with pytest.raises(OptionError, match="zero byte"):
        MultilabelDataset("a\0b", folder / "labels")


def test_counts_that_differ(folder: Path) -> None:
    shutil.rmtree(folder / "labels")
    write_db(folder / "labels", [labels(at) for at in range(19)])
    with pytest.raises(
        DatabaseError, match=r"images holds 20 .*labels 19.*caffe-multilabel verify"
    ):
        dataset(folder)


def test_a_database_that_was_replaced(folder: Path) -> None:
    """What is open stays what it was; opened anew it is another one, and says so."""
    data = dataset(folder)
    for name in ("images", "labels"):
        shutil.rmtree(folder / name)
        write_db(folder / name, [GOOD if name == "images" else labels(1)] * 3)
    assert data.labels()[:, 0].tolist() == list(range(20))
    assert [row[0] for _, row in data] == list(range(20))
    assert len(list(data.batches(2))) == 10
    data.close()
    with pytest.raises(DatabaseError, match="holds 3 records; there were 20"):
        _ = data[0]


def test_the_end_of_a_with_closes(folder: Path) -> None:
    def open_files() -> set[Path]:
        paths = (path.resolve() for path in Path("/proc/self/fd").iterdir())
        return {path for path in paths if folder.resolve() in path.parents}

    with dataset(folder) as data:
        assert data[19][1][0] == 19
        assert {path.parent.name for path in open_files()} == {"images", "labels"}
    assert open_files() == set()
    with dataset(folder) as data, data.batches(2) as batches:
        next(batches)
    assert (next(batches, None), len(batches)) == (None, 0)


def test_closed_is_opened_again(folder: Path) -> None:
    data = dataset(folder)
    first = data[0]
    for _ in range(2):
        data.close()
        data.close()
        assert data[19][1][0] == 19
    np.testing.assert_array_equal(first[0], data[0][0])


@pytest.mark.parametrize(
    ("image", "label", "where", "message"),
    [
        (b"\xff\xff", labels(1), "images", "no Datum"),
        (b"", labels(1), "images", "its shape is 0 x 0 x 0"),
        (datum(data=JPEG[:-30], encoded=True), labels(1), "images", "damaged or cut off"),
        (datum(data=b"", encoded=True), labels(1), "images", "is empty"),
        (datum(channels=3, height=4, width=5, data=b"1"), labels(1), "images", "holds 1 value"),
        (GOOD, b"\xff\xff", "labels", "no Datum"),
        (GOOD, labels(1, 2), "labels", "it has 2 labels, the first record 1"),
        (GOOD, b"", "labels", "its shape is 0 x 0 x 0"),
    ],
)
def test_a_bad_record_is_named(
    tmp_path: Path, image: bytes, label: bytes, where: str, message: str
) -> None:
    keys = [b"%d" % at for at in range(5)] + ["\x01schl\xfcssel".encode("latin-1")]
    keys = sorted(keys)
    bad = 0 if image != GOOD else keys.index(b"3")
    write_db(tmp_path / "images", [image if at == bad else GOOD for at in range(6)], keys)
    bad_labels = [label if at == bad else labels(1) for at in range(6)]
    write_db(tmp_path / "labels", bad_labels, keys)
    data = dataset(tmp_path)
    assert len(data[1][0]) == 3
    ways: list[Callable[[], object]] = [
        lambda: data[bad],
        lambda: list(data.batches(2, indices=[1, bad])),
    ]
    if where == "labels":
        ways += [data.labels, data[::-1].labels]
    for way in ways:
        with pytest.raises(DatabaseError, match=message) as caught:
            way()
        assert caught.value.path == str(tmp_path / where)
        assert f"record {bad} ({caught.value.key}): " in caught.value.message
    assert caught.value.key == ("3" if bad else "\\x01schl\\xfcssel")


@given(image=st.binary(max_size=60), label=st.binary(max_size=30), encoded=st.booleans())
def test_any_bytes(
    tmp_path_factory: pytest.TempPathFactory, image: bytes, label: bytes, encoded: bool
) -> None:
    folder = tmp_path_factory.mktemp("any")
    if encoded:
        image = datum(data=image, encoded=True)
    write_db(folder / "images", [GOOD, image])
    write_db(folder / "labels", [labels(1), label])
    data = dataset(folder)
    for way in (lambda: data[1], lambda: list(data.batches(2)), data.labels):
        with suppress(DatabaseError):
            way()
    shutil.rmtree(folder)
