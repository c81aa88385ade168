"""Data layers: the pair in step, and transforms that do not belong there."""

from __future__ import annotations

import pytest

from lint_tools import NET, edited, everywhere, found, image_db, lint

TRAIN_IMAGES = 'source: "train_images" batch_size: 6 backend: LMDB'
TRAIN_LABELS = 'source: "train_labels" batch_size: 6 backend: LMDB'
TEST_IMAGES = 'source: "test_images" batch_size: 6 backend: LMDB'
TEST_LABELS = 'source: "test_labels" batch_size: 6 backend: LMDB'


def test_batches_of_two_sizes() -> None:
    findings = lint(edited((TRAIN_LABELS, TRAIN_LABELS.replace("6", "5"))))
    assert found(findings) == {("batch-size", "labels")}
    assert findings[0].phase == "TRAIN"
    assert "batch_size is 5, and 6 in" in findings[0].message
    assert "loss or accuracy that gets 6 images and the labels of 5" in findings[0].message
    assert findings[0].fix == "write batch_size: 6 here too"


def test_a_label_layer_without_batch_size() -> None:
    findings = lint(edited((TRAIN_LABELS, TRAIN_LABELS.replace("batch_size: 6", ""))))
    assert found(findings) == {("batch-size", "labels")}


def test_each_phase_may_have_batches_of_its_own() -> None:
    text = edited(
        (TEST_LABELS, TEST_LABELS.replace("6", "5")), (TEST_IMAGES, TEST_IMAGES.replace("6", "5"))
    )
    assert lint(text) == []


def test_backends_that_differ() -> None:
    findings = lint(edited((TRAIN_LABELS, TRAIN_LABELS.replace("backend: LMDB", ""))))
    assert found(findings) == {("backend", "labels")}
    assert "LEVELDB" in findings[0].message
    assert findings[0].severity == "warning"
    assert lint(everywhere("backend: LMDB", "")) == []


def test_a_backend_that_is_not_the_db(tmp_path) -> None:
    images = image_db(tmp_path / "images", [(3, 28, 28)] * 4)
    findings = lint(everywhere("backend: LMDB", ""), images=images)
    assert found(findings) == {("backend", "data")}
    assert findings[0].severity == "error"
    assert lint(NET, images=images) == []


@pytest.mark.parametrize("source", ['source: "train_images"', 'source: "train_labels"'])
def test_a_data_layer_without_source(source: str) -> None:
    layer = "data" if "images" in source else "labels"
    assert found(lint(edited((source, "")))) == {("no-source", layer)}


def test_images_and_labels_from_one_db() -> None:
    text = edited((TRAIN_LABELS, TRAIN_LABELS.replace("train_labels", "train_images")))
    assert found(lint(text)) == {("same-source", "labels")}


@pytest.mark.parametrize(("kind", "layer"), [("images", "data"), ("labels", "labels")])
def test_train_and_test_from_one_db(kind: str, layer: str) -> None:
    assert found(lint(edited((f'"test_{kind}"', f'"train_{kind}"')))) == {("phase-source", layer)}


def test_random_skip() -> None:
    text = edited((TRAIN_IMAGES, TRAIN_IMAGES + " rand_skip: 9"))
    assert found(lint(text)) == {("rand-skip", "data")}


def test_random_skip_without_a_pair_moves_nothing_apart() -> None:
    autoencoder = """
    layer { name: "data" type: "Data" top: "data" transform_param { crop_size: 4 }
      data_param { source: "a" batch_size: 2 rand_skip: 9 } }
    layer { name: "flat" type: "Flatten" bottom: "data" top: "flat" }
    layer { name: "fc" type: "InnerProduct" bottom: "flat" top: "fc"
      inner_product_param { num_output: 48 weight_filler { type: "xavier" } } }
    layer { name: "loss" type: "SigmoidCrossEntropyLoss" bottom: "fc" bottom: "flat" top: "loss" }
    """
    assert lint(autoencoder) == []


def test_labels_from_datum_label() -> None:
    second = ('name: "labels" type: "Data" top: "label" include { phase: TRAIN }',) * 2
    second = (second[0], second[1].replace('top: "label"', 'top: "label" top: "zeros"'))
    unused = lint(edited(second))
    assert ("second-top", "labels") in found(unused)
    assert {f.severity for f in unused if f.rule == "second-top"} == {"warning"}
    silenced = 'layer { name: "s" type: "Silence" bottom: "zeros" include { phase: TRAIN } }'
    used = lint(edited(second) + silenced)
    assert found(used) == {("second-top", "labels")}
    assert used[0].severity == "error"


def test_a_net_without_test_phase() -> None:
    train_only = NET[
        : NET.index('layer {\n  name: "data" type: "Data" top: "data" include { phase: TEST')
    ]
    train_only += NET[NET.index('layer {\n  name: "slice"') :]
    findings = lint(train_only)
    assert found(findings) == {("no-test", None)}
    assert findings[0].severity == "info"
    assert lint(train_only, phase="TRAIN") == []
    staged = train_only.replace("phase: TRAIN", 'phase: TRAIN not_stage: "other"')
    assert lint(staged) == []


LABEL_LAYER = 'top: "label" include { phase: TRAIN }'


@pytest.mark.parametrize(
    ("transform", "severity"),
    [
        ("crop_size: 2", "error"),
        ("scale: 0.5", "warning"),
        ("mean_value: 1", "warning"),
        ('mean_file: "no.binaryproto"', "error"),
        ("mirror: true", "warning"),
        ("force_gray: true", "warning"),
    ],
)
def test_transforms_on_labels(transform: str, severity: str) -> None:
    text = edited((LABEL_LAYER, f"{LABEL_LAYER} transform_param {{ {transform} }}"))
    findings = lint(text)
    assert found(findings) == {("label-transform", "labels")}
    assert findings[0].severity == severity
    assert transform.split(":", maxsplit=1)[0] in findings[0].message


@pytest.mark.parametrize("transform", ["scale: 1", "mirror: false", "mean_value: 0"])
def test_transforms_on_labels_that_do_nothing(transform: str) -> None:
    text = edited((LABEL_LAYER, f"{LABEL_LAYER} transform_param {{ {transform} }}"))
    assert lint(text) == []


def test_scaled_labels_of_regressions_alone_may_be_meant() -> None:
    text = edited(
        (LABEL_LAYER, f"{LABEL_LAYER} transform_param {{ scale: 0.01 }}"),
        ('"SigmoidCrossEntropyLoss"', '"EuclideanLoss"'),
        (
            'type: "SoftmaxWithLoss" bottom: "fc_colour" bottom: "colour"',
            'type: "EuclideanLoss" bottom: "fc_colour" bottom: "colour"',
        ),
        (
            'num_output: 4 weight_filler { type: "xavier" } }\n}\nlayer {\n  name: "fc_flags"',
            'num_output: 1 weight_filler { type: "xavier" } }\n}\nlayer {\n  name: "fc_flags"',
        ),
        ('type: "Accuracy"', 'type: "EuclideanLoss" loss_weight: 0'),
    )
    findings = lint(text)
    assert found(findings) == {("label-transform", "labels")}
    assert findings[0].severity == "warning"


MIRRORED = (
    'crop_size: 28 mean_value: 104 }\n  data_param { source: "train_images"',
    'crop_size: 28 mean_value: 104 mirror: true }\n  data_param { source: "train_images"',
)
TEST_MIRRORED = (
    'crop_size: 28 mean_value: 104 }\n  data_param { source: "test_images"',
    'crop_size: 28 mean_value: 104 mirror: true }\n  data_param { source: "test_images"',
)
NO_POSITIONS = (
    (
        'layer {\n  name: "loss_corners" type: "EuclideanLoss"',
        'layer {\n  name: "loss_corners" type: "SigmoidCrossEntropyLoss"',
    ),
)


def test_mirror_with_positions() -> None:
    findings = lint(edited(MIRRORED))
    assert found(findings) == {("mirror", "data")}
    assert "'loss_corners'" in findings[0].message
    assert lint(edited(MIRRORED, *NO_POSITIONS)) == []


def test_mirror_with_one_number_is_no_position() -> None:
    text = edited(
        MIRRORED,
        ("slice_point: 4", "slice_point: 7"),
        ("num_output: 3", "num_output: 6"),
        (
            'num_output: 4 weight_filler { type: "xavier" } }\n}\nlayer {\n  name: "loss_colour"',
            'num_output: 1 weight_filler { type: "xavier" } }\n}\nlayer {\n  name: "loss_colour"',
        ),
    )
    assert lint(text) == []


def test_mirror_in_test() -> None:
    assert found(lint(edited(TEST_MIRRORED, *NO_POSITIONS))) == {("test-mirror", "data")}


def test_a_crop_with_positions(tmp_path) -> None:
    larger = image_db(tmp_path / "larger", [(3, 32, 30)] * 4)
    findings = lint(NET, images=larger)
    assert found(findings) == {("crop-moves", "data")}
    assert "30x32" in findings[0].message
    assert lint(edited(*NO_POSITIONS), images=larger) == []
    assert lint(NET, images=image_db(tmp_path / "same", [(3, 28, 28)] * 4)) == []


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("mean_value: 104", "", "mean_value"),
        ("mean_value: 104", "mean_value: 104 scale: 0.5", "scale"),
        ("mean_value: 104", 'mean_file: "no.binaryproto"', "mean_file"),
    ],
)
def test_phases_that_prepare_images_unlike(old: str, new: str, field: str) -> None:
    test_layer = 'top: "data" include { phase: TEST }\n  transform_param { crop_size: 28 '
    findings = lint(edited((test_layer + old, test_layer + new)))
    assert {finding.rule for finding in findings} == {"phase-transform"}
    assert any(f"TEST has {field}" in finding.message for finding in findings)
    assert lint(everywhere(old, new)) == []


def test_transforms_where_caffe_does_not_read_them() -> None:
    findings = lint(edited((TRAIN_IMAGES, TRAIN_IMAGES + " mirror: true scale: 0.5")))
    assert found(findings) == {("unread-transform", "data")}
    assert findings[0].message.startswith("scale, mirror in data_param")


@pytest.mark.parametrize(
    ("transform", "own", "unread"),
    [
        ("", "scale: 0.5", ""),
        ("scale: 0.5", "", "scale in transform_param"),
        ("", "scale: 0.5 mirror: true", "mirror in window_data_param"),
    ],
)
def test_windows_are_scaled_by_their_own_message(transform: str, own: str, unread: str) -> None:
    findings = lint(f"""
        layer {{ name: "windows" type: "WindowData" top: "data" top: "label"
                transform_param {{ crop_size: 8 {transform} }}
                window_data_param {{ batch_size: 2 {own} }} }}
        layer {{ name: "rest" type: "Silence" bottom: "data" bottom: "label" }}""")
    assert found(findings) == ({("unread-transform", "windows")} if unread else set())
    assert all(finding.message.startswith(unread) for finding in findings)
