"""Nets whose records are more than one image and its labels: several images, maps, ramps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

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
