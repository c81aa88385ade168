"""Settings that are nan, infinite, or of a sign that no training makes sense with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from caffe_multilabel.caffe.proto import parse_text, schema
from caffe_multilabel.caffe.solver_facts import RANGES
from caffe_multilabel.nets.lint import Finding, lint_solver
from lint_tools import NET, ROWS, edited, everywhere, found, label_db, lint

if TYPE_CHECKING:
    from pathlib import Path

SOLVER = 'net: "n" base_lr: 0.1 lr_policy: "inv" gamma: 1 power: 1 max_iter: 10 weight_decay: 0.1 '


def of_solver(text: str) -> list[Finding]:
    return lint_solver(parse_text(text, "SolverParameter"))


@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
@pytest.mark.parametrize(
    ("layer", "old", "new", "path"),
    [
        (
            "loss_flags",
            'loss_weight: 0.25\n}\nlayer {\n  name: "loss_c',
            "loss_weight: {}",
            "loss_weight",
        ),
        (
            "conv",
            "kernel_size: 9",
            "kernel_size: 9 bias_filler {{ value: {} }}",
            "bias_filler.value",
        ),
        (
            "relu",
            'name: "relu"',
            'name: "relu" relu_param {{ negative_slope: {} }}',
            "negative_slope",
        ),
        (
            "fc_flags",
            'name: "fc_flags"',
            'name: "fc_flags" param {{ lr_mult: {} }}',
            "param.lr_mult",
        ),
    ],
)
def test_settings_of_layers(value: str, layer: str, old: str, new: str, path: str) -> None:
    after = old.partition("\n")[1] + old.partition("\n")[2]
    findings = [
        f for f in lint(edited((old, new.format(value) + after))) if f.rule == "layer-number"
    ]
    assert [(f.layer, f.severity) for f in findings] == [(layer, "error")]
    assert f"{path} is {value}, and what is" in findings[0].message


@pytest.mark.parametrize("field", ["scale", "mean_value"])
def test_settings_of_transforms(field: str) -> None:
    text = everywhere("mean_value: 104", f"{field}: nan")
    findings = [f for f in lint(text) if f.rule == "layer-number"]
    assert found(findings) == {("layer-number", "data")}
    assert f"transform_param.{field} is nan" in findings[0].message


def test_bounds_may_be_infinite() -> None:
    clip = """layer { name: "clip" type: "Clip" bottom: "conv" top: "conv"
      clip_param { min: 0 max: MAX } }"""
    text = edited(('layer { name: "relu"', clip + ' layer { name: "relu"'))
    assert ("layer-number", "clip") not in found(lint(text.replace("MAX", "inf")))
    assert ("layer-number", "clip") in found(lint(text.replace("MAX", "nan")))
    assert of_solver(SOLVER + "clip_gradients: inf") == []


def test_weights_in_a_net_are_no_settings() -> None:
    text = edited(('name: "conv" type', 'name: "conv" blobs { data: nan } type'))
    assert ("layer-number", "conv") not in found(lint(text))


def test_a_scale_that_makes_all_labels_zero(tmp_path: Path) -> None:
    named = 'source: "train_labels"'
    text = edited(
        (f"data_param {{ {named}", f"transform_param {{ scale: 0 }} data_param {{ {named}")
    )
    db = label_db(tmp_path / "labels", ROWS)
    for options in ({}, {"labels": db}):
        findings = [f for f in lint(text, **options) if f.layer == "labels"]
        assert [(f.rule, f.severity) for f in findings] == [("zero-scale", "error")]
        assert "every label becomes 0" in findings[0].message


def test_a_scale_that_makes_all_images_zero() -> None:
    findings = lint(everywhere("mean_value: 104", "mean_value: 104 scale: 0"))
    assert found(findings) == {("zero-scale", "data")}
    assert "every value of its images becomes 0" in findings[0].message


FLOATS = [
    field.name
    for field in schema().message("SolverParameter").DESCRIPTOR.fields
    if field.cpp_type == field.CPPTYPE_FLOAT
]
READS = {"gamma": "", "power": "", "rms_decay": 'type: "RMSProp"', "delta": 'type: "AdaDelta"'}


def without(field: str) -> str:
    words = SOLVER.split()
    if f"{field}:" in words:
        at = words.index(f"{field}:")
        del words[at : at + 2]
    return " ".join(words)


@pytest.mark.parametrize("field", FLOATS)
@pytest.mark.parametrize("value", ["nan", "-inf"])
def test_every_float_of_a_solver(field: str, value: str) -> None:
    kind = READS.get(field, 'type: "Adam"')
    findings = of_solver(f"{without(field)} {kind} {field}: {value}")
    assert any(f.message.startswith(f"{field} is {value}") for f in findings) is not (
        (field, value) == ("clip_gradients", "-inf")  # as any number below 0
    )
    assert all(f.severity == "error" for f in findings if f.rule != "learning-rate")


BEYOND = [
    ("clip_gradients", "0", 'type: "SGD"'),
    ("delta", "0", 'type: "AdaGrad"'),
    ("delta", "-1e-8", 'type: "Adam"'),
    ("momentum", "1", 'type: "SGD"'),
    ("momentum", "-0.9", 'type: "Nesterov"'),
    ("momentum2", "1.5", 'type: "Adam"'),
    ("power", "-1", ""),
    ("weight_decay", "-0.0005", ""),
]


@pytest.mark.parametrize(("field", "value", "kind"), BEYOND)
def test_numbers_that_nothing_trains_with(field: str, value: str, kind: str) -> None:
    (finding,) = of_solver(f"{without(field)} {kind} {field}: {value}")
    assert (finding.rule, finding.severity) == ("solver-number", "warning")
    assert finding.message.startswith(f"{field} is {float(value):g}, so {RANGES[field].harm}")
    assert {field for field, _, _ in BEYOND} == set(RANGES)


def test_numbers_that_a_solver_does_not_read() -> None:
    assert of_solver(SOLVER + 'type: "SGD" momentum2: 1.5 delta: 0') == []
    (finding,) = of_solver(SOLVER + 'type: "SGD" momentum2: nan')
    assert (finding.severity, finding.message) == ("warning", "momentum2 is nan, and is not read")


def test_a_learning_rate_below_zero() -> None:
    (finding,) = of_solver(SOLVER.replace("base_lr: 0.1", "base_lr: -0.1"))
    assert finding.rule == "learning-rate"
    assert "each step makes the loss greater" in finding.message


def test_a_net_that_a_solver_holds() -> None:
    net = NET.replace("loss_weight: 0.5", "loss_weight: nan")
    findings = of_solver(SOLVER.replace('net: "n"', f"net_param {{ {net} }}"))
    assert any("net_param.layer.loss_weight is nan" in f.message for f in findings)
