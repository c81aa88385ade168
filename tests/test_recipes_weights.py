"""Learned weights of losses, logarithms, shown losses and gradients that are changed on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

import scheme_formulas as formulas
from caffe_multilabel.caffe.proto import schema
from caffe_multilabel.nets.generate.recipes.gradients import scaled_gradient
from caffe_multilabel.nets.generate.recipes.task_weights import (
    learned_weight,
    log_of_loss,
    shown_loss,
)
from scheme_tools import SchemeRun, error

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from caffe_multilabel.nets.generate.builder import NetBuilder

pytestmark = pytest.mark.torch

VALUES, GRADIENTS = 1e-9, 5e-6
DRAW = np.random.default_rng(5)
SCORES, LABELS = DRAW.normal(size=(4, 3)), DRAW.normal(size=(4, 3))


def plain(x: NDArray[np.float64]) -> float:
    return float(((x - LABELS) ** 2).sum() / 8)


def inner_loss(net: NetBuilder, weight: float = 0) -> str:
    return net.add("EuclideanLoss", "loss_a", ["x", "t"], loss_weight=[weight])


def run_of(build: object, **other: NDArray[np.float64]) -> SchemeRun:
    return SchemeRun(build, {"t": LABELS}, {"x": SCORES}, other=other)  # type: ignore[arg-type]


@pytest.mark.parametrize("start", [0.0, 0.75, -3.0])
def test_a_learned_weight(start: float) -> None:
    run = run_of(
        lambda net: learned_weight(net, "a", inner_loss(net), loss_weight=2),
        log_variance_a=np.array([start]),
    )

    def formula(x: NDArray[np.float64], s: float = start) -> float:
        return 2 * (np.exp(-s) * plain(x) + s / 2)

    assert error(run.total, formula(SCORES)) <= VALUES
    assert error(run.gradient("x"), formulas.differences(formula, SCORES)) <= GRADIENTS
    slope = formulas.differences(lambda s: formula(SCORES, s.item()), np.array([start]))
    assert error(run.gradient("log_variance_a"), slope) <= GRADIENTS


def test_a_learned_weight_starts_at_1_and_does_not_decay() -> None:
    from scheme_tools import scheme_net  # noqa: PLC0415

    net = scheme_net({"t": LABELS}, {"x": SCORES})
    learned_weight(net, "a", inner_loss(net), loss_weight=1)
    [layer] = [layer for layer in net.net.layer if layer.type == "Bias"]
    wanted = schema().message("ParamSpec")(lr_mult=1, decay_mult=0)
    assert list(layer.param) == [wanted]
    assert layer.param[0].HasField("decay_mult")
    assert layer.bias_param.filler.value == 0


def test_the_logarithm_of_a_loss() -> None:
    shift = float(np.float32(1e-3))
    run = run_of(lambda net: log_of_loss(net, "a", inner_loss(net), loss_weight=0.5))

    def formula(x: NDArray[np.float64]) -> float:
        return float(np.log(plain(x) + shift) / 2)

    assert error(run.total, formula(SCORES)) <= VALUES
    assert error(run.gradient("x"), formulas.differences(formula, SCORES)) <= GRADIENTS


def test_a_shown_loss_is_the_plain_one_and_counts_for_nothing() -> None:
    def build(net: NetBuilder) -> None:
        loss = inner_loss(net)
        shown_loss(net, "a", loss)
        log_of_loss(net, "a", loss, loss_weight=0.5)

    shown = run_of(build)
    hidden = run_of(lambda net: log_of_loss(net, "a", inner_loss(net), loss_weight=0.5))
    assert shown.value("plain_loss_a") == pytest.approx(plain(SCORES))
    assert "plain_loss_a" in shown.net.outputs
    assert shown.total == hidden.total
    np.testing.assert_array_equal(shown.gradient("x"), hidden.gradient("x"))


@pytest.mark.parametrize("factor", [1, 0.25, 0, -1, -0.5])
def test_a_gradient_is_multiplied_between_the_backbone_and_its_branch(factor: float) -> None:
    """What another branch sends, and the branch's own layers, are left alone."""
    weights = np.random.default_rng(6).normal(size=(3, 3))

    def build(net: NetBuilder, factor: float = factor) -> None:
        gate = scaled_gradient(net, "a", "x", factor)
        wanted = {"num_output": 3, "bias_term": False}
        net.add("InnerProduct", "head", [gate], inner_product_param=wanted)
        net.add("EuclideanLoss", "loss_head", ["head", "t"])
        net.add("EuclideanLoss", "loss_other", ["x", "t"])

    def branch(x: NDArray[np.float64], w: NDArray[np.float64] = weights) -> float:
        return plain(x @ w.T)

    run = SchemeRun(build, {"t": LABELS}, {"x": SCORES}, other={"head": weights})
    assert run.total == pytest.approx(branch(SCORES) + plain(SCORES))
    slope = factor * formulas.differences(branch, SCORES) + formulas.differences(plain, SCORES)
    assert error(run.gradient("x"), slope) <= GRADIENTS
    own = formulas.differences(lambda w: branch(SCORES, w), weights)
    assert error(run.gradient("head"), own) <= GRADIENTS
