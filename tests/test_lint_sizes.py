"""Sizes that are not known stop only what needs them, and DBs that a net names tell them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from caffe_multilabel import PrototxtError, generate, load_tasks
from caffe_multilabel.caffe.proto import parse_text
from caffe_multilabel.nets.analysis.data_shapes import find_data_shapes
from caffe_multilabel.nets.generate.backbones import BACKBONES
from caffe_multilabel.nets.lint import lint_net
from lint_tools import NET, ROWS, edited, everywhere, found, image_db, label_db, lint

if TYPE_CHECKING:
    from pathlib import Path

NO_CROP = everywhere("crop_size: 28", "")
DATA = {"data": {"shape": [3, 224, 224], "train": {"images": "i", "labels": "l", "batch_size": 2}}}
UNSIZED = ("unknown-size", "data")


@pytest.mark.parametrize(
    ("old", "new", "layer", "words"),
    [
        ('"ReLU"', '"ReLUU"', "relu", "no layer type 'ReLUU'"),
        ('bottom: "fc_flags"', 'bottom: "fc_flag"', "loss_flags", "unknown bottom blob 'fc_flag'"),
        ('"conv" top: "conv"', '"conv" top: "data"', "relu", "top 'data' is made by layer 'data'"),
        ('top: "fc_flags"', 'top: "fc_colour"', "fc_flags", "made by layer 'fc_colour' already"),
        ("stride: 4", "stride: 0", "conv", "stride"),
        ("num_output: 3", "num_output: 0", "fc_flags", "num_output is 0"),
        ('"ReLU" bottom: "conv"', '"ReLU" bottom: "conv" bottom: "data"', "relu", "2 bottoms"),
        ("loss_weight: 0.5", "loss_weight: 0.5 loss_weight: 1", "loss_colour", "loss_weight"),
        (
            'num_output: 5 kernel_size: 9 stride: 4 weight_filler { type: "xavier"',
            'num_output: 5 kernel_size: 9 stride: 4 weight_filler { type: "xavierr"',
            "conv",
            "filler type is 'xavierr'",
        ),
        (
            'name: "fc_flags" type: "InnerProduct"',
            'name: "fc_flags" type: "InnerProduct" param {} param {} param {}',
            "fc_flags",
            "3 params for 2 blobs",
        ),
        ("num_output: 5 kernel_size", "num_output: 5 group: 2 kernel_size", "conv", "group is 2"),
        ("slice_point: 1 slice_point: 4", "slice_point: 4 slice_point: 1", "slice", "is 4, 1"),
    ],
)
def test_what_is_wrong_at_any_size(old: str, new: str, layer: str, words: str) -> None:
    findings = lint(edited((old, new), text=NO_CROP))
    assert UNSIZED in found(findings)
    assert any(
        finding.rule == "shape" and finding.layer == layer and words in finding.message
        for finding in findings
    )


OF_USERS = """
layer { name: "mine" type: "Python" top: "x" top: "y" python_param { module: "m" layer: "L" } }
"""


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        (
            (
                'type: "Slice" bottom: "y" top: "a" top: "b" top: "c" '
                "slice_param { slice_point: 3 slice_point: 2 }"
            ),
            "slice_point is 3, 2",
        ),
        ('type: "Slice" bottom: "y" top: "a" top: "b" slice_param { slice_point: 0 }', "is 0"),
        (
            'type: "Pooling" bottom: "x" top: "p" pooling_param { kernel_size: 2 pad: 2 }',
            "pad is 2; it must be less than the kernel, 2",
        ),
        (
            'type: "Pooling" bottom: "x" top: "p" pooling_param { global_pooling: true stride: 2 }',
            "global_pooling with a pad or stride",
        ),
        (
            (
                'type: "Convolution" bottom: "x" top: "c" '
                "convolution_param { num_output: 6 group: 4 kernel_size: 3 }"
            ),
            "group is 4, which does not divide the 6 of num_output",
        ),
        (
            (
                'type: "Reshape" bottom: "x" top: "r" '
                "reshape_param { axis: 1 shape { dim: -1 dim: 2 dim: -1 } }"
            ),
            "at most one -1",
        ),
        (
            'type: "Reshape" bottom: "x" top: "r" reshape_param { num_axes: -2 shape { dim: 6 } }',
            "num_axes is -2",
        ),
        (
            'type: "Flatten" bottom: "x" top: "r" flatten_param { axis: 3 end_axis: 1 }',
            "axis is 3, after end_axis 1",
        ),
        ('type: "BatchNorm" bottom: "x" top: "n" param { lr_mult: 1 }', "lr_mult of the mean is 1"),
        ('type: "InfogainLoss" bottom: "x" bottom: "y" top: "l"', "no infogain matrix"),
    ],
)
def test_what_needs_no_size_is_checked_first(layer: str, words: str) -> None:
    findings = lint(f'{OF_USERS} layer {{ name: "wrong" {layer} }}')
    wrong = [each for each in findings if (each.rule, each.layer) == ("shape", "wrong")]
    assert wrong, findings
    assert all(words in f"{finding.message}; {finding.fix}" for finding in wrong)


BEHIND = """
layer { name: "in" type: "Input" top: "data" input_param { shape { dim: 2 dim: 3 dim: 9 dim: 9 } } }
layer { name: "first" FIRST }
layer { name: "relu" type: "ReLUU" bottom: "first" top: "first" }
layer { name: "fc" type: "InnerProduct" bottom: "first" top: "fc"
  inner_product_param { num_output: 5 weight_filler { type: "xavire" } } }
layer { name: "fc2" type: "InnerProduct" bottom: "fc" top: "fc2" inner_product_param {
  num_output: 4 } }
layer { name: "cut" type: "Slice" bottom: "fc2" top: "a" top: "b" slice_param { slice_point: 9 } }
layer { name: "prob" type: "Softmax" bottom: "b" top: "prob" top: "twice" }
layer { name: "loose" type: "Sigmoid" bottom: "nowhere" top: "loose" }
layer { name: "tanh" type: "TanHH" bottom: "loose" top: "tanh" }
"""


@pytest.mark.parametrize(
    "first",
    [
        (
            'type: "Convolution" bottom: "data" top: "first" '
            "convolution_param { num_output: 5 group: 3 kernel_size: 3 }"
        ),
        (
            'type: "Convolution" bottom: "data" top: "first" '
            "convolution_param { num_output: 5 kernel_size: 30 }"
        ),  # the size is known, and too small
        'type: "Convolutoin" bottom: "data" top: "first"',
        'type: "Eltwise" bottom: "data" bottom: "nothing" top: "first"',
        'type: "HDF5Data" top: "first" hdf5_data_param { source: "x" }',
        'type: "Data" top: "first" data_param { source: "x" } transform_param { crop_size: 5 }',
    ],
)
def test_a_layer_that_does_not_fit_hides_none_of_those_behind(first: str) -> None:
    told = found(lint(BEHIND.replace("FIRST", first)))
    names = {layer for rule, layer in told if rule == "shape"}
    wanted = {"first", "relu", "fc", "prob", "loose", "tanh"}
    assert names >= wanted - ({"first"} if "HDF5" in first else set())
    assert "fc2" not in names
    assert names - wanted <= {"cut"}


def test_behind_a_layer_that_does_not_fit_what_may_be_right_is_no_problem() -> None:
    text = edited(("num_output: 5 kernel_size", "num_output: 5 group: 4 kernel_size"))
    assert {found for found in found(lint(text)) if found[0] == "shape"} == {("shape", "conv")}


def test_what_may_be_right_at_some_size_is_no_problem() -> None:
    for old, new in (
        ("kernel_size: 9", "kernel_size: 700"),  # images may be that large
        (
            '"ReLU" bottom: "conv" top: "conv"',
            '"Reshape" bottom: "conv" top: "c" reshape_param { shape { dim: 6 dim: 5 dim: 25 } }',
        ),
        ("num_output: 5 kernel_size: 9", "num_output: 9 group: 3 kernel_size: 9"),
    ):
        text = edited((old, new), text=NO_CROP)
        assert "shape" not in {finding.rule for finding in lint(text)}, new


def test_shared_weights_without_a_size() -> None:
    heads = [f'name: "fc_{name}" type: "InnerProduct"' for name in ("colour", "corners")]
    shared = [(head, f'{head} param {{ name: "w" lr_mult: RATE }}') for head in heads]
    text = edited(*shared, text=NO_CROP)
    assert found(lint(text.replace("RATE", "2"))) == {UNSIZED}
    other_rate = text.replace("RATE", "2", 1).replace("RATE", "3")
    assert found(lint(other_rate)) == {UNSIZED, ("shape", "fc_corners")}


def test_labels_are_compared_with_scores_that_hang_on_no_size(tmp_path: Path) -> None:
    rows = [[9.0, *row[1:]] for row in ROWS]
    findings = lint(NO_CROP, labels=label_db(tmp_path / "labels", rows))
    assert found(findings) == {UNSIZED, ("class-count", "loss_colour")}


@pytest.mark.parametrize("backbone", sorted(BACKBONES))
def test_mutations_of_nets_without_their_db(backbone: str) -> None:
    """A misspelt type, an unknown bottom and a doubled top, in layers all over a net."""
    tasks = {"backbone": backbone, "tasks": [{"name": "kind", "loss": "softmax", "classes": 3}]}
    generated = generate(load_tasks(DATA | tasks))
    net = generated.train_val
    for layer in net.layer:
        layer.ClearField("transform_param")
    assert found(lint_net(net, phase="TRAIN")) == {UNSIZED}
    for index in range(2, len(net.layer), max(1, len(net.layer) // 5)):
        for field, value in (("type", "Nonesuch"), ("bottom", "nonesuch"), ("top", "label")):
            wrong = type(net)()
            wrong.CopyFrom(net)
            layer = wrong.layer[index]
            if field == "type":
                layer.type = value
            else:
                getattr(layer, field)[:1] = [value]
            assert ("shape", layer.name) in found(lint_net(wrong)), (layer.name, field)


SLICED = """
layer { name: "data" type: "Data" top: "data"
  data_param { source: "images" batch_size: 4 backend: LMDB } }
layer { name: "label" type: "Data" top: "label"
  data_param { source: "labels" batch_size: 4 backend: LMDB } }
layer { name: "slice" type: "Slice" bottom: "label" top: "kind" top: "place"
  slice_param { axis: AXIS slice_point: 1 } }
layer { name: "fc" type: "InnerProduct" bottom: "data" top: "fc"
  inner_product_param { num_output: 4 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "fc" bottom: "kind" top: "loss"
  loss_weight: 0.5 }
layer { name: "loss2" type: "EuclideanLoss" bottom: "fc" bottom: "place" top: "loss2"
  loss_weight: 0.5 }
"""


@pytest.mark.parametrize("axis", ["2", "3", "-1"])
def test_labels_cut_along_another_axis_are_not_guessed(
    axis: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = SLICED.replace("AXIS", axis)
    assert found(lint(text)) == {UNSIZED, ("unknown-size", "label")}
    net = parse_text(text, "NetParameter")
    with pytest.raises(PrototxtError, match="layer 'label'"):
        find_data_shapes(net, "TRAIN", {"data": (3, 8, 8)})
    (tmp_path / "net.prototxt").write_text(text)
    image_db(tmp_path / "images", [(3, 8, 8)] * 4)
    shape = {"height": 5, "width": 1} if axis == "2" else {"height": 1, "width": 5}
    label_db(tmp_path / "labels", [[1, 0.2, 0.3, 0.4, 0.5]] * 4, channels=1, **shape)
    assert lint_net("net.prototxt") == []


def test_labels_cut_along_channels_are_counted() -> None:
    assert found(lint(SLICED.replace("AXIS", "1"))) == {UNSIZED}


def test_dbs_that_a_net_names_are_looked_into(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.prototxt").write_text(NO_CROP)
    for phase, side in (("train", 28), ("test", 32)):
        image_db(tmp_path / f"{phase}_images", [(3, side, side)] * len(ROWS))
        label_db(tmp_path / f"{phase}_labels", ROWS)
    findings = lint_net("net.prototxt")
    heads = {("phase-weights", f"fc_{name}") for name in ("colour", "flags", "corners")}
    assert found(findings) == heads
    assert found(lint_net("net.prototxt", val_images="train_images")) == set()
    label_db(tmp_path / "more", [[7, *ROWS[0][1:]]] * len(ROWS))
    (tmp_path / "net.prototxt").write_text(everywhere("train_labels", "more", text=NET))
    assert ("class-count", "loss_colour") in found(lint_net("net.prototxt"))


def test_a_db_that_a_net_names_and_that_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.prototxt").write_text(NET)
    for phase in ("train", "test"):
        image_db(tmp_path / f"{phase}_images", [(3, 28, 28)] * len(ROWS))
        label_db(tmp_path / f"{phase}_labels", ROWS)
    (tmp_path / "train_labels" / "data.mdb").write_bytes(b"no pages")
    findings = lint_net("net.prototxt")
    assert found(findings) == {("unreadable-db", "labels")}
    assert findings[0].phase == "TRAIN"
    assert "train_labels" in findings[0].message
    (tmp_path / "net.prototxt").write_text(everywhere("backend: LMDB", "backend: LEVELDB"))
    taken_for_others = {("backend", "data"), ("backend", "labels")}
    assert found(lint_net("net.prototxt")) == {("unreadable-db", "labels")} | taken_for_others


def test_a_db_of_another_store_is_not_left_out_in_silence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = everywhere("backend: LMDB", "backend: LEVELDB")
    (tmp_path / "net.prototxt").write_text(text)
    for name in ("train_images", "train_labels", "test_images", "test_labels"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "CURRENT").touch()
    findings = lint_net("net.prototxt")
    assert found(findings) == {("unchecked-db", "data"), ("unchecked-db", "labels")}
    assert {finding.severity for finding in findings} == {"info"}
    assert lint(text) == []  # a net in memory belongs to no place


@pytest.mark.parametrize("backend", ["", "backend: LEVELDB"])
def test_an_lmdb_that_a_net_takes_for_another_store(
    backend: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.prototxt").write_text(everywhere("backend: LMDB", backend))
    label_db(tmp_path / "train_labels", [row[:5] for row in ROWS])
    findings = lint_net("net.prototxt", phase="TRAIN")
    told = {finding.rule: finding for finding in findings}
    assert told["backend"].layer == "labels"
    assert told["backend"].severity == "error"
    assert "backend is LEVELDB, and train_labels is an LMDB" in told["backend"].message
    assert "label-columns" in told  # and its records are looked at
