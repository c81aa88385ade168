"""Single records against py-lmdb, protobuf and cv2 on the same pair."""

from __future__ import annotations

import pickle
import shutil
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from caffe_multilabel import DatabaseError, OptionError, TaskFileError, convert, load_tasks
from caffe_multilabel.reader import MultilabelDataset
from image_tools import draw, encode
from lmdb_tools import datums, records
from reader_tools import datum, floats, labels, pixels_of, raw, write_db

if TYPE_CHECKING:
    from image_tools import ImageFolder

GOLDEN = Path(__file__).parent / "golden"

TASKS = """
tasks:
  - {name: corners, loss: euclidean, dim: 2, columns: [3, 1]}
  - {name: color, loss: softmax, classes: 8, columns: 0}
  - {name: flags, loss: sigmoid, dim: 1, columns: 2}
  - {name: side, loss: hinge, classes: 8, columns: 4}
"""


def same(found: Any, wanted: Any) -> None:
    """Equal to the bit, types included."""
    assert found.dtype == wanted.dtype
    assert found.shape == wanted.shape
    assert found.tobytes() == np.ascontiguousarray(wanted).tobytes()


def check(folder: Path) -> MultilabelDataset:
    """Hold every record of a pair without tasks against what others read."""
    data = MultilabelDataset(folder / "images", folder / "labels")
    images, label_records = datums(folder / "images"), datums(folder / "labels")
    assert len(data) == len(images)
    for (image, values), image_datum, label_datum in zip(data, images, label_records, strict=True):
        same(image, pixels_of(image_datum))
        same(values.ravel(), pixels_of(label_datum).astype(np.float32).ravel())
    assert data.keys() == [key for key, _ in records(folder / "images")]
    return data


@pytest.mark.parametrize("options", [{}, {"encoded": True}, {"gray": True}, {"resize": (40, 30)}])
def test_golden_images(tmp_path: Path, options: dict[str, Any]) -> None:
    convert(
        GOLDEN / "list.txt",
        images=tmp_path / "images",
        labels=tmp_path / "labels",
        root=GOLDEN,
        **options,
    )
    assert len(check(tmp_path)) == 21


def stored_images() -> st.SearchStrategy[bytes]:
    """Image records of any kind that Caffe reads."""
    sides = st.integers(1, 7)

    def pixels(channels: st.SearchStrategy[int]) -> st.SearchStrategy[Any]:
        shapes = st.tuples(channels, sides, sides)
        return shapes.flatmap(lambda shape: npst.arrays(np.uint8, shape))

    def as_png(planes: Any) -> bytes:
        return datum(data=encode(planes.transpose(1, 2, 0), ".png"), encoded=True, label=7)

    any_float = npst.arrays(np.float32, st.tuples(sides, sides, sides))
    return st.one_of(
        pixels(st.integers(1, 9)).map(raw),
        pixels(st.sampled_from((1, 3, 4))).map(as_png),
        any_float.map(floats),
    )


def label_vectors(count: int) -> st.SearchStrategy[bytes]:
    as_floats = npst.arrays(np.float32, (count, 1, 1)).map(floats)
    return as_floats | npst.arrays(np.uint8, (count, 1, 1)).map(raw)


@given(st.data())
def test_any_records(tmp_path_factory: pytest.TempPathFactory, drawn: st.DataObject) -> None:
    folder = tmp_path_factory.mktemp("pair")
    keys = drawn.draw(st.sets(st.binary(min_size=1, max_size=511), min_size=1, max_size=6))
    images = [drawn.draw(stored_images()) for _ in keys]
    count = drawn.draw(st.integers(1, 5))
    write_db(folder / "images", images, sorted(keys))
    # The same keys: others might contradict, which is refused.
    write_db(folder / "labels", [drawn.draw(label_vectors(count)) for _ in keys], sorted(keys))
    data = check(folder)
    assert data.keys() == sorted(keys)
    same(data.labels(threads=drawn.draw(st.integers(1, 3))), np.stack([row for _, row in data]))
    shutil.rmtree(folder)


def test_packed_floats_and_unknown_fields(tmp_path: Path) -> None:
    packed = b"\x08\x02\x10\x01\x18\x01\x32\x08" + struct.pack("<2f", 1.5, -2)
    write_db(tmp_path / "images", [raw(draw(0, 2, 2).transpose(2, 0, 1)) + b"\x58\x01"])
    write_db(tmp_path / "labels", [packed])
    assert check(tmp_path)[0][1].tolist() == [1.5, -2]


def test_orientation_is_left_alone_as_caffe_does(tmp_path: Path) -> None:
    file = GOLDEN / "images" / "jpeg_exif6.jpg"
    write_db(tmp_path / "images", [datum(data=file.read_bytes(), encoded=True)])
    write_db(tmp_path / "labels", [labels(1)])
    stored = check(tmp_path)[0][0].shape
    turned = cv2.imread(str(file))
    assert turned is not None
    assert stored == (3, turned.shape[1], turned.shape[0])


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten records; their five labels tell the record."""
    folder = tmp_path_factory.mktemp("pair")
    write_db(folder / "images", [raw(draw(i, 4, 5).transpose(2, 0, 1)) for i in range(10)])
    write_db(folder / "labels", [labels(i % 8, i / 4, i % 2, -i, 7 - i % 3) for i in range(10)])
    return folder


@pytest.fixture
def data(pair: Path) -> MultilabelDataset:
    return MultilabelDataset(pair / "images", pair / "labels")


def test_positions(data: MultilabelDataset) -> None:
    assert data[9][1][3] == -9
    assert data[-1][1][3] == -9
    assert data[np.int64(2)][1][3] == -2
    assert [row[3] for _, row in data] == list(range(0, -10, -1))
    for wrong in (10, -11, 2**70):
        with pytest.raises(IndexError):
            _ = data[wrong]
    with pytest.raises(TypeError):
        _ = data["a"]  # type: ignore[call-overload]  # what a user may write


@pytest.mark.parametrize(
    "part", [slice(2, 5), slice(None, None, -1), slice(-3, None), slice(8, 1, -3), slice(5, 5)]
)
def test_slices(data: MultilabelDataset, part: slice) -> None:
    positions = list(range(10))[part]
    chosen = data[part]
    assert len(chosen) == len(positions)
    assert [-row[3] for _, row in chosen] == positions
    assert chosen.labels()[:, 3].tolist() == [-position for position in positions]
    assert chosen.keys() == [data.keys()[position] for position in positions]
    whole = data.labels()
    found = [row for _, batch in chosen.batches(4) for row in batch]
    np.testing.assert_array_equal(np.array(found).reshape(-1, 5), whole[positions])
    assert [-row[3] for _, row in chosen[1:]] == positions[1:]


def test_labels_by_task(pair: Path, tmp_path: Path) -> None:
    (tmp_path / "tasks.yaml").write_text(TASKS)
    path = tmp_path / "tasks.yaml"
    for tasks in (path, str(path), load_tasks(path)):
        data = MultilabelDataset(pair / "images", pair / "labels", tasks=tasks)
        _, found = data[9]
        assert isinstance(found, dict)
        assert list(found) == ["corners", "color", "flags", "side"]
        same(found["corners"], np.array([-9, 2.25], np.float32))
        same(found["flags"], np.array([1], np.float32))
        assert (found["color"], found["side"]) == (1, 7)
        assert type(found["color"]) is int
    again = MultilabelDataset(pair / "images", pair / "labels", tasks=data.label_schema)
    assert again[3][1]["color"] == 3
    assert "tasks corners, color, flags, side" in repr(again)


def test_the_manifest_tells_the_tasks(image_folder: ImageFolder, tmp_path: Path) -> None:
    (tmp_path / "tasks.yaml").write_text(
        "tasks: [{name: number, loss: softmax, classes: 12}, {name: x, loss: euclidean, dim: 1}]"
    )
    target: Any = {"images": tmp_path / "images", "labels": tmp_path / "labels"}
    convert(
        image_folder.write_list(tmp_path / "list.txt"),
        root=image_folder.folder,
        tasks=tmp_path / "tasks.yaml",
        **target,
    )
    assert MultilabelDataset(**target)[5][1] == {"number": 5, "x": np.float32(1.25)}
    with (tmp_path / "labels" / "manifest.json").open("w") as manifest:
        manifest.write("not ours")
    assert MultilabelDataset(**target)[5][1].tolist() == [5, 1.25]


def test_label_maps_keep_their_shape(tmp_path: Path) -> None:
    maps = np.arange(24, dtype=np.float32).reshape(2, 2, 2, 3)
    write_db(tmp_path / "images", [raw(draw(i, 4, 4).transpose(2, 0, 1)) for i in range(2)])
    write_db(tmp_path / "labels", [floats(one) for one in maps])
    data = MultilabelDataset(tmp_path / "images", tmp_path / "labels")
    assert data.label_shape == (2, 2, 3)
    same(data[1][1], maps[1])
    same(data.labels(), maps.reshape(2, 12))
    [(_, batch)] = data.batches(2)
    same(batch, maps)


def test_labels_that_are_no_numbers_can_be_looked_at(pair: Path, tmp_path: Path) -> None:
    write_db(tmp_path / "labels", [labels(np.nan, np.inf, 2.5)] * 10)
    data = MultilabelDataset(pair / "images", tmp_path / "labels")
    np.testing.assert_array_equal(data[0][1], [np.nan, np.inf, 2.5])
    assert data.labels().shape == (10, 3)
    (tmp_path / "t.yaml").write_text(
        "tasks: [{name: a, loss: softmax, classes: 3, columns: 0},"
        " {name: b, loss: softmax, classes: 3, columns: 2}]"
    )
    with_tasks = MultilabelDataset(pair / "images", tmp_path / "labels", tasks=tmp_path / "t.yaml")
    with pytest.raises(DatabaseError, match=r"task 'a' has the label nan.*verify"):
        _ = with_tasks[0]


def test_tasks_must_fit(pair: Path, tmp_path: Path) -> None:
    (tmp_path / "t.yaml").write_text("tasks: [{name: a, loss: euclidean, dim: 6}]")
    with pytest.raises(TaskFileError, match="have 5 labels"):
        MultilabelDataset(pair / "images", pair / "labels", tasks=tmp_path / "t.yaml")


def test_no_records(tmp_path: Path) -> None:
    write_db(tmp_path / "images", [])
    write_db(tmp_path / "labels", [])
    data = MultilabelDataset(tmp_path / "images", tmp_path / "labels")
    assert (len(data), list(data), data.keys(), list(data.batches(4))) == (0, [], [], [])
    assert data.labels().shape == (0, 0)
    with pytest.raises(IndexError):
        _ = data[0]


def test_tasks_of_no_records_are_read_all_the_same(tmp_path: Path) -> None:
    write_db(tmp_path / "images", [])
    write_db(tmp_path / "labels", [])
    pair = (tmp_path / "images", tmp_path / "labels")
    wrong: Any = 123
    with pytest.raises(TaskFileError, match="nosuch"):
        MultilabelDataset(*pair, tasks=tmp_path / "nosuch.yaml")
    with pytest.raises(OptionError, match="tasks are 123"):
        MultilabelDataset(*pair, tasks=wrong)
    (tmp_path / "t.yaml").write_text("tasks: [{name: a, loss: euclidean, dim: 6}]")
    assert len(MultilabelDataset(*pair, tasks=tmp_path / "t.yaml")) == 0


def test_threads_must_be_a_sensible_number(data: MultilabelDataset) -> None:
    for threads in (0, 1025, 1.5):
        with pytest.raises(OptionError, match="threads"):
            data.labels(threads=threads)  # type: ignore[arg-type]  # what a user may write


def test_pickles_hold_no_data(data: MultilabelDataset) -> None:
    _ = data[5]
    stored = pickle.dumps(data[::2])
    assert len(stored) < 1500
    assert [-row[3] for _, row in pickle.loads(stored)] == [0, 2, 4, 6, 8]
