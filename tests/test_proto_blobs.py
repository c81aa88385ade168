"""Blobs as arrays: weights and mean files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from caffe_multilabel.caffe.proto import parse_text, read_binary, schema, write_binary
from caffe_multilabel.caffe.proto.blobs import array_to_blob, blob_to_array, read_mean, write_mean
from caffe_multilabel.errors import PrototxtError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3), (2, 1, 3, 5), (40, 10)])
def test_an_array_goes_into_a_blob_and_back(shape: tuple[int, ...]) -> None:
    array = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    blob = schema().message("BlobProto").FromString(array_to_blob(array).SerializeToString())
    assert list(blob.shape.dim) == list(shape)
    assert list(blob.data) == array.ravel().tolist()
    back = blob_to_array(blob)
    assert back.dtype == np.float32
    np.testing.assert_array_equal(back, array)


def test_arrays_of_other_types_and_orders_become_float32() -> None:
    array = np.arange(6, dtype=np.int64).reshape(2, 3).T
    np.testing.assert_array_equal(blob_to_array(array_to_blob(array)), array.astype(np.float32))
    assert blob_to_array(array_to_blob([0.1, 2])).tolist() == [np.float32(0.1), 2]


def test_old_axes_win_over_shape_and_doubles_over_floats() -> None:
    blob = parse_text(
        "num: 1 channels: 1 height: 2 width: 1 shape { dim: 7 } data: 9 double_data: [0.5, 3]",
        "BlobProto",
    )
    np.testing.assert_array_equal(
        blob_to_array(blob), np.array([0.5, 3], np.float32).reshape(1, 1, 2, 1)
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("shape { dim: [2, 3] } data: [1, 2, 3, 4, 5]", "5 numbers for shape 2 x 3, which holds 6"),
        ("shape { dim: 4 }", "0 numbers for shape 4, which holds 4"),
        ("data: [1, 2]", r"2 numbers for shape \(\), which holds 1"),
        ("num: 1 channels: 3 data: 1", "1 numbers for shape 1 x 3 x 0 x 0"),
        ("shape { dim: [-1, -1] } data: 1", "negative axis"),
    ],
)
def test_numbers_that_do_not_fit_the_shape_are_refused(text: str, reason: str) -> None:
    with pytest.raises(PrototxtError, match=rf"conv1\[0\]: .*{reason}"):
        blob_to_array(parse_text(text, "BlobProto"), name="conv1[0]")


def test_a_mean_file_has_the_form_of_compute_image_mean(tmp_path: Path) -> None:
    mean = np.arange(24, dtype=np.float64).reshape(3, 2, 4)
    path = tmp_path / "mean.binaryproto"
    write_mean(path, mean)
    blob = read_binary(path, "BlobProto")
    assert (blob.num, blob.channels, blob.height, blob.width) == (1, 3, 2, 4)
    assert not blob.HasField("shape")
    np.testing.assert_array_equal(read_mean(path), mean.astype(np.float32))


def test_a_mean_of_another_shape_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mean.binaryproto"
    with pytest.raises(PrototxtError, match="this array is 2 x 4"):
        write_mean(path, np.zeros((2, 4)))
    write_binary(path, array_to_blob(np.zeros((2, 3, 4, 4))))
    with pytest.raises(PrototxtError, match="2 x 3 x 4 x 4 is not one image"):
        read_mean(path)
