"""The labels of a label DB against the net."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from caffe_multilabel import DatabaseError, load_tasks
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

    from caffe_multilabel.nets.lint import Finding

NAN = float("nan")


def lint_rows(folder: Path, rows: list[list[float]], text: str = NET) -> list[Finding]:
    return lint(text, labels=label_db(folder / f"labels{len(list(folder.iterdir()))}", rows))


def test_labels_that_fit_give_nothing(tmp_path: Path) -> None:
    labels = label_db(tmp_path / "labels", ROWS)
    images = image_db(tmp_path / "images", [(3, 28, 28)] * len(ROWS))
    pair = {"images": images, "labels": labels, "val_images": images, "val_labels": labels}
    assert lint(NET, **pair) == []


@pytest.mark.parametrize("tops", ['top: "label" top: "rest"', 'top: "rest" top: "label"'])
def test_columns_of_labels_that_a_layer_copies(tmp_path: Path, tops: str) -> None:
    """Whichever of the copies is cut, the net is made for as many columns."""
    text = everywhere('top: "label"', 'top: "whole"') + SILENCE
    copied = text.replace('layer {\n  name: "slice"', COPY.replace("TOPS", tops), 1)
    assert lint(copied) == []
    findings = lint_rows(tmp_path, [row[:5] for row in ROWS], copied)
    assert ("label-columns", "labels") in found(findings)
    assert "8 label columns, and the records of" in str(findings[0])


COPY = 'layer { name: "copy" type: "Split" bottom: "whole" TOPS }\nlayer {\n  name: "slice"'
SILENCE = 'layer { name: "silence" type: "Silence" bottom: "rest" }'


def test_a_class_beyond_the_scores(tmp_path: Path) -> None:
    findings = lint_rows(tmp_path, rows_with(0, 0, 7))
    assert found(findings) == {("class-count", "loss_colour")}
    message = str(findings[0])
    assert "label column 0 goes up to 7 (first in record 00000001label_1.jpg)" in message
    assert "4 classes, 0 to 3" in message
    assert "num_output 8" in message


def test_classes_counted_from_one(tmp_path: Path) -> None:
    findings = lint_rows(tmp_path, rows_with(0, 1, 2, 3, 4))
    assert found(findings) == {("class-count", "loss_colour")}
    assert "count from 0 instead of 1" in findings[0].fix


def test_a_class_beyond_the_scores_that_is_ignored(tmp_path: Path) -> None:
    ignored = (
        'bottom: "colour"\n  top: "loss_colour"',
        'bottom: "colour"\n  top: "loss_colour" loss_param { ignore_label: 255 }',
    )
    accuracy = ('top: "accuracy"', 'top: "accuracy" accuracy_param { ignore_label: 255 }')
    assert lint_rows(tmp_path, rows_with(0, 0, 255), edited(ignored, accuracy)) == []


@pytest.mark.parametrize("value", [-1, -3.5])
def test_a_negative_class(tmp_path: Path, value: float) -> None:
    findings = lint_rows(tmp_path, rows_with(0, 0, 1, value))
    assert ("negative-label", "loss_colour") in found(findings)
    assert "ignore_label" in findings[0].fix


def test_labels_of_minus_one_and_one(tmp_path: Path) -> None:
    findings = lint_rows(tmp_path, rows_with(0, -1, 1, -1, 1))
    assert found(findings) == {("negative-label", "loss_colour")}
    assert "map: {-1: 0}" in findings[0].fix


def test_hinge_cannot_ignore(tmp_path: Path) -> None:
    hinge = edited(('type: "SoftmaxWithLoss"', 'type: "HingeLoss"'))
    assert lint_rows(tmp_path, ROWS, hinge) == []
    findings = lint_rows(tmp_path, rows_with(0, -1), hinge)
    assert found(findings) == {("negative-label", "loss_colour")}
    assert findings[0].fix == "correct the labels"


@pytest.mark.parametrize("value", [0.5, -0.25])
def test_a_fraction_of_a_class(tmp_path: Path, value: float) -> None:
    findings = lint_rows(tmp_path, rows_with(0, value))
    assert found(findings) == {("fractional-label", "loss_colour")}
    assert f"holds {value:g} (first in record 00000000label_0.jpg)" in findings[0].message


def test_fractions_are_no_matter_to_a_regression(tmp_path: Path) -> None:
    assert lint_rows(tmp_path, rows_with(6, 0.123, -0.5)) == []


@pytest.mark.parametrize("value", [2, -0.5, 1.25])
def test_yes_or_no_beyond_0_and_1(tmp_path: Path, value: float) -> None:
    findings = lint_rows(tmp_path, rows_with(2, 0, value))
    assert found(findings) == {("sigmoid-label", "loss_flags")}
    assert f"label column 2 holds {value:g}" in findings[0].message
    assert findings[0].fix == "correct the labels"


def test_yes_or_no_as_minus_one_and_one(tmp_path: Path) -> None:
    rows = [[row[0], *([1, -1, 1] if row[1] else [-1, 1, -1]), *row[4:]] for row in ROWS]
    findings = lint_rows(tmp_path, rows)
    assert found(findings) == {("sigmoid-label", "loss_flags")}
    assert "2 more of its columns" in findings[0].message
    assert "map: {-1: 0}" in findings[0].fix


def test_a_probability_is_a_label_of_a_sigmoid(tmp_path: Path) -> None:
    assert lint_rows(tmp_path, rows_with(2, 0.5, 0.25)) == []


def test_ignored_labels_of_a_sigmoid(tmp_path: Path) -> None:
    text = edited(('top: "loss_flags"', 'top: "loss_flags" loss_param { ignore_label: -1 }'))
    assert lint_rows(tmp_path, rows_with(2, -1), text) == []


@pytest.mark.parametrize(
    ("column", "layer"), [(0, "loss_colour"), (2, "loss_flags"), (5, "loss_corners")]
)
def test_labels_that_are_no_numbers(tmp_path: Path, column: int, layer: str) -> None:
    findings = lint_rows(tmp_path, rows_with(column, 0, NAN))
    assert found(findings) == {("not-finite", layer)}
    assert f"label column {column} holds nan (first in record 00000001label_1.jpg)" in str(
        findings[0]
    )


def test_more_classes_than_anyone_uses(tmp_path: Path) -> None:
    wide = edited(
        ("num_output: 4 weight_filler", "num_output: 20 weight_filler"), text=only_colour()
    )
    many = [[row[0]] for row in ROWS] * 50
    findings = lint_rows(tmp_path, many, wide)
    assert found(findings) == {("unused-classes", "loss_colour")}
    assert findings[0].severity == "info"
    assert lint_rows(tmp_path, many[:8], wide) == []


def only_colour() -> str:
    """The net with the colour alone, its labels not cut at all."""
    start, end = NET.index('layer {\n  name: "slice"'), NET.index('layer {\n  name: "conv"')
    text = NET[:start] + NET[end:]
    for name in ("fc_flags", "fc_corners", "loss_flags", "loss_corners"):
        first = text.index(f'layer {{\n  name: "{name}"')
        after = text.find("layer {", first + 1)
        text = text[:first] + text[after:]
    return text.replace('bottom: "colour"', 'bottom: "label"').replace("loss_weight: 0.5", "")


def test_labels_that_need_no_slice(tmp_path: Path) -> None:
    assert lint_rows(tmp_path, [[row[0]] for row in ROWS], only_colour()) == []


@pytest.mark.parametrize("width", [7, 9])
def test_records_of_another_length_than_the_net_takes(tmp_path: Path, width: int) -> None:
    rows = [([*row, 0])[:width] for row in ROWS]
    findings = lint_rows(tmp_path, rows)
    assert {finding.rule for finding in findings} == {"label-columns"}
    assert {finding.layer for finding in findings} == {"slice"}
    assert "take 8 label columns" in findings[0].message
    assert f"have {width}" in findings[0].message


def test_the_whole_vector_under_one_softmax(tmp_path: Path) -> None:
    findings = lint_rows(tmp_path, ROWS, only_colour())
    assert found(findings) == {("label-columns", "labels")}
    assert "the net takes 1 label columns" in findings[0].message


def test_silenced_columns_may_be_as_many_as_there_are(tmp_path: Path) -> None:
    text = edited(
        ('top: "corners"\n', 'top: "corners" top: "rest"\n'),
        ("slice_point: 4", "slice_point: 4 slice_point: 8"),
    )
    text += 'layer { name: "silence" type: "Silence" bottom: "rest" }'
    for extra in (1, 5):
        assert lint_rows(tmp_path, [row + [9] * extra for row in ROWS], text) == []
    findings = lint_rows(tmp_path, ROWS, text)
    assert found(findings) == {("label-columns", "slice")}
    assert "9 or more" in findings[0].message


def test_columns_are_followed_through_slices_joins_and_flattening(tmp_path: Path) -> None:
    text = edited(
        ("slice_point: 1 slice_point: 4", "slice_point: 1 slice_point: 3 slice_point: 7"),
        ('top: "corners"\n', 'top: "corners" top: "last"\n'),
        ('top: "flags"', 'top: "first"'),
        (
            'layer {\n  name: "conv"',
            (
                'layer { name: "join" type: "Concat" bottom: "last" bottom: "first" top: "j" }\n'
                'layer { name: "flat" type: "Flatten" bottom: "j" top: "flags" }\n'
                'layer {\n  name: "conv"'
            ),
        ),
    )
    rows = [[row[0], row[1], row[2], *row[4:], row[3]] for row in ROWS]
    assert lint_rows(tmp_path, rows, text) == []
    rows[2][7] = 5
    findings = lint_rows(tmp_path, rows, text)
    assert found(findings) == {("sigmoid-label", "loss_flags")}
    assert "label column 7 holds 5" in findings[0].message


def test_each_phase_has_a_pair_of_its_own(tmp_path: Path) -> None:
    good = label_db(tmp_path / "good", ROWS)
    bad = label_db(tmp_path / "bad", rows_with(0, 9))
    findings = lint(NET, labels=good, val_labels=bad)
    assert found(findings) == {("class-count", "loss_colour")}
    assert findings[0].phase == "TEST"
    both = lint(NET, labels=bad, val_labels=bad)
    assert [finding.phase for finding in both] == [None]


def test_bytes_are_labels_too(tmp_path: Path) -> None:
    values = [("0", datum(channels=1, height=1, width=1, data=bytes([9])))]
    findings = lint(only_colour(), labels=write_db(tmp_path / "labels", values))
    assert found(findings) == {("class-count", "loss_colour")}


def test_very_many_values(tmp_path: Path) -> None:
    rows = [[index + 0.5] for index in range(70_000)]
    findings = lint_rows(tmp_path, rows, only_colour())
    assert {finding.rule for finding in findings} == {"class-count", "fractional-label"}
    assert any("goes up to 69999.5" in finding.message for finding in findings)


MAP_NET = """
layer { name: "data" type: "Data" top: "data" transform_param { crop_size: 28 }
  data_param { source: "i" batch_size: 2 backend: LMDB } }
layer { name: "labels" type: "Data" top: "label"
  data_param { source: "l" batch_size: 2 backend: LMDB } }
layer { name: "score" type: "Convolution" bottom: "data" top: "score"
  convolution_param { num_output: 3 kernel_size: 9 stride: 4 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "score" bottom: "label" top: "loss" }
"""


def map_db(folder: Path, values: bytes) -> Path:
    """Write one label map of 5 x 5 bytes."""
    return write_db(folder, [("0", datum(channels=1, height=5, width=5, data=values))])


def test_label_maps(tmp_path: Path) -> None:
    good = map_db(tmp_path / "good", bytes([0, 1, 2, 0, 1] * 5))
    assert lint(MAP_NET) == []
    assert lint(MAP_NET, labels=good) == []
    bad = map_db(tmp_path / "bad", bytes([*[0] * 24, 9]))
    findings = lint(MAP_NET, labels=bad)
    assert found(findings) == {("class-count", "loss")}
    assert "label column 24 goes up to 9" in findings[0].message
    flipped = MAP_NET.replace('top: "label"', 'top: "label" transform_param { mirror: true }')
    findings = lint(flipped, labels=good)
    assert found(findings) == {("label-transform", "labels")}
    assert findings[0].severity == "error"


def test_labels_that_the_layer_changes_are_checked_as_it_reads_them(tmp_path: Path) -> None:
    scaled = (
        'top: "label" include { phase: TRAIN }',
        'top: "label" include { phase: TRAIN } transform_param { scale: 0.1 }',
    )
    assert found(lint_rows(tmp_path, rows_with(0, 20), edited(scaled))) == {
        ("label-transform", "labels"),
        ("fractional-label", "loss_colour"),  # 20 is class 2, and 1 would be 0.1
    }


BYTES_NET = """
layer { name: "data" type: "Data" top: "data" transform_param { crop_size: 8 }
  data_param { source: "images" batch_size: 4 backend: LMDB } }
layer { name: "labels" type: "Data" top: "label" transform_param { TRANSFORM }
  data_param { source: "labels" batch_size: 4 backend: LMDB } }
layer { name: "fc" type: "InnerProduct" bottom: "data" top: "fc"
  inner_product_param { num_output: 3 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "SigmoidCrossEntropyLoss" bottom: "fc" bottom: "label" top: "loss" }
"""


@pytest.mark.parametrize(
    ("transform", "value", "findings"),
    [
        ("scale: 0.00392156862745", 255, [("label-transform", "info")]),
        ("scale: 0.00392157", 255, [("label-transform", "info")]),
        ("scale: 0.0039", 255, [("label-transform", "info")]),
        ("mean_value: 254", 255, [("label-transform", "info"), ("sigmoid-label", "error")]),
        ("mean_value: 0 mean_value: 4 mean_value: 0 scale: 0.2", 5, [("label-transform", "info")]),
        ("scale: 0.5", 255, [("label-transform", "info"), ("sigmoid-label", "error")]),
        ("scale: -0.00392157", 255, [("label-transform", "info"), ("sigmoid-label", "error")]),
        ("", 255, [("sigmoid-label", "error")]),
    ],
)
def test_bytes_of_a_label_db_that_its_layer_scales(
    transform: str, value: int, findings: list[tuple[str, str]], tmp_path: Path
) -> None:
    rows = [bytes([0, value, 0]), bytes([value, value, 0]), bytes([value, value, 0])]
    if "mean_value: 4" in transform:
        rows = [bytes([0, 4, 0]), bytes([5, 9, 5])]
    records = [
        (f"{i}", datum(channels=3, height=1, width=1, data=row)) for i, row in enumerate(rows)
    ]
    labels = write_db(tmp_path / "labels", records)
    found_here = lint(BYTES_NET.replace("TRANSFORM", transform), labels=labels, phase="TRAIN")
    assert sorted((each.rule, each.severity) for each in found_here) == findings
    for each in found_here:
        if each.rule == "sigmoid-label" and transform.startswith("scale: 0.5"):
            assert "127.5 (255 in the DB)" in each.message


def test_scaled_classes_are_cut_off_where_they_lie_below(tmp_path: Path) -> None:
    labels = label_db(tmp_path / "labels", rows_with(0, 255, 0, 0, 0))
    scaled = 'top: "label" include { phase: TRAIN } transform_param { scale: SCALE }'
    for scale, rules in (
        ("0.00392157", {"label-transform"}),
        ("0.00392", {"label-transform", "fractional-label"}),
    ):
        edit = ('top: "label" include { phase: TRAIN }', scaled.replace("SCALE", scale))
        assert {finding.rule for finding in lint(edited(edit), labels=labels)} == rules


def test_a_label_db_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="nowhere"):
        lint(NET, labels=tmp_path / "nowhere")
    with pytest.raises(DatabaseError, match="nowhere"):
        lint(NET, images=tmp_path / "nowhere")


@pytest.mark.parametrize("axis", ["axis: -3", "slice_dim: 1", "axis: 1"])
def test_a_slice_that_counts_its_axis_from_the_end(axis: str) -> None:
    cut = "slice_param { slice_point: 1 slice_point: 4"
    text = edited((cut, f"{cut} {axis}"))
    assert lint(text) == []
    assert found(lint(text.replace("slice_point: 4", "slice_point: 5"))) == {
        ("shape", "loss_flags")
    }


@pytest.mark.parametrize(
    "view", ['"Flatten"', '"Reshape" reshape_param { shape { dim: 0 dim: -1 } }']
)
def test_a_slice_of_flat_labels_that_counts_its_axis_from_the_end(view: str) -> None:
    flat = f'layer {{ name: "flat" type: {view} bottom: "label" top: "flat" }}\n'
    text = edited(
        ('layer {\n  name: "slice"', flat + 'layer {\n  name: "slice"'),
        ('bottom: "label" top: "colour"', 'bottom: "flat" top: "colour"'),
        ("slice_point: 4", "slice_point: 4 axis: -1"),
    )
    assert lint(text) == []


CENTERS = """
layer { name: "data" type: "Data" top: "data" transform_param { crop_size: 8 }
  data_param { source: "images" batch_size: 4 backend: LMDB } }
layer { name: "labels" type: "Data" top: "label"
  data_param { source: "labels" batch_size: 4 backend: LMDB } }
layer { name: "slice" type: "Slice" bottom: "label" top: "kind" top: "person" }
layer { name: "f" type: "InnerProduct" bottom: "data" top: "f"
  inner_product_param { num_output: 2 weight_filler { type: "xavier" } } }
layer { name: "fc" type: "InnerProduct" bottom: "f" top: "fc"
  inner_product_param { num_output: 9 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "fc" bottom: "kind" top: "loss" }
layer { name: "fc2" type: "InnerProduct" bottom: "f" top: "fc2"
  inner_product_param { num_output: 6 weight_filler { type: "xavier" } } }
layer { name: "loss2" type: "SoftmaxWithLoss" bottom: "fc2" bottom: "person" top: "loss2" }
layer { name: "class" type: "Reshape" bottom: "person" top: "class"
  reshape_param { shape { dim: -1 } } }
layer { name: "center" type: "Embed" bottom: "class" top: "center" param { decay_mult: 0 }
  embed_param { input_dim: 5 num_output: 2 bias_term: false weight_filler { type: "xavier" } } }
layer { name: "near" type: "EuclideanLoss" bottom: "f" bottom: "center" top: "near"
  loss_weight: 0.1 }
"""


def rows_of_embed(findings: list[Finding]) -> list[str]:
    return [finding.message for finding in findings if finding.rule == "embed-classes"]


def test_labels_that_an_embed_has_no_row_for(tmp_path: Path) -> None:
    good = [[8, 0], [0, 4.9]]  # cut off to 4, and column 0 is none of its
    assert rows_of_embed(lint_rows(tmp_path, good, CENTERS)) == []
    (message,) = rows_of_embed(lint_rows(tmp_path, [[8, 0], [0, 5]], CENTERS))
    assert "label column 1 of " in message
    assert "goes up to 5 (first in record 00000001label_1.jpg), and it has rows for 0 to 4" in (
        message
    )
    (message,) = rows_of_embed(lint_rows(tmp_path, [[8, -1], [0, 4]], CENTERS))
    assert "holds -1 (first in record 00000000" in message


@pytest.mark.parametrize(("classes", "said"), [(5, False), (7, True)])
def test_an_embed_with_fewer_rows_than_a_task_has_classes(classes: int, said: bool) -> None:
    tasks = load_tasks(
        {
            "tasks": [
                {"name": "kind", "loss": "softmax", "classes": 9},
                {"name": "person", "loss": "softmax", "classes": classes},
            ]
        }
    )
    wanted = "task 'person' has 7 classes, and it has rows for 0 to 4"
    assert rows_of_embed(lint(CENTERS, tasks=tasks)) == ([wanted] if said else [])


def test_an_embed_with_fewer_rows_than_a_loss_of_its_labels_has_scores() -> None:
    wanted = "SoftmaxWithLoss 'loss2' of the same labels has 6 classes, and it has rows for 0 to 4"
    assert rows_of_embed(lint(CENTERS)) == [wanted]
