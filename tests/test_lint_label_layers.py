"""Nets of several label layers, and labels that lint does not compare with losses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from caffe_multilabel.nets.lint import Finding, lint_net
from lint_tools import found, image_db, label_db, lint

if TYPE_CHECKING:
    from pathlib import Path

NET = """
layer { name: "data" type: "Data" top: "data" transform_param { crop_size: 8 }
  data_param { source: "images" batch_size: 4 backend: LMDB } }
layer { name: "kinds" type: "Data" top: "kind"
  data_param { source: "kinds" batch_size: 4 backend: LMDB } }
layer { name: "brands" type: "Data" top: "brand"
  data_param { source: "brands" batch_size: 4 backend: LMDB } }
layer { name: "fc_kind" type: "InnerProduct" bottom: "data" top: "fc_kind"
  inner_product_param { num_output: 3 weight_filler { type: "xavier" } } }
layer { name: "fc_brand" type: "InnerProduct" bottom: "data" top: "fc_brand"
  inner_product_param { num_output: 5 weight_filler { type: "xavier" } } }
layer { name: "loss_kind" type: "SoftmaxWithLoss" bottom: "fc_kind" bottom: "kind"
  top: "loss_kind" loss_weight: 0.5 KIND }
layer { name: "loss_brand" type: "SoftmaxWithLoss" bottom: "fc_brand" bottom: "brand"
  top: "loss_brand" loss_weight: 0.5 BRAND }
layer { name: "accuracy" type: "Accuracy" bottom: "fc_kind" bottom: "ACCURACY" top: "accuracy" }
"""


def net(accuracy: str = "kind", kind: str = "", brand: str = "") -> str:
    return NET.replace("ACCURACY", accuracy).replace("KIND", kind).replace("BRAND", brand)


def lint_with(folder: Path, kinds: list[float], brands: list[float], text: str) -> list[Finding]:
    """Lint a net beside its three DBs, in the working directory."""
    (folder / "net.prototxt").write_text(text)
    image_db(folder / "images", [(3, 8, 8)] * 4)
    label_db(folder / "kinds", [[label] for label in kinds])
    label_db(folder / "brands", [[label] for label in brands])
    return lint_net("net.prototxt", phase="TRAIN")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_labels_that_fit_their_own_losses(tmp_path: Path) -> None:
    assert lint_with(tmp_path, [0, 1, 2, 2], [0, 4, 3, 1], net()) == []


def test_labels_of_each_layer_are_compared(tmp_path: Path) -> None:
    findings = lint_with(tmp_path, [0, 1, 3, 2], [0, -1, 3, 1], net())
    assert found(findings) == {("class-count", "loss_kind"), ("negative-label", "loss_brand")}


def test_dbs_of_each_layer_pair_with_the_images(tmp_path: Path) -> None:
    findings = lint_with(tmp_path, [0, 1, 2], [0, 1, 2, 3, 4], net())
    assert [finding.rule for finding in findings] == ["record-count"] * 2
    assert "kinds 3;" in findings[0].message
    assert "brands 5;" in findings[1].message


def test_columns_of_two_layers_are_not_the_same() -> None:
    [finding] = lint(net(accuracy="brand"), phase="TRAIN")
    assert (finding.rule, finding.layer) == ("accuracy-labels", "accuracy")
    assert "label column 0 of 'brands', and loss" in finding.message
    assert "trains it on label column 0 of 'kinds'" in finding.message
    ignored = "loss_param { ignore_label: -1 }"
    assert lint(net(brand=ignored), phase="TRAIN") == []
    assert found(lint(net(kind=ignored), phase="TRAIN")) == {("accuracy-ignore", "accuracy")}


def test_a_db_given_for_one_of_two_layers_leaves_them_their_own(tmp_path: Path) -> None:
    lint_with(tmp_path, [0, 1, 3, 2], [0, 4, 3, 1], net())
    findings = lint_net("net.prototxt", phase="TRAIN", labels="brands")
    assert found(findings) == {("unchecked-db", None), ("class-count", "loss_kind")}


ONE_DB = """
layer { name: "data" type: "Data" top: "data" top: "label" transform_param { crop_size: 8 }
  data_param { source: "images" batch_size: 4 backend: LMDB } }
layer { name: "fc" type: "InnerProduct" bottom: "data" top: "fc"
  inner_product_param { num_output: 3 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "fc" bottom: "label" top: "loss" }
"""


def test_labels_of_images_are_not_compared_and_that_is_said(tmp_path: Path) -> None:
    (tmp_path / "net.prototxt").write_text(ONE_DB)
    image_db(tmp_path / "images", [(3, 8, 8)] * 4)
    [finding] = lint_net("net.prototxt", phase="TRAIN")
    assert (finding.rule, finding.layer, finding.severity) == ("unchecked-labels", "data", "info")
    assert "second top 'label'" in finding.message
    (tmp_path / "net.prototxt").write_text(ONE_DB.replace('"images"', '"nowhere"'))
    assert found(lint_net("net.prototxt", phase="TRAIN")) == {("missing-file", "data")}


MAPS = """
layer { name: "data" type: "Data" top: "data"
  data_param { source: "images" batch_size: 4 backend: LMDB } }
layer { name: "maps" type: "Data" top: "map"
  data_param { source: "maps" batch_size: 4 backend: LMDB } }
layer { name: "score" type: "Convolution" bottom: "data" top: "score"
  convolution_param { num_output: 3 kernel_size: 1 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "score" bottom: "map" top: "loss" }
"""


@pytest.mark.parametrize(("side", "said"), [(64, False), (65, True)])
def test_maps_that_are_too_large_to_be_compared(tmp_path: Path, side: int, said: bool) -> None:
    (tmp_path / "net.prototxt").write_text(MAPS)
    image_db(tmp_path / "images", [(3, side, side)] * 2)
    label_db(tmp_path / "maps", [[0] * side**2] * 2, channels=1, height=side, width=side)
    findings = lint_net("net.prototxt", phase="TRAIN")
    assert found(findings) == ({("unchecked-labels", "maps")} if said else set())
    if said:
        assert "maps are not compared with its losses, for its records hold 4225" in str(
            findings[0]
        )
