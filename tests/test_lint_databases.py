"""A pair of DBs against each other, and its images against the image layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from caffe_multilabel import _core
from caffe_multilabel.caffe.proto.blobs import write_mean
from lint_tools import (
    NET,
    ROWS,
    datum,
    edited,
    everywhere,
    found,
    image_db,
    label_db,
    lint,
    rows_with,
    write_db,
)

if TYPE_CHECKING:
    from pathlib import Path

NO_CROP = everywhere("crop_size: 28", "")


def encoded_db(folder: Path, sizes: list[tuple[int, int]]) -> Path:
    """Write colour PNG images of some heights and widths; their Datums do not tell the size."""
    images = [_core.encode_image(np.zeros((h, w, 3), np.uint8), "png") for h, w in sizes]
    records = ((f"{index}", datum(data=data, encoded=True)) for index, data in enumerate(images))
    return write_db(folder, records)


SECOND_LABELS = """
layer { name: "labels2" type: "Data" top: "label2"
  data_param { source: "more_labels" batch_size: 6 backend: LMDB } }
layer { name: "loss2" type: "EuclideanLoss" bottom: "fc_flags" bottom: "label2" top: "loss2"
  loss_weight: 0 }
"""


def test_a_db_that_could_be_of_two_layers(tmp_path: Path) -> None:
    labels = label_db(tmp_path / "labels", rows_with(0, 99))
    assert found(lint(NET, labels=labels)) == {("class-count", "loss_colour")}
    findings = lint(NET + SECOND_LABELS, labels=labels)
    assert found(findings) == {("unchecked-db", None)}
    assert findings[0].severity == "info"
    assert "TRAIN has 'labels', 'labels2'" in findings[0].message


def test_unlike_numbers_of_records(tmp_path: Path) -> None:
    images = image_db(tmp_path / "images", [(3, 28, 28)] * 5)
    labels = label_db(tmp_path / "labels", ROWS)
    findings = lint(NET, images=images, labels=labels)
    assert found(findings) == {("record-count", None)}
    assert "has 5 records" in findings[0].message
    assert lint(NET, images=image_db(tmp_path / "equal", [(3, 28, 28)] * 4), labels=labels) == []


def test_keys_that_contradict_each_other(tmp_path: Path) -> None:
    images = image_db(tmp_path / "images", [(3, 28, 28)] * 4, keys=["01", "02", "03", "10"])
    labels = label_db(tmp_path / "labels", ROWS, keys=["1", "10", "2", "3"])
    findings = lint(NET, images=images, labels=labels)
    assert found(findings) == {("record-keys", None)}
    assert f"record 02 of {images} stands beside 10 of {labels}" in findings[0].message
    for name, keys in (("wide", ["001", "002", "003", "010"]), ("names", ["a", "b", "c", "d"])):
        assert lint(NET, images=images, labels=label_db(tmp_path / name, ROWS, keys=keys)) == []


def test_records_of_unlike_length(tmp_path: Path) -> None:
    rows = [*ROWS, ROWS[0][:5]]
    findings = lint(NET, labels=label_db(tmp_path / "labels", rows))
    assert found(findings) == {("record-length", None)}
    assert "record 00000004label_4.jpg has 5 labels, the first one 8" in findings[0].message


def test_records_of_unlike_shape(tmp_path: Path) -> None:
    """Caffe: `Check failed: channels == datum_channels (8 vs. 4)`."""
    turned = datum(channels=4, height=2, width=1, float_data=ROWS[0])
    plain = datum(channels=8, height=1, width=1, float_data=ROWS[0])
    db = write_db(tmp_path / "labels", [("0", plain), ("1", plain), ("2", turned), ("3", turned)])
    findings = lint(NET, labels=db)
    assert found(findings) == {("record-length", None)}
    assert f"{db}: record 2 is 4x2x1, the first one 8x1x1; Caffe stops at it" in findings[0].message


@pytest.mark.parametrize("fields", [{"channels": 7}, {"channels": 0, "height": 0, "width": 0}])
def test_records_whose_shape_is_not_what_they_hold(tmp_path: Path, fields: dict[str, Any]) -> None:
    findings = lint(NET, labels=label_db(tmp_path / "labels", ROWS, **fields))
    assert ("record-length", None) in found(findings)
    assert "hold 8 labels" in findings[0].message


def test_the_wrong_way_round(tmp_path: Path) -> None:
    images = image_db(tmp_path / "images", [(3, 28, 28)] * 4)
    labels = label_db(tmp_path / "labels", ROWS)
    assert ("swapped", None) in found(lint(NET, images=labels, labels=images))
    flags = image_db(tmp_path / "flags", [(8, 1, 1)] * 4)  # labels of 0 to 255, as bytes
    assert ("swapped", None) in found(lint(NET, images=flags, labels=images))
    assert ("swapped", None) not in found(lint(NET, images=images, labels=flags))


def test_a_crop_larger_than_an_image(tmp_path: Path) -> None:
    images = image_db(tmp_path / "images", [(3, 28, 28), (3, 40, 27)])
    findings = lint(NET, images=images)
    assert ("crop-size", "data") in found(findings)
    message = next(f.message for f in findings if f.rule == "crop-size")
    assert message == "crop_size is 28, and the image of record 00000001_1.jpg is 27x40"
    assert "shape" not in {finding.rule for finding in findings}


def test_a_crop_larger_than_every_image_is_said_once(tmp_path: Path) -> None:
    findings = lint(NET, images=image_db(tmp_path / "images", [(3, 20, 20)] * 4), phase="TRAIN")
    assert found(findings) == {("crop-size", "data")}


def test_a_crop_larger_than_an_encoded_image(tmp_path: Path) -> None:
    findings = lint(NET, images=encoded_db(tmp_path / "images", [(28, 28), (20, 30)]))
    assert ("crop-size", "data") in found(findings)
    assert lint(NET, images=encoded_db(tmp_path / "equal", [(28, 28)] * 2)) == []


def test_images_of_two_sizes_in_a_batch(tmp_path: Path) -> None:
    images = image_db(tmp_path / "images", [(3, 28, 28), (3, 30, 28)])
    findings = lint(NO_CROP, images=images, phase="TRAIN")
    assert found(findings) == {("picture-sizes", "data")}
    assert "28x28" in findings[0].message
    assert "28x30" in findings[0].message
    ones = everywhere("batch_size: 6", "batch_size: 1", text=NO_CROP)
    assert lint(ones, images=images, phase="TRAIN") == []
    equal = image_db(tmp_path / "equal", [(3, 28, 28)] * 3)
    assert lint(NO_CROP, images=equal) == []


def with_mean(path: Path) -> str:
    return everywhere("mean_value: 104", f'mean_file: "{path}"')


@pytest.mark.parametrize("shape", [(3, 27, 28), (1, 28, 28)])
def test_a_mean_of_another_size(tmp_path: Path, shape: tuple[int, int, int]) -> None:
    mean = tmp_path / "mean.binaryproto"
    images = image_db(tmp_path / "images", [(3, 28, 28)] * 4)
    write_mean(mean, np.zeros(shape))
    findings = lint(with_mean(mean), images=images, phase="TRAIN")
    assert found(findings) == {("mean-size", "data")}
    assert "3x28x28" in findings[0].message
    write_mean(mean, np.zeros((3, 28, 28)))
    assert lint(with_mean(mean), images=images) == []


def test_a_mean_that_is_none(tmp_path: Path) -> None:
    mean = tmp_path / "mean.binaryproto"
    mean.write_bytes(b"no mean")
    images = image_db(tmp_path / "images", [(3, 28, 28)] * 4)
    findings = lint(with_mean(mean), images=images, phase="TRAIN")
    assert found(findings) == {("mean-size", "data")}
    assert "holds no mean image" in findings[0].message


def test_forced_colours_leave_only_the_size_to_compare(tmp_path: Path) -> None:
    mean = tmp_path / "mean.binaryproto"
    write_mean(mean, np.zeros((1, 28, 28)))
    gray = with_mean(mean).replace("transform_param {", "transform_param { force_gray: true")
    assert lint(gray, images=encoded_db(tmp_path / "images", [(28, 28)])) == []


def test_mean_values_that_do_not_suit_the_channels(tmp_path: Path) -> None:
    text = everywhere("mean_value: 104", "mean_value: 104 mean_value: 117 mean_value: 123")
    gray = image_db(tmp_path / "gray", [(1, 28, 28)] * 4)
    assert ("shape", "data") in found(lint(text, images=gray))
    assert lint(text, images=image_db(tmp_path / "colour", [(3, 28, 28)] * 4)) == []


def test_the_images_tell_the_size_that_the_net_does_not(tmp_path: Path) -> None:
    small = image_db(tmp_path / "small", [(3, 6, 6)] * 4)
    findings = lint(edited(("stride: 4", "stride: 1"), text=NO_CROP), images=small)
    assert found(findings) == {("shape", "conv")}


def test_records_that_no_blob_can_be_made_of(tmp_path: Path) -> None:
    broken = write_db(
        tmp_path / "broken",
        [("0", datum(channels=2**31 - 1, height=2**31 - 1, width=3, data=b"0", encoded=False))],
    )
    assert ("unknown-size", "data") in found(lint(NO_CROP, images=broken))
    assert lint(NET, labels=broken)


@pytest.mark.parametrize("crop", [True, False])
def test_images_of_unlike_channels(crop: bool, tmp_path: Path) -> None:
    db = image_db(tmp_path / "images", [(3, 28, 28)] * 5 + [(1, 28, 28)] + [(3, 28, 28)])
    findings = lint(NET if crop else NO_CROP, images=db)
    assert found(findings) == {("picture-channels", "data")}
    assert findings[0].severity == "error"
    assert "the first image has 3 channels, that of record 00000005_5.jpg 1" in findings[0].message
    single = everywhere("batch_size: 6", "batch_size: 1")
    assert ("picture-channels", "data") in found(lint(single, images=db))


def test_a_color_image_among_gray_ones(tmp_path: Path) -> None:
    db = image_db(tmp_path / "images", [(1, 28, 28), (3, 28, 28)])
    findings = lint(NET, images=db)
    assert ("picture-channels", "data") in found(findings)
    assert "has 1 channel, that of record 00000001_1.jpg 3" in findings[0].message


def test_channels_that_the_layer_forces_on_encoded_images(tmp_path: Path) -> None:
    pixels = (np.zeros((28, 28, 3), np.uint8), np.zeros((28, 28), np.uint8))
    images = [_core.encode_image(each, "png") for each in pixels]
    records = ((f"{i}", datum(data=data, encoded=True)) for i, data in enumerate(images))
    db = write_db(tmp_path / "images", records)
    assert ("picture-channels", "data") in found(lint(NET, images=db))
    forced = everywhere("crop_size: 28", "crop_size: 28 force_color: true")
    assert ("picture-channels", "data") not in found(lint(forced, images=db))
