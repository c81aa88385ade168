"""Losses and accuracies: labels, parameters, what stands before them, what learns under them."""

from __future__ import annotations

import pytest

from lint_tools import NET, edited, found, lint

LOSS = 'bottom: "colour"\n  top: "loss_colour"'
ACCURACY = 'bottom: "fc_colour" bottom: "colour" top: "accuracy"'


def with_second_task(bottom: str) -> str:
    """The net with a second class column, and an accuracy of the colour on `bottom`."""
    return edited(
        ("slice_point: 4", "slice_point: 4 slice_point: 8"),
        ('top: "corners"\n', 'top: "corners" top: "size"\n'),
        (ACCURACY, ACCURACY.replace('"colour"', f'"{bottom}"')),
    ) + (
        'layer { name: "silence" type: "Silence" bottom: "size" include { phase: TRAIN } }'
        'layer { name: "silence2" type: "Silence" bottom: "size" include { phase: TEST } }'
    )


def test_an_accuracy_on_the_labels_of_another_task() -> None:
    assert lint(with_second_task("colour")) == []
    findings = lint(with_second_task("size"))
    assert ("accuracy-labels", "accuracy") in found(findings)
    message = next(str(f) for f in findings if f.rule == "accuracy-labels")
    assert "label column 8" in message
    assert "'loss_colour' trains it on label column 0" in message
    assert "take 'colour'" in message


def test_an_accuracy_behind_softmax_is_that_of_its_scores() -> None:
    softmax = (
        'layer { name: "p" type: "Softmax" bottom: "fc_colour" top: "p" include { phase: TEST } }'
    )
    text = with_second_task("size").replace(
        ACCURACY.replace('"colour"', '"size"'), 'bottom: "p" bottom: "size" top: "accuracy"'
    )
    accuracy = text.index('layer {\n  name: "accuracy"')
    text = text[:accuracy] + softmax + text[accuracy:]
    assert ("accuracy-labels", "accuracy") in found(lint(text))


def test_an_accuracy_that_counts_what_its_loss_ignores() -> None:
    ignoring = (LOSS, LOSS + " loss_param { ignore_label: -1 }")
    findings = lint(edited(ignoring))
    assert found(findings) == {("accuracy-ignore", "accuracy")}
    repair = (ACCURACY, ACCURACY + " accuracy_param { ignore_label: -1 }")
    assert findings[0].fix == "write accuracy_param { ignore_label: -1 }"
    assert lint(edited(ignoring, repair)) == []


def test_an_ignored_label_that_is_a_class_is_counted_rightly() -> None:
    assert lint(edited((LOSS, LOSS + " loss_param { ignore_label: 0 }"))) == []


@pytest.mark.parametrize(
    ("old", "layer", "field", "advice"),
    [
        ('top: "loss_corners"', "loss_corners", "ignore_label: -1", "mask"),
        ('top: "loss_corners"', "loss_corners", "normalization: VALID", "loss_weight"),
        ('top: "loss_corners"', "loss_corners", "normalize: true", "loss_weight"),
        ('top: "accuracy"', "accuracy", "ignore_label: -1", "accuracy_param"),
    ],
)
def test_loss_parameters_that_are_not_read(old: str, layer: str, field: str, advice: str) -> None:
    findings = lint(edited((old, f"{old} loss_param {{ {field} }}")))
    assert found(findings) == {("loss-param", layer)}
    assert field.split(":", maxsplit=1)[0] in findings[0].message
    assert advice in findings[0].fix


@pytest.mark.parametrize("field", ["normalization: FULL", "normalize: false"])
@pytest.mark.parametrize("old", ['top: "loss_colour"', 'top: "loss_flags"'])
def test_loss_parameters_that_are_read(old: str, field: str) -> None:
    assert lint(edited((old, f"{old} loss_param {{ {field} }}"))) == []


def activated(kind: str, scores: str, loss: str) -> str:
    """The net with a layer between some scores and their loss."""
    layer = f'layer {{ name: "act" type: "{kind}" bottom: "{scores}" top: "act" }}\n'
    text = edited((f'layer {{\n  name: "{loss}"', f'{layer}layer {{\n  name: "{loss}"'))
    index = text.index(f'name: "{loss}"')
    return text[:index] + text[index:].replace(f'bottom: "{scores}"', 'bottom: "act"', 1)


@pytest.mark.parametrize(
    ("kind", "scores", "loss"),
    [
        ("Softmax", "fc_colour", "loss_colour"),
        ("Sigmoid", "fc_flags", "loss_flags"),
        ("ReLU", "fc_flags", "loss_flags"),
    ],
)
def test_an_activation_before_a_loss_that_has_its_own(kind: str, scores: str, loss: str) -> None:
    findings = lint(activated(kind, scores, loss))
    assert found(findings) == {("activated-scores", loss)}
    assert f"{kind} layer 'act'" in findings[0].message


@pytest.mark.parametrize(
    ("kind", "scores", "loss"),
    [
        ("Dropout", "fc_colour", "loss_colour"),
        ("ReLU", "fc_colour", "loss_colour"),
        ("Sigmoid", "fc_corners", "loss_corners"),
    ],
)
def test_an_activation_that_may_stand_before_a_loss(kind: str, scores: str, loss: str) -> None:
    assert lint(activated(kind, scores, loss)) == []


FROZEN = "param { lr_mult: 0 } param { lr_mult: 0 }"


def frozen(*layers: str) -> str:
    return edited(
        *((f'name: "{layer}" type', f'name: "{layer}" {FROZEN} type') for layer in layers)
    )


def test_a_loss_over_frozen_layers() -> None:
    findings = lint(frozen("conv", "fc_flags"))
    assert found(findings) == {("frozen-loss", "loss_flags")}
    assert findings[0].phase == "TRAIN"


def test_a_loss_over_a_layer_that_no_gradient_passes() -> None:
    """Threshold has no Backward, so what lies above it learns nothing from this loss."""
    findings = lint(activated("Threshold", "fc_corners", "loss_corners"))
    assert ("frozen-loss", "loss_corners") in found(findings)


@pytest.mark.parametrize("layers", [("conv",), ("fc_flags",), ("fc_colour", "fc_flags")])
def test_a_loss_that_still_reaches_weights_that_learn(layers: tuple[str, ...]) -> None:
    assert lint(frozen(*layers)) == []


def test_a_gradient_that_is_stopped() -> None:
    stopped = edited(('bottom: "fc_flags" bottom: "flags"', '"STOP"')).replace(
        '"STOP"', 'bottom: "fc_flags" bottom: "flags" propagate_down: false propagate_down: false'
    )
    assert found(lint(stopped)) == {("frozen-loss", "loss_flags")}


def test_a_frozen_loss_of_no_weight_is_only_a_display() -> None:
    text = frozen("conv", "fc_flags").replace(
        'top: "loss_flags" loss_weight: 0.25', 'top: "loss_flags" loss_weight: 0'
    )
    text = text.replace('top: "loss_corners" loss_weight: 0.25', 'top: "x" loss_weight: 0.5')
    assert lint(text) == []


def test_regression_labels_may_be_the_first_bottom() -> None:
    swapped = edited(
        ('bottom: "fc_corners" bottom: "corners"', 'bottom: "corners" bottom: "fc_corners"')
    )
    assert lint(swapped) == []
    assert swapped != NET
