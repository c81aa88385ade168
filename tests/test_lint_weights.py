"""Weights of losses, weights of layers, and BatchNorm."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

from lint_tools import NET, ROWS, edited, everywhere, found, label_db, lint

if TYPE_CHECKING:
    from pathlib import Path


def without_weights(*names: str) -> str:
    text = NET
    for name, weight in (("colour", 0.5), ("flags", 0.25), ("corners", 0.25)):
        if name in names:
            text = edited(
                (f'top: "loss_{name}" loss_weight: {weight}', f'top: "loss_{name}"'), text=text
            )
    return text


def test_losses_without_any_weight() -> None:
    findings = lint(without_weights("colour", "flags", "corners"))
    assert found(findings) == {("loss-weight", None)}
    assert "the sum is 3" in findings[0].message
    assert "loss_weight: 0.333" in findings[0].fix


def test_one_loss_without_weight() -> None:
    assert found(lint(without_weights("flags"))) == {("loss-weight", "loss_flags")}


def test_weights_that_do_not_sum_to_one() -> None:
    findings = lint(edited(("loss_weight: 0.5", "loss_weight: 1")))
    assert found(findings) == {("loss-weight-sum", None)}
    assert "sum to 1.5" in findings[0].message


def test_thirds_sum_to_one() -> None:
    assert lint(everywhere("loss_weight: 0.25", "loss_weight: 0.33").replace("0.5", "0.33")) == []


def pixels(scale: float) -> list[list[float]]:
    return [[*row[:4], *(value * scale for value in row[4:])] for row in ROWS]


def test_a_regression_in_pixels_drowns_the_classes(tmp_path: Path) -> None:
    findings = lint(NET, labels=label_db(tmp_path / "labels", pixels(100)))
    assert found(findings) == {("loss-scale", "loss_corners")}
    columns = list(zip(*pixels(100), strict=True))[4:]
    expected = sum(sum(value**2 for value in column) / len(column) for column in columns) / 2
    others = 0.5 * math.log(4) + 0.25 * 3 * math.log(2)
    message = findings[0].message
    assert f"about {expected:.4g}," in message
    assert f"loss_weight 0.25 that is {expected / 4:.4g}" in message
    assert f"come to {others:.4g}" in message
    assert "write normalize: {mean: 49.38, std: 32.69} in its task" in findings[0].fix


def test_what_a_loss_of_stock_layers_starts_at_is_not_told(tmp_path: Path) -> None:
    stock = """
    layer { name: "size" type: "Reduction" bottom: "fc_flags" top: "size" loss_weight: 0.1
      reduction_param { operation: SUMSQ } }
    """
    findings = lint(NET + stock, labels=label_db(tmp_path / "labels", pixels(100)))
    (finding,) = [each for each in findings if each.rule == "loss-scale"]
    assert "and the other losses, 'size' not counted, come to" in finding.message


def test_a_loss_that_cannot_be_told_hides_no_other(tmp_path: Path) -> None:
    """Scores of a layer of a fork are as many as nothing tells."""
    unknown = edited(('"fc_flags" type: "InnerProduct"', '"fc_flags" type: "New"'))
    findings = lint(unknown, labels=label_db(tmp_path / "labels", pixels(100)))
    (finding,) = [each for each in findings if each.rule == "loss-scale"]
    assert finding.layer == "loss_corners"
    assert "and the other losses, 'loss_flags' not counted, come to" in finding.message


def test_a_regression_that_a_power_layer_makes_small_is_fine(tmp_path: Path) -> None:
    scaled = edited(
        ('bottom: "fc_corners" bottom: "corners"', 'bottom: "fc_corners" bottom: "small"'),
        (
            'layer {\n  name: "loss_colour"',
            (
                'layer { name: "small" type: "Power" bottom: "corners" top: "small" '
                'power_param { scale: 0.03 shift: -1.5 } }\nlayer {\n  name: "loss_colour"'
            ),
        ),
    )
    labels = label_db(tmp_path / "labels", pixels(100))
    assert lint(scaled, labels=labels) == []
    # And one that makes them large is told.
    large = scaled.replace("scale: 0.03 shift: -1.5", "scale: 3 shift: 100")
    assert found(lint(large, labels=labels)) == {("loss-scale", "loss_corners")}


def test_a_regression_of_its_size_is_fine(tmp_path: Path) -> None:
    assert lint(NET, labels=label_db(tmp_path / "labels", pixels(1))) == []
    light = edited(
        ('top: "loss_corners" loss_weight: 0.25', 'top: "loss_corners" loss_weight: 0.001'),
        ("loss_weight: 0.5", "loss_weight: 0.749"),
    )
    assert lint(light, labels=label_db(tmp_path / "pixels", pixels(100))) == []


@pytest.mark.parametrize(
    ("normalization", "flags"),
    [("BATCH_SIZE", 3), ("FULL", 1), ("VALID", 1), ("NONE", 18)],
)
def test_expected_losses_follow_the_normalization(
    tmp_path: Path, normalization: str, flags: int
) -> None:
    text = edited(
        (
            'top: "loss_flags"',
            f'top: "loss_flags" loss_param {{ normalization: {normalization} }}',
        )
    )
    findings = lint(text, labels=label_db(tmp_path / "labels", pixels(1000)))
    others = 0.5 * math.log(4) + 0.25 * flags * math.log(2)
    assert f"come to {others:.4g}" in findings[0].message


@pytest.mark.parametrize(("normalization", "share"), [("VALID", 1), ("FULL", 0.5)])
def test_expected_losses_leave_out_ignored_labels(
    tmp_path: Path, normalization: str, share: float
) -> None:
    ignoring = f"loss_param {{ ignore_label: -1 normalization: {normalization} }}"
    text = edited(
        ('top: "loss_colour"', f'top: "loss_colour" {ignoring}'),
        ('top: "accuracy"', 'top: "accuracy" accuracy_param { ignore_label: -1 }'),
    )
    rows = [[-1, *row[1:]] if index % 2 else row for index, row in enumerate(pixels(1000))]
    findings = lint(text, labels=label_db(tmp_path / "labels", rows))
    others = 0.5 * share * math.log(4) + 0.25 * 3 * math.log(2)
    assert f"come to {others:.4g}" in findings[0].message


def test_hinge_counts_every_class(tmp_path: Path) -> None:
    text = edited(('type: "SoftmaxWithLoss"', 'type: "HingeLoss"'))
    findings = lint(text, labels=label_db(tmp_path / "labels", pixels(1000)))
    assert f"come to {0.5 * 4 + 0.25 * 3 * math.log(2):.4g}" in findings[0].message


def test_a_regression_alone_drowns_nobody(tmp_path: Path) -> None:
    text = NET.replace('"SoftmaxWithLoss"', '"EuclideanLoss"')
    text = text.replace("num_output: 4", "num_output: 1", 1)
    text = text.replace('"SigmoidCrossEntropyLoss"', '"EuclideanLoss"')
    text = text[: text.index('layer {\n  name: "accuracy"')]
    rows = [[1000.0] * 8, [-1000.0] * 8]
    assert lint(text, labels=label_db(tmp_path / "labels", rows)) == []


def test_layers_that_start_at_zero() -> None:
    filler = 'stride: 4 weight_filler { type: "xavier" }'
    findings = lint(edited((filler, "stride: 4")))
    assert found(findings) == {("zero-weights", "conv")}
    assert found(lint(edited((filler, 'stride: 4 weight_filler { type: "constant" }')))) == {
        ("zero-weights", "conv")
    }
    constant = 'stride: 4 weight_filler { type: "constant" value: 0.1 }'
    assert lint(edited((filler, constant))) == []


def test_frozen_layers_are_filled_by_a_caffemodel() -> None:
    text = edited(
        ('stride: 4 weight_filler { type: "xavier" }', "stride: 4"),
        ('name: "conv" type', 'name: "conv" param { lr_mult: 0 } param { lr_mult: 0 } type'),
    )
    assert lint(text) == []


def test_a_last_layer_may_start_at_zero() -> None:
    assert lint(everywhere('num_output: 3 weight_filler { type: "xavier" }', "num_output: 3")) == []


def test_weights_that_differ_between_the_phases() -> None:
    crop = (
        "include { phase: TEST }\n  transform_param { crop_size: 28",
        "include { phase: TEST }\n  transform_param { crop_size: 20",
    )
    findings = lint(edited(crop))
    assert ("phase-weights", "fc_colour") in found(findings)
    message = next(f.message for f in findings if f.rule == "phase-weights")
    assert message.startswith("its weights are 4x45, 4 in TEST and 4x125, 4 in TRAIN")


def test_a_layer_of_phase_test_that_nothing_trains() -> None:
    text = edited(
        ('name: "fc_colour" type', 'name: "fc_colour" include { phase: TRAIN } type'),
        (
            'layer {\n  name: "fc_flags"',
            (
                'layer { name: "fc_color" type: "InnerProduct" bottom: "conv" top: "fc_colour"\n'
                "  include { phase: TEST } inner_product_param { num_output: 4 } }\n"
                'layer {\n  name: "fc_flags"'
            ),
        ),
    )
    findings = lint(text)
    assert found(findings) == {("phase-weights", "fc_color")}
    assert lint(text.replace('"fc_color"', '"fc_colour"')) == []


def with_batch_norm(more: str = "", *, scale: str = "", freeze: bool = False) -> str:
    """The net with BatchNorm, and maybe Scale, between convolution and ReLU."""
    layers = f'layer {{ name: "bn" type: "BatchNorm" bottom: "conv" top: "conv" {more} }}\n' + scale
    text = edited(('layer { name: "relu"', layers + 'layer { name: "relu"'))
    frozen = 'name: "conv" param { lr_mult: 0 } param { lr_mult: 0 } type'
    return text.replace('name: "conv" type', frozen) if freeze else text


SCALE = 'layer { name: "sc" type: "Scale" bottom: "conv" top: "conv" }\n'


def test_batch_norm_without_scale() -> None:
    findings = lint(with_batch_norm())
    assert found(findings) == {("batchnorm-scale", "bn")}
    assert findings[0].severity == "warning"
    assert lint(with_batch_norm(scale=SCALE)) == []


def test_batch_norm_right_before_weights_needs_no_scale() -> None:
    text = with_batch_norm().replace(
        'layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }', ""
    )
    findings = lint(text)
    assert found(findings) == {("batchnorm-scale", "bn")}
    assert findings[0].severity == "info"


def test_several_batch_norms_are_said_once() -> None:
    again = 'layer { name: "relu0" type: "ReLU" bottom: "conv" top: "t" }\n'
    again += 'layer { name: "bn2" type: "BatchNorm" bottom: "t" top: "t" }\n'
    text = with_batch_norm(scale=again)
    text = edited(
        ('name: "relu" type: "ReLU" bottom: "conv"', 'name: "relu" type: "ReLU" bottom: "t"'),
        ('bottom: "t" top: "conv"', 'bottom: "t" top: "r"'),
        text=text,
    )
    findings = lint(everywhere('"InnerProduct" bottom: "conv"', '"InnerProduct" bottom: "r"', text))
    assert found(findings) == {("batchnorm-scale", "bn")}
    assert "'bn' and 1 more BatchNorm layers" in findings[0].message


GLOBAL = "batch_norm_param { use_global_stats: true }"
BATCH = "batch_norm_param { use_global_stats: false }"


def test_batch_norm_on_old_statistics_after_layers_that_learn() -> None:
    findings = lint(with_batch_norm(GLOBAL, scale=SCALE))
    assert found(findings) == {("batchnorm-frozen", "bn")}
    assert findings[0].phase == "TRAIN"
    assert lint(with_batch_norm(GLOBAL, scale=SCALE, freeze=True)) == []


def test_batch_norm_on_the_batch_in_test() -> None:
    findings = lint(with_batch_norm(BATCH, scale=SCALE))
    assert found(findings) == {("batchnorm-test", "bn")}
    assert findings[0].phase == "TEST"
