"""The mean of an image DB against numpy, and its file against Caffe's own sums."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from caffe_multilabel import DatabaseError, OptionError, convert
from caffe_multilabel.caffe.proto import read_binary
from caffe_multilabel.data.mean import compute_mean, write_mean
from image_tools import draw, encode
from reader_tools import datum, floats, images_of, raw, write_db

GOLDEN = Path(__file__).parent / "golden"


def png(seed: int) -> bytes:
    return datum(data=encode(draw(seed, 6, 5), ".png"), encoded=True)


def check(image_db: Path, threads: int | None = None) -> Any:
    report = compute_mean(image_db, threads=threads)
    images = np.stack(images_of(image_db)).astype(np.float64)
    np.testing.assert_allclose(report.mean, images.mean(0), rtol=1e-14)
    np.testing.assert_allclose(report.channel_means, images.mean((0, 2, 3)), rtol=1e-14)
    np.testing.assert_allclose(report.channel_std, images.std((0, 2, 3)), rtol=1e-12, atol=1e-12)
    assert report.count == len(images)
    return report


@pytest.mark.parametrize("count", [1, 2, 257, 258, 600])
def test_raw_and_encoded(tmp_path: Path, count: int) -> None:
    write_db(tmp_path / "raw", [raw(draw(at, 6, 5).transpose(2, 0, 1)) for at in range(count)])
    write_db(tmp_path / "png", [png(at) for at in range(count)])
    ours, theirs = check(tmp_path / "raw"), check(tmp_path / "png")
    assert ours.mean.tobytes() == theirs.mean.tobytes()


def test_sums_of_bytes_are_exact(tmp_path: Path) -> None:
    """257 times 255 is the most that a chunk can come to."""
    white = np.full((1, 2, 3), 255, np.uint8)
    write_db(tmp_path / "images", [raw(white)] * 1000)
    report = check(tmp_path / "images")
    assert report.mean.tolist() == white.tolist()
    assert (report.channel_means.tolist(), report.channel_std.tolist()) == ([255], [0])


@given(count=st.integers(1, 700), threads=st.integers(2, 6), seed=st.integers(0, 99))
def test_any_number_of_threads_gives_the_same_bits(
    tmp_path_factory: pytest.TempPathFactory, count: int, threads: int, seed: int
) -> None:
    folder = tmp_path_factory.mktemp("mean")
    random = np.random.default_rng(seed)
    values = (random.normal(0, 10, (count, 2, 2, 2)) ** 5).astype(np.float32)
    write_db(folder / "images", [floats(one) for one in values])
    one, many = (compute_mean(folder / "images", threads=n) for n in (1, threads))
    assert one.mean.tobytes() == many.mean.tobytes()
    assert one.channel_std.tobytes() == many.channel_std.tobytes()
    np.testing.assert_allclose(one.mean, values.astype(float).mean(0), rtol=1e-9)


def test_the_file_is_what_compute_image_mean_writes(tmp_path: Path) -> None:
    target: Any = {"images": tmp_path / "images", "labels": tmp_path / "labels"}
    convert(GOLDEN / "list.txt", root=GOLDEN, resize=(20, 30), **target)
    report = check(tmp_path / "images")
    write_mean(report, tmp_path / "mean.binaryproto")
    blob = read_binary(tmp_path / "mean.binaryproto", "BlobProto")
    fields = {field.name: value for field, value in blob.ListFields()}
    data = fields.pop("data")
    assert fields == {"num": 1, "channels": 3, "height": 30, "width": 20}
    # compute_image_mean.cpp: float32 sums in the order of the DB, then one division.
    sums = np.zeros((3, 30, 20), np.float32)
    for image in images_of(tmp_path / "images"):
        sums += image
    np.testing.assert_array_equal(
        np.array(data, np.float32), (sums / np.float32(report.count)).ravel()
    )


def test_the_line_for_the_task_file(tmp_path: Path) -> None:
    write_db(tmp_path / "images", [raw(np.array([104, 117, 7]).astype(np.uint8)[:, None, None])])
    report = compute_mean(tmp_path / "images")
    assert report.mean_value_line == "mean_value: [104, 117, 7]"
    assert report.to_dict() == {
        "count": 1,
        "shape": [3, 1, 1],
        "channel_means": [104, 117, 7],
        "channel_std": [0, 0, 0],
    }


def test_numbers_that_are_none_stay_so(tmp_path: Path) -> None:
    values = np.array([[[1, np.nan]], [[np.inf, -np.inf]]], np.float32)
    write_db(tmp_path / "images", [floats(values)])
    report = compute_mean(tmp_path / "images")
    np.testing.assert_array_equal(report.mean, values)
    assert all(math.isnan(one) for one in (*report.channel_means, *report.channel_std))


def test_progress_is_told(tmp_path: Path) -> None:
    write_db(tmp_path / "images", [png(at) for at in range(300)])
    messages: list[tuple[int, int]] = []
    compute_mean(tmp_path / "images", progress=lambda *state: messages.append(state))
    assert messages[-1] == (300, 300)

    def fail(_done: int, _total: int) -> None:
        raise ValueError("enough")

    with pytest.raises(ValueError, match="enough"):
        compute_mean(tmp_path / "images", progress=fail)


@pytest.mark.parametrize(
    ("records", "message"),
    [
        ([], "holds no record"),
        ([png(0), raw(draw(0, 6, 5)[:4].transpose(2, 0, 1))] * 300, "record 1 .*3 x 4 x 5, that o"),
        ([png(0)] * 400 + [b"\xff"], "record 400 .*no Datum"),
        ([b""], "record 0 .*shape is 0 x 0 x 0"),
    ],
)
def test_what_has_no_mean(tmp_path: Path, records: list[bytes], message: str) -> None:
    write_db(tmp_path / "images", records)
    for threads in (1, 3):
        with pytest.raises(DatabaseError, match=message):
            compute_mean(tmp_path / "images", threads=threads)


def test_wrong_arguments(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="is no LMDB"):
        compute_mean(tmp_path / "nothing")
    with pytest.raises(OptionError, match="threads"):
        compute_mean(tmp_path, threads=0)
