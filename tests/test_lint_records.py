"""Nets whose records are more than one image and its labels: several images, maps, ramps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from caffe_multilabel.caffe.proto.blobs import write_mean
from lint_tools import found, image_db, label_db, lint

if TYPE_CHECKING:
    from pathlib import Path

DATA = """
layer { name: "data" type: "Data" top: "records" transform_param { CROP }
  data_param { source: "images" batch_size: 4 backend: LMDB } }
layer { name: "labels" type: "Data" top: "label"
  data_param { source: "labels" batch_size: 4 backend: LMDB } }
"""
PAIRS = """
layer { name: "apart" type: "Reshape" bottom: "records" top: "data"
  reshape_param { shape { dim: -1 dim: 3 } num_axes: 2 } }
layer { name: "identity" type: "Reshape" bottom: "label" top: "identity"
  reshape_param { shape { dim: -1 dim: 1 } } }
"""
NET = """
layer { name: "fc" type: "InnerProduct" bottom: "data" top: "fc"
  inner_product_param { num_output: 5 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "fc" bottom: "identity" top: "loss" }
"""


def net(*parts: str, crop: int = 8) -> str:
    return DATA.replace("CROP", f"crop_size: {crop}") + "".join(parts)


@pytest.mark.parametrize(
    ("images", "columns", "wrong"), [(2, 2, False), (3, 3, False), (2, 3, True)]
)
def test_labels_of_each_image_are_counted(
    tmp_path: Path, images: int, columns: int, wrong: bool
) -> None:
    """All columns are one task's, a column an image; the net has as many scores as images."""
    stored = image_db(tmp_path / "images", [(3 * images, 8, 8)] * 4)
    labels = label_db(tmp_path / "labels", [list(range(columns))] * 4)
    findings = lint(net(PAIRS, NET), images=stored, labels=labels, phase="TRAIN")
    assert ("label-columns" in {finding.rule for finding in findings}) is wrong
    if wrong:
        assert f"takes {images} label columns, and the records of" in str(findings)
    else:
        assert findings == []


RAMPS = """
layer { name: "slice" type: "Slice" bottom: "records" top: "data" top: "ramps"
  slice_param { slice_point: 3 } }
layer { name: "corners" type: "Pooling" bottom: "ramps" top: "corners"
  pooling_param { kernel_size: 1 stride: 7 } }
layer { name: "pairs" type: "Reshape" bottom: "corners" top: "pairs"
  reshape_param { shape { dim: 0 dim: 2 dim: 4 } } }
layer { name: "silence" type: "Silence" bottom: "pairs" }
"""
ONE = 'layer { name: "flat" type: "Flatten" bottom: "label" top: "identity" }'
MAP = """
layer { name: "slice" type: "Slice" bottom: "records" top: "data" top: "map"
  slice_param { slice_point: 3 } }
layer { name: "scores" type: "Convolution" bottom: "data" top: "scores"
  convolution_param { num_output: 4 kernel_size: 1 weight_filler { type: "xavier" } } }
layer { name: "segments" type: "SoftmaxWithLoss" bottom: "scores" bottom: "map" top: "segments"
  loss_weight: 0 }
"""


@pytest.mark.parametrize("parts", [(PAIRS, NET), (RAMPS, ONE, NET), (MAP, ONE, NET)])
def test_without_a_db_nobody_takes_records_for_images_of_3_channels(parts: tuple[str, ...]) -> None:
    """The net takes them apart, and may be right."""
    rules = {rule for rule, _ in found(lint(net(*parts), phase="TRAIN"))}
    assert rules == {"unknown-size"}


def test_what_is_wrong_whatever_the_channels_are_is_still_found() -> None:
    pool = 'layer { name: "pool" type: "Pooling" bottom: "data" top: "pool"'
    wide = f"{pool} pooling_param {{ kernel_size: 9 }} }}"
    assert ("shape", "pool") in found(lint(net(RAMPS, ONE, wide, NET), phase="TRAIN"))


POINTS = """
layer { name: "points" type: "InnerProduct" bottom: "records" top: "points"
  inner_product_param { num_output: 4 weight_filler { type: "xavier" } } }
layer { name: "flat" type: "Flatten" bottom: "TRUTH" top: "truth" }
layer { name: "apart" type: "Eltwise" bottom: "points" bottom: "truth" top: "apart"
  eltwise_param { coeff: 1 coeff: -1 } }
layer { name: "size" type: "AbsVal" bottom: "apart" top: "size" }
"""
PLAIN = POINTS.replace("TRUTH", "label").replace('top: "size"', 'top: "size" loss_weight: 1')
MASKED = f"""
layer {{ name: "slice" type: "Slice" bottom: "label" top: "places" top: "known"
  slice_param {{ slice_point: 4 }} }}
{POINTS.replace("TRUTH", "places")}
layer {{ name: "pairs" type: "Reshape" bottom: "size" top: "pairs"
  reshape_param {{ shape {{ dim: 0 dim: 2 dim: -1 }} }} }}
layer {{ name: "mask" type: "Flatten" bottom: "known" top: "mask" }}
layer {{ name: "masked" type: "Scale" bottom: "pairs" bottom: "mask" top: "masked"
  scale_param {{ axis: 0 }} loss_weight: 1 }}
"""


@pytest.mark.parametrize(("parts", "columns"), [(PLAIN, 4), (MASKED, 6)])
def test_labels_that_only_arithmetic_reads_are_labels(
    tmp_path: Path, parts: str, columns: int
) -> None:
    """A loss of stock layers: they are counted, compared with their DB, and kept in step."""
    assert lint(net(parts), phase="TRAIN") == []
    apart = net(parts).replace("batch_size: 4", "batch_size: 5", 1)
    assert ("batch-size", "labels") in found(lint(apart, phase="TRAIN"))
    images = image_db(tmp_path / "images", [(3, 8, 8)] * 4)
    for width in (columns - 1, columns, columns + 1):
        labels = label_db(tmp_path / f"labels_{width}", [[1] * width] * 4)
        findings = lint(net(parts), images=images, labels=labels, phase="TRAIN")
        assert ("label-columns" in {each.rule for each in findings}) is (width != columns)
        assert width != columns or findings == []


def test_labels_that_nothing_counts_are_not_guessed() -> None:
    """Six columns, to be told from the Reshape alone."""
    table = """
    layer { name: "power" type: "Power" bottom: "label" top: "power" power_param { power: 2 } }
    layer { name: "table" type: "Reshape" bottom: "power" top: "table"
      reshape_param { shape { dim: 0 dim: 2 dim: 3 } } }
    layer { name: "sum" type: "Reduction" bottom: "table" top: "sum" loss_weight: 1 }
    """
    score = """
    layer { name: "score" type: "InnerProduct" bottom: "records" top: "score" loss_weight: 1
      inner_product_param { num_output: 4 weight_filler { type: "xavier" } } }
    """
    findings = found(lint(net(score, table), phase="TRAIN"))
    assert findings == {("unknown-size", "labels"), ("loss-weight-sum", None)}


MOVED = """
layer { name: "slice" type: "Slice" bottom: "records" top: "data" top: "ramps"
  slice_param { slice_point: 3 } }
layer { name: "corner" type: "Pooling" bottom: "ramps" top: "corner"
  pooling_param { kernel_size: 8 } }
layer { name: "origin" type: "Flatten" bottom: "corner" top: "origin" }
layer { name: "flat" type: "Flatten" bottom: "label" top: "stored" }
layer { name: "place" type: "Eltwise" bottom: "stored" bottom: "origin" top: "place"
  eltwise_param { coeff: 1 coeff: -1 } }
layer { name: "point" type: "InnerProduct" bottom: "data" top: "point"
  inner_product_param { num_output: 2 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "EuclideanLoss" bottom: "point" bottom: "TARGET" top: "loss" }
"""


@pytest.mark.parametrize(("target", "moves"), [("place", False), ("stored", True)])
def test_landmarks_that_move_with_their_ramps(tmp_path: Path, target: str, moves: bool) -> None:
    images = image_db(tmp_path / "images", [(5, 12, 12)] * 4)
    labels = label_db(tmp_path / "labels", [[1, 2]] * 4)
    silence = 'layer { name: "silence" type: "Silence" bottom: "place" }'
    text = net(MOVED.replace("TARGET", target), silence if moves else "")
    text = text.replace("crop_size: 8", "crop_size: 8 mirror: true")
    rules = {each.rule for each in lint(text, images=images, labels=labels, phase="TRAIN")}
    assert rules == ({"mirror", "crop-moves"} if moves else set())


@pytest.mark.parametrize(
    ("column", "layer"), [(1, "apart"), (3, "apart"), (4, "masked"), (None, None)]
)
def test_a_mask_does_not_take_nan_away(
    tmp_path: Path, column: int | None, layer: str | None
) -> None:
    rows = [[0.5, 0.5, 0.25, 0.25, 1, 0] for _ in range(4)]
    if column is not None:
        rows[2][column] = rows[3][column] = float("nan")
    labels = label_db(tmp_path / "labels", rows)
    findings = lint(net(MASKED), labels=labels, phase="TRAIN")
    wrong = [finding for finding in findings if finding.rule == "not-finite"]
    assert [finding.layer for finding in wrong] == ([] if layer is None else [layer])
    for finding in wrong:
        assert f"label column {column} holds nan (first in record 00000002label_2" in str(finding)


ALIKE = """
layer { name: "apart" type: "Reshape" bottom: "records" top: "data"
  reshape_param { shape { dim: -1 dim: 3 } num_axes: 2 } }
layer { name: "fc" type: "InnerProduct" bottom: "data" top: "fc"
  inner_product_param { num_output: 5 weight_filler { type: "xavier" } } }
layer { name: "pairs" type: "Reshape" bottom: "fc" top: "pairs"
  reshape_param { shape { dim: -1 dim: 2 dim: 5 } } }
layer { name: "slice" type: "Slice" bottom: "pairs" top: "a" top: "b" }
layer { name: "flat_a" type: "Flatten" bottom: "a" top: "flat_a" }
layer { name: "flat_b" type: "Flatten" bottom: "b" top: "flat_b" }
layer { name: "loss" type: "ContrastiveLoss" bottom: "flat_a" bottom: "flat_b" bottom: "label"
  top: "loss" }
"""


@pytest.mark.parametrize(("value", "wrong"), [(1, False), (0.99, True)])
def test_alike_is_yes_or_no(tmp_path: Path, value: float, wrong: bool) -> None:
    """Caffe cuts it to an integer: 0.99 is not alike."""
    images = image_db(tmp_path / "images", [(6, 8, 8)] * 4)
    labels = label_db(tmp_path / "labels", [[0], [1], [value], [0]])
    findings = lint(net(ALIKE), images=images, labels=labels, phase="TRAIN")
    assert found(findings) == ({("fractional-label", "loss")} if wrong else set())
    assert not wrong or "ContrastiveLoss cuts labels off to integers" in findings[0].message


@pytest.mark.parametrize(
    ("transform", "most", "words"),
    [
        ("mean_value: 104", 9, "mean_value 104 is taken from channel 3"),
        (
            "mean_value: 1 mean_value: 1 mean_value: 1 mean_value: 7 mean_value: 0",
            9,
            "mean_value 7",
        ),
        ("mean_value: 1 mean_value: 1 mean_value: 1 mean_value: 0 mean_value: 0", 9, ""),
        ("scale: 0.01", 9, "scale 0.01 makes 0.07 at most of channel 3"),
        ("scale: 0.1", 1.5, "scale 0.1 makes 0.7 at most"),
        ("scale: 0.1", 0.5, ""),  # labels may be scaled alike
        ("scale: 4", 5, "scale 4 makes 28 at most"),
        ("scale: 4", 20, ""),
        ("", 9, ""),
    ],
)
def test_ramps_that_a_transform_changes(
    tmp_path: Path, transform: str, most: float, words: str
) -> None:
    images = image_db(tmp_path / "images", [(5, 8, 8)] * 4)
    labels = label_db(tmp_path / "labels", [[0.25, most]] * 4)
    text = net(MOVED.replace("TARGET", "place")).replace(
        "crop_size: 8", f"crop_size: 8 {transform}"
    )
    findings = lint(text, images=images, labels=labels, phase="TRAIN")
    assert found(findings) == ({("ramp-values", "data")} if words else set())
    assert not words or words in findings[0].message


@pytest.mark.parametrize(
    ("shift", "scale", "words"),
    [(0, 1, "mean_value 104"), (-1, 0.5, "mean_value 104"), (104, 1, ""), (10.4, 0.1, "")],
)
def test_a_mean_of_ramps_behind_a_layer_that_shifts_them(
    shift: float, scale: float, words: str
) -> None:
    settings = f"power_param {{ shift: {shift} scale: {scale} }}"
    between = f'layer {{ name: "p" type: "Power" bottom: "records" top: "p" {settings} }}'
    moved = MOVED.replace("TARGET", "place").replace('bottom: "records"', 'bottom: "p"', 1)
    text = net(between, moved).replace("crop_size: 8", "crop_size: 8 mean_value: 104")
    findings = [each for each in lint(text, phase="TRAIN") if each.rule == "ramp-values"]
    assert len(findings) == bool(words)
    assert all(words in finding.message for finding in findings)


@pytest.mark.parametrize(("ramps", "wrong"), [(3.5, True), (0, False)])
def test_a_mean_file_of_ramps(tmp_path: Path, ramps: float, wrong: bool) -> None:
    """As `mean` or Caffe's own tool writes one of such a DB; zeros take nothing away."""
    images = image_db(tmp_path / "images", [(5, 8, 8)] * 4)
    mean = np.full((5, 8, 8), 104, np.float32)
    mean[3:] = ramps
    path = tmp_path / "mean.binaryproto"
    write_mean(path, mean)
    text = net(MOVED.replace("TARGET", "place"))
    text = text.replace("crop_size: 8", f'crop_size: 8 mean_file: "{path}"')
    findings = lint(text, images=images, phase="TRAIN")
    assert found(findings) == ({("ramp-values", "data")} if wrong else set())
    assert not wrong or f"mean_file {path} is taken from channel 3" in findings[0].message


def test_a_mean_of_channels_that_are_an_image() -> None:
    """They meet labels behind weights alone, as scores do."""
    text = net(MOVED.replace("TARGET", "stored"), PLAIN.replace("records", "data"))
    text = text.replace("crop_size: 8", "crop_size: 8 mean_value: 104").replace(
        'bottom: "origin" top: "place"', 'bottom: "point" top: "place"'
    )
    assert "ramp-values" not in {finding.rule for finding in lint(text, phase="TRAIN")}


@pytest.mark.parametrize(
    ("parts", "moves"),
    [
        (PLAIN, {"mirror", "crop-moves"}),
        (MASKED, {"mirror", "crop-moves"}),
        (PLAIN.replace("coeff: -1", "coeff: 1"), set()),
        (PLAIN.replace("num_output: 4", "num_output: 1"), set()),
    ],
)
def test_places_of_a_loss_of_stock_layers_stay_where_they_are(
    tmp_path: Path, parts: str, moves: set[str]
) -> None:
    images = image_db(tmp_path / "images", [(3, 12, 12)] * 4)
    text = net(parts).replace("crop_size: 8", "crop_size: 8 mirror: true")
    findings = lint(text, images=images, phase="TRAIN")
    assert {finding.rule for finding in findings} == moves
    assert all("the labels of 'apart' stay" in finding.message for finding in findings)


@pytest.mark.parametrize(("weight", "said"), [(0, set()), (1, {"frozen-loss"})])
def test_a_canary_compares_no_labels(tmp_path: Path, weight: int, said: set[str]) -> None:
    """The number of each record, in both DBs: the log shows 0 while they are in step."""
    images = image_db(tmp_path / "images", [(3, 8, 8)] * 4)
    labels = label_db(tmp_path / "labels", [[0, 0, 0, 0, number] for number in range(4)])
    canary = f"""
    layer {{ name: "cut" type: "Slice" bottom: "label" top: "places" top: "record"
      slice_param {{ slice_point: 4 }} }}
    layer {{ name: "canary" type: "EuclideanLoss" bottom: "number" bottom: "record" top: "canary"
      loss_weight: {weight} }}
    """
    text = net(canary, PLAIN.replace('"label"', '"places"'))
    text = text.replace('top: "records"', 'top: "records" top: "number"')
    findings = lint(text, images=images, labels=labels, phase="TRAIN")
    assert {each.rule for each in findings} == said
