"""Gradients that a layer cannot make, at which Caffe stops."""

from __future__ import annotations

from typing import Any

import pytest

from caffe_multilabel.caffe.proto import parse_text
from caffe_multilabel.nets.lint import Finding, lint_net

NET = """
layer { name: "x" type: "DummyData" top: "x" top: "y" top: "i"
  dummy_data_param { shape { dim: 4 dim: 3 } shape { dim: 4 } shape { dim: 2 } } }
layer { name: "fc" type: "InnerProduct" bottom: "x" top: "fc"
  inner_product_param { num_output: 4 weight_filler { type: "xavier" } } }
layer { name: "labels" type: "InnerProduct" bottom: "x" top: "labels"
  inner_product_param { num_output: 1 weight_filler { type: "xavier" } } }
LAYERS
"""


def found(layers: str, more: str = "") -> list[Finding]:
    net = parse_text(more + NET.replace("LAYERS", layers), "NetParameter")
    return [finding for finding in lint_net(net, phase="TRAIN") if finding.rule == "no-gradient"]


def loss(kind: str, more: str = "") -> str:
    return f'layer {{ name: "l" type: "{kind}" bottom: "fc" bottom: "labels" top: "l" {more} }}'


ARGMAX = """
layer { name: "best" type: "ArgMax" bottom: "fc" top: "best" ABOVE argmax_param { axis: 1 } }
layer { name: "l" type: "Reduction" bottom: "best" top: "l" loss_weight: 1 BELOW }
"""
ONE_AXIS = """
layer { name: "r" type: "Reshape" bottom: "labels" top: "one" reshape_param { shape { dim: -1 } } }
"""
REINDEX = """
layer { name: "l" type: "BatchReindex" bottom: "x" bottom: "one" top: "l" loss_weight: 1 }
"""


@pytest.mark.parametrize(
    "layers",
    [
        loss("SoftmaxWithLoss"),
        loss("HingeLoss", "propagate_down: true propagate_down: true"),
        loss("Accuracy", "loss_weight: 1"),
        ONE_AXIS + REINDEX,
        'layer { name: "l" type: "Threshold" bottom: "fc" top: "l" loss_weight: 1 }',
        # Nothing that ArgMax itself is told helps, for it runs all the same.
        ARGMAX.replace("ABOVE", "propagate_down: false").replace("BELOW", ""),
    ],
)
def test_a_layer_that_cannot(layers: str) -> None:
    (finding,) = found(layers)
    assert finding.severity == "error"
    assert "Caffe stops in its first backward pass" in finding.message


@pytest.mark.parametrize(
    "layers",
    [
        loss("SoftmaxWithLoss", "propagate_down: true propagate_down: false"),
        loss("EuclideanLoss").replace('"fc"', '"labels"'),
        loss("SoftmaxWithLoss").replace('"labels"', '"y"'),
        loss("Accuracy"),  # nothing is trained by it
        ARGMAX.replace("ABOVE", "").replace("BELOW", "propagate_down: false"),
    ],
)
def test_a_layer_that_need_not(layers: str) -> None:
    assert found(layers) == []


def test_force_backward_is_named_where_it_is_the_cause() -> None:
    layers = loss("SoftmaxWithLoss").replace('"labels"', '"y"')
    accuracy = 'layer { name: "a" type: "Accuracy" bottom: "fc" bottom: "y" top: "a" }'
    assert found(layers + accuracy) == []
    (finding,) = found(layers + accuracy, "force_backward: true ")
    assert finding.layer == "a"
    assert finding.message.startswith(
        "Accuracy can give bottom[0] ('fc') no gradient, and is to, by force_backward; Caffe stops"
    )
    assert finding.fix == "leave force_backward out"


@pytest.mark.parametrize(
    ("more", "reader", "lost"),
    [
        ("", 'type: "Silence" bottom: "l"', True),
        ("", 'type: "Power" bottom: "l" top: "p"', True),
        ("", 'type: "Power" bottom: "l" top: "l"', True),
        ("", 'type: "Reduction" bottom: "fc" top: "p"', False),
        ("loss_weight: 1", 'type: "Silence" bottom: "l"', False),
        ("propagate_down: false propagate_down: false", 'type: "Silence" bottom: "l"', False),
    ],
)
def test_a_loss_that_is_read_where_no_gradient_is_wanted(
    more: str, reader: str, lost: bool
) -> None:
    text = loss("SoftmaxWithLoss", more).replace('"labels"', '"y"')
    net = parse_text(
        NET.replace("LAYERS", f'{text} layer {{ name: "reader" {reader} }}'), "NetParameter"
    )
    named = [f.layer for f in lint_net(net, phase="TRAIN") if f.rule == "lost-gradient"]
    assert named == (["l"] if lost else [])


@pytest.mark.parametrize(
    ("steps", "again", "phase", "found"),
    [
        (4, "again", "TRAIN", ["second"]),
        (4, "again", "TEST", []),
        (1, "again", "TRAIN", []),
        (4, "another", "TRAIN", []),
    ],
)
def test_a_recurrent_layer_with_the_weights_of_another(
    steps: int, again: str, phase: Any, found: list[str]
) -> None:
    names = 'param { name: "in" } param { name: "bias" } param { name: "AGAIN" }'
    layers = "".join(
        f'layer {{ name: "{name}" type: "LSTM" bottom: "{bottom}" bottom: "c" top: "{name}"'
        f" {names.replace('AGAIN', own)} recurrent_param {{ num_output: 3 }} loss_weight: 1 }}"
        for name, bottom, own in (("first", "x", "again"), ("second", "first", again))
    )
    data = (
        'layer { name: "x" type: "DummyData" top: "x" top: "c" dummy_data_param {'
        f" shape {{ dim: {steps} dim: 2 dim: 3 }} shape {{ dim: {steps} dim: 2 }} }} }}"
    )
    net = parse_text(data + layers, "NetParameter")
    named = [f.layer for f in lint_net(net, phase=phase) if f.rule == "shared-timesteps"]
    assert named == found


OF_NO_KNOWN_TYPE = """
layer {{ name: "in" type: "DummyData" top: "data" top: "raw" dummy_data_param {{
  shape {{ dim: 2 dim: 3 }} shape {{ dim: 2 }} }} }}
layer {{ name: "fc" type: "InnerProduct" bottom: "data" top: "fc" inner_product_param {{
  num_output: 4 weight_filler {{ type: "xavier" }} }} }}
layer {{ name: "strange" {} top: "label" }}
layer {{ name: "loss" type: "SoftmaxWithLoss" bottom: "fc" bottom: "label" top: "loss" }}
"""


@pytest.mark.parametrize(
    ("strange", "wants"),
    [
        ('type: "SegData"', False),
        ('type: "Gather" bottom: "raw"', False),
        ('type: "Gather" bottom: "fc"', True),  # as of whatever depends on weights that learn
    ],
)
def test_labels_of_a_type_that_is_not_known(strange: str, *, wants: bool) -> None:
    net = parse_text(OF_NO_KNOWN_TYPE.format(strange), "NetParameter")
    assert ("no-gradient" in {finding.rule for finding in lint_net(net)}) == wants


ERROR = {"scale_a": "error", "scale_b": "info"}
ALONE = {"scale_a": "info"}  # once, for both
SHARED = {"a": "shared", "b": "shared"}


def scaled(shape: list[int], names: dict[str, str], own: str = "", axis: int = 1) -> str:
    """Two Scale layers, each under a loss; with the names of their factors."""
    dims = " ".join(f"dim: {size}" for size in shape)
    layers = "".join(
        f'layer {{ name: "scale_{x}" type: "Scale" bottom: "{x}" top: "s{x}"'
        f' param {{ name: "{name}" {own} }} scale_param {{ axis: {axis} bias_term: true }} }}'
        f'layer {{ name: "loss_{x}" type: "EuclideanLoss" bottom: "s{x}" bottom: "t" top: "l{x}" }}'
        for x, name in names.items()
    )
    return (
        'layer { name: "x" type: "DummyData" top: "a" top: "b" top: "t"'
        f" dummy_data_param {{ shape {{ {dims} }} }} }}{layers}"
    )


def forgetting(net: str, **options: Any) -> dict[str | None, str]:
    findings = lint_net(parse_text(net, "NetParameter"), phase="TRAIN", **options)
    return {f.layer: f.severity for f in findings if f.rule == "scale-gradient"}


@pytest.mark.parametrize(
    ("shape", "names", "options", "found"),
    [
        ([1, 8], SHARED, {}, ERROR),
        ([1, 8], {"a": "one", "b": "other"}, {}, ALONE),
        ([2, 8], SHARED, {}, {}),
        ([2, 8], SHARED, {"axis": 0}, ERROR),
        ([1, 8], SHARED, {"own": "lr_mult: 0"}, {}),
        ([1, 8, 3], SHARED, {}, ERROR),
        # A factor that is one number is added up, unless what it is for is one number as well.
        ([1, 1, 3], SHARED, {}, {}),
        ([1, 1], SHARED, {}, ERROR),
    ],
)
def test_a_scale_that_forgets(
    shape: list[int], names: dict[str, str], options: dict[str, Any], found: dict[str, str]
) -> None:
    assert forgetting(scaled(shape, names, **options)) == found


def test_a_scale_that_adds_nothing_is_not_forgotten() -> None:
    """The second has no loss, does not learn, or takes its factor from a bottom."""
    net = scaled([1, 8], SHARED)
    idle = net.replace(
        '"EuclideanLoss" bottom: "sb" bottom: "t" top: "lb"', '"Silence" bottom: "sb"'
    )
    assert forgetting(idle) == ALONE
    first, second = net.split('layer { name: "scale_b"')
    frozen = second.replace('name: "shared"', 'name: "shared" lr_mult: 0')
    assert forgetting(f'{first}layer {{ name: "scale_b"{frozen}') == ALONE
    given = second.replace('bottom: "b"', 'bottom: "b" bottom: "v"').replace('name: "shared"', "")
    vector = 'layer { name: "v" type: "DummyData" top: "v" dummy_data_param { shape { dim: 8 } } }'
    assert forgetting(f'{vector}{first}layer {{ name: "scale_b"{given}') == ALONE


def test_a_bias_that_shares_its_factor_is_forgotten() -> None:
    net = scaled([1, 8], {"a": "one"}).replace(
        'name: "one"  }', 'name: "one" } param { name: "one" }'
    )
    assert forgetting(net) == {"scale_a": "error"}


@pytest.mark.parametrize(("size", "severity"), [(1, None), (2, "warning")])
def test_the_solver_says_whether_a_scale_forgets_batches(size: int, severity: str | None) -> None:
    net = scaled([1, 8], {"a": "one", "b": "other"})
    solver = parse_text(f"iter_size: {size}", "SolverParameter")
    assert forgetting(net, solver=solver) == ({} if severity is None else {"scale_a": severity})
