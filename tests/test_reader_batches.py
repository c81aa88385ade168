"""Batches are what Caffe's DataTransformer makes, bit for bit, on any number of threads."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from caffe_multilabel import DatabaseError, OptionError, PrototxtError, convert
from caffe_multilabel.caffe.proto.blobs import write_mean
from caffe_multilabel.reader import MultilabelDataset
from image_tools import draw, encode
from lmdb_tools import datums
from reader_tools import (
    Generator,
    caffe_transform,
    datum,
    floats,
    images_of,
    labels,
    pixels_of,
    raw,
    write_db,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from caffe_multilabel.reader import TransformKeywords

GOLDEN = Path(__file__).parent / "golden"
COUNT = 23
HEIGHT, WIDTH = 12, 17


def planes(seed: int, height: int = HEIGHT, width: int = WIDTH) -> NDArray[np.uint8]:
    return draw(seed, height, width).transpose(2, 0, 1)


def real(seed: int) -> NDArray[np.float32]:
    random = np.random.default_rng(seed)
    return random.normal(0, 50, (3, HEIGHT, WIDTH)).astype(np.float32)


STORES = {
    "raw": lambda seed: raw(planes(seed)),
    "png": lambda seed: datum(data=encode(draw(seed, HEIGHT, WIDTH), ".png"), encoded=True),
    "jpg": lambda seed: datum(data=encode(draw(seed, HEIGHT, WIDTH), ".jpg"), encoded=True),
    "floats": lambda seed: floats(real(seed)),
}


@pytest.fixture(scope="module", params=STORES)
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One pair for each way to store an image."""
    made = tmp_path_factory.mktemp(request.param)
    write_db(made / "images", [STORES[request.param](seed) for seed in range(COUNT)])
    write_db(made / "labels", [labels(seed % 5, seed / 2) for seed in range(COUNT)])
    write_mean(made / "mean.binaryproto", real(99))
    return made


def dataset(folder: Path) -> MultilabelDataset:
    return MultilabelDataset(folder / "images", folder / "labels")


def joined(batches: Any) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    images, label_arrays = zip(*batches, strict=True)
    return np.concatenate(images), np.concatenate(label_arrays)


def expected(folder: Path, order: Sequence[int], seed: int, **options: Any) -> NDArray[np.float32]:
    generator = Generator(seed)
    stored = images_of(folder / "images")
    return np.stack([caffe_transform(stored[at], generator, **options) for at in order])


@pytest.mark.parametrize("scale", [1.0, 0.00390625, 0.017])
@pytest.mark.parametrize("mean", ["none", "one", "each", "file", "array"])
@pytest.mark.parametrize(
    "cut",
    [
        {},
        {"crop_size": 9},
        {"crop_size": 12, "phase": "TRAIN"},
        {"crop_size": 5, "phase": "TRAIN", "mirror": True},
        {"crop_size": 8, "mirror": True},
        {"phase": "TRAIN", "mirror": True},
    ],
)
def test_transform(folder: Path, cut: dict[str, Any], mean: str, scale: float) -> None:
    given: dict[str, dict[str, Any]] = {
        "none": {},
        "one": {"mean_value": 110.3},
        "each": {"mean_value": (104, 116.7, 122.68)},
        "file": {"mean_file": folder / "mean.binaryproto"},
        "array": {"mean_file": real(99)},
    }
    stated = {"mean": real(99)} if mean in ("file", "array") else dict(given[mean])
    if mean == "one":
        stated = {"mean_value": [110.3]}
    seed = len(mean) * 1000 + len(cut)
    batches = dataset(folder).batches(7, seed=seed, scale=scale, **cut, **given[mean])
    found, _ = joined(batches)
    wanted = expected(folder, range(COUNT), seed, scale=scale, **cut, **stated)
    assert found.dtype == np.float32
    assert found.tobytes() == wanted.tobytes()


@given(
    batch_size=st.integers(1, 30),
    threads=st.integers(1, 5),
    seed=st.integers(0, 2**32 - 1),
    shuffle=st.booleans(),
    drop_last=st.booleans(),
    indices=st.none() | st.lists(st.integers(-COUNT, COUNT - 1), max_size=40),
)
def test_order_and_threads(
    folder: Path,
    batch_size: int,
    threads: int,
    seed: int,
    shuffle: bool,
    drop_last: bool,
    indices: list[int] | None,
) -> None:
    batches = dataset(folder).batches(
        batch_size,
        threads=threads,
        indices=indices,
        shuffle=shuffle,
        drop_last=drop_last,
        seed=seed,
        phase="TRAIN",
        crop_size=6,
        mirror=True,
    )
    records = list(range(COUNT)) if indices is None else [index % COUNT for index in indices]
    whole = len(records) // batch_size
    sizes = [batch_size] * whole + [len(records) % batch_size] * (not drop_last)
    sizes = [size for size in sizes if size]
    assert len(batches) == len(sizes)
    made = list(batches)
    assert [len(images) for images, _ in made] == sizes
    assert len(batches) == 0
    if not made:
        return
    found, label_rows = joined(made)
    order = [int(2 * half) for half in label_rows[:, 1]]
    if not shuffle:
        assert order == records[: len(order)]
    elif not drop_last:
        assert sorted(order) == sorted(records)
    wanted = expected(folder, order, seed, phase="TRAIN", crop_size=6, mirror=True)
    assert found.tobytes() == wanted.tobytes()


def test_shuffling_depends_on_the_seed_alone(folder: Path) -> None:
    def order(**options: Any) -> list[float]:
        batches = dataset(folder).batches(4, shuffle=True, **options)
        return [float(row[1]) for _, rows in batches for row in rows]

    assert order(seed=3, threads=1) == order(seed=3, threads=4)
    assert order(seed=3) != order(seed=4)
    assert len({tuple(order()) for _ in range(4)}) > 1


def test_labels_by_task(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "t.yaml").write_text(
        "tasks: [{name: x, loss: euclidean, dim: 1, columns: 1},"
        " {name: both, loss: euclidean, dim: 2, columns: 0-1},"
        " {name: kind, loss: softmax, classes: 5, columns: 0}]"
    )
    data = MultilabelDataset(folder / "images", folder / "labels", tasks=tmp_path / "t.yaml")
    start = 0
    for images, found in data.batches(10):
        numbers = np.arange(start, start + len(images))
        start += len(images)
        assert isinstance(found, dict)
        assert {name: (array.dtype, array.shape[1:]) for name, array in found.items()} == {
            "x": (np.float32, (1,)),
            "both": (np.float32, (2,)),
            "kind": (np.int64, ()),
        }
        np.testing.assert_array_equal(found["kind"], numbers % 5)
        np.testing.assert_array_equal(found["x"][:, 0], numbers / 2)
        np.testing.assert_array_equal(found["both"], np.stack([numbers % 5, numbers / 2], 1))
    assert start == COUNT


def test_golden_images_one_by_one(tmp_path: Path) -> None:
    """Images of other sizes and channels may stand in other batches, as in Caffe."""
    target: Any = {"images": tmp_path / "images", "labels": tmp_path / "labels"}
    convert(GOLDEN / "list.txt", root=GOLDEN, encoded=True, **target)
    ways: list[tuple[TransformKeywords, int]] = [
        ({}, cv2.IMREAD_UNCHANGED),
        ({"force_color": True}, cv2.IMREAD_COLOR),
        ({"force_gray": True}, cv2.IMREAD_GRAYSCALE),
    ]
    for options, flags in ways:
        batches = MultilabelDataset(**target).batches(1, threads=3, **options)
        messages = datums(tmp_path / "images")
        for (images, _), message in zip(batches, messages, strict=True):
            wanted = pixels_of(message, flags=flags).astype(np.float32)
            assert images.shape[1:] == wanted.shape
            assert images[0].tobytes() == wanted.tobytes()


def test_force_does_nothing_to_raw_records(tmp_path: Path) -> None:
    write_db(tmp_path / "images", [raw(planes(1))])
    write_db(tmp_path / "labels", [labels(1)])
    [(images, _)] = dataset(tmp_path).batches(1, force_gray=True)
    assert images.shape == (1, 3, HEIGHT, WIDTH)


def test_arrays_are_the_users(folder: Path) -> None:
    """Memory is used again, but never while someone looks at it."""
    kept = [images for images, _ in dataset(folder).batches(2)]
    copies = [images.copy() for images in kept]
    views = [images[1:, :, ::2] for images in kept]
    del kept
    for images, _ in dataset(folder).batches(2):
        images[:] = -1
    for copy, view in zip(copies, views, strict=True):
        np.testing.assert_array_equal(copy[1:, :, ::2], view)


@pytest.mark.parametrize(
    ("records", "options", "message"),
    [
        ({5: raw(planes(0, 3, WIDTH))}, {"crop_size": 4}, r"\(0000000005\).*smaller than crop_si"),
        ({5: raw(planes(0, 3, WIDTH))}, {}, r"record 5 .*3 x 3 x 17, that of the first .*12 x 17"),
        ({3: raw(planes(0)[:1])}, {"crop_size": 4}, "record 3 .*its shape is 1 x 4 x 4"),
        ({}, {"mean_value": (1, 2)}, "record 0 .*mean_value has 2 values"),
        ({}, {"mean_file": np.zeros((3, 2, 2))}, "record 0 .*that of mean_file 3 x 2 x 2"),
        ({2: b"\xff\xff", 7: b"\xff"}, {}, "record 2 .*is no Datum"),
        ({6: datum(data=b"no image", encoded=True)}, {}, "record 6 .*encoded image cannot"),
        ({6: datum(channels=3, height=2, width=2)}, {}, "record 6 .*holds 0 values"),
        ({6: datum(channels=2**30, height=2**30, width=16)}, {}, "record 6 .*its shape is"),
        ({4: datum(channels=-1, height=2, width=2, data=b"1234")}, {}, "record 4 .*shape is -1"),
    ],
)
def test_a_bad_image_is_named(
    tmp_path: Path, records: dict[int, bytes], options: dict[str, Any], message: str
) -> None:
    write_db(tmp_path / "images", [records.get(at, raw(planes(at))) for at in range(9)])
    write_db(tmp_path / "labels", [labels(at) for at in range(9)])
    for threads, shuffle in itertools.product((1, 4), (False, True)):
        data = dataset(tmp_path)
        batches = data.batches(8, threads=threads, indices=range(9), **options)
        with pytest.raises(DatabaseError, match=message) as caught:
            list(batches)
        assert caught.value.path == str(tmp_path / "images")
        assert next(batches, None) is None
        if shuffle and records:
            with pytest.raises(DatabaseError):
                list(data.batches(9, threads=threads, shuffle=True, **options))


def test_batches_before_a_bad_record_come_out(tmp_path: Path) -> None:
    write_db(tmp_path / "images", [raw(planes(at)) for at in range(9)])
    write_db(tmp_path / "labels", [labels(*range(1 + (at == 7))) for at in range(9)])
    batches = dataset(tmp_path).batches(2, threads=4)
    assert len([next(batches) for _ in range(3)]) == 3
    with pytest.raises(DatabaseError, match=r"record 7 .*it has 2 labels, the first record 1"):
        next(batches)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 0}, "batch_size is 0"),
        ({"batch_size": 2.5}, "batch_size is 2.5"),
        ({"threads": 0}, "threads is 0"),
        ({"seed": 2**32}, "seed is 4294967296"),
        ({"crop_size": -1}, "crop_size is -1"),
        ({"phase": "Train"}, "phase is 'Train'.*did you mean 'TRAIN'"),
        ({"mean_value": "red"}, "mean_value is 'red', must be finite"),
        ({"mean_value": (1, np.nan)}, "mean_value"),
        ({"scale": np.inf}, "scale is inf"),
        ({"scale": (1, 2)}, "must be one number"),
        ({"mean_value": 1, "mean_file": "m"}, "mean_value and mean_file exclude"),
        ({"mean_file": np.zeros(3)}, r"shape \(3,\)"),
        ({"mean_file": [["a"]]}, "a path or an array"),
        ({"force_color": True, "force_gray": True}, "force_color and force_gray exclude"),
        ({"indices": [0.5]}, "whole numbers"),
        ({"indices": [[1]]}, "one axis"),
    ],
)
def test_wrong_options(folder: Path, options: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        dataset(folder).batches(**({"batch_size": 2} | options))


def test_other_errors_before_the_first_batch(folder: Path) -> None:
    with pytest.raises(IndexError, match="no record 23 in a dataset of 23"):
        dataset(folder).batches(2, indices=[0, COUNT])
    with pytest.raises(PrototxtError, match="no_such_file"):
        dataset(folder).batches(2, mean_file="no_such_file")


def test_close_ends_it(folder: Path) -> None:
    batches = dataset(folder).batches(2, threads=2)
    next(batches)
    batches.close()
    assert (next(batches, None), len(batches)) == (None, 0)
    batches.close()
