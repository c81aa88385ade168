"""Losses of single values against their formulas, in float64: values, gradients, edges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import scheme_formulas as formulas
from caffe_multilabel.nets.generate.recipes.class_losses import one_hot, softmax_focal
from caffe_multilabel.nets.generate.recipes.reducing import (
    known_labels,
    per_known,
    per_record,
    per_value,
    weighted,
)
from caffe_multilabel.nets.generate.recipes.value_losses import (
    focal,
    half_squares,
    sigmoid_cross_entropy,
    smooth_l1,
)
from scheme_tools import SchemeRun, error

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from caffe_multilabel.nets.generate.builder import NetBuilder

pytestmark = pytest.mark.torch

VALUES, GRADIENTS = 1e-9, 5e-6
# Numbers of a layer are float32: sigma, alpha and weights here are exact in it.
# Beginnings and ends of straight parts, scores that a sigmoid rounds to 0 or 1, and any others.
SCORES = st.sampled_from([0.0, 1.0, -1.0, 0.25, -0.25, 60.0, -60.0, 110.0]) | st.floats(-5, 5)


@st.composite
def tables(draw: st.DrawFn, entries: st.SearchStrategy[float]) -> NDArray[np.float64]:
    """N x D numbers."""
    rows, columns = draw(st.integers(1, 4)), draw(st.integers(1, 5))
    found = draw(st.lists(entries, min_size=rows * columns, max_size=rows * columns))
    return np.array(found).reshape(rows, columns)


def numbers_like(values: NDArray[np.float64], seed: int, choices: list[float]) -> Any:
    return np.random.default_rng(seed).choice(choices, values.shape)


def as_labels(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return values[:, :, None, None]


def check(
    build: Callable[[NetBuilder], object],
    formula: Callable[[NDArray[np.float64]], float],
    scores: NDArray[np.float64],
    inputs: dict[str, NDArray[np.float64]],
) -> SchemeRun:
    run = SchemeRun(build, inputs, {"x": scores})
    assert error(run.total, formula(scores)) <= VALUES
    assert error(run.gradient("x"), formulas.differences(formula, scores)) <= GRADIENTS
    return run


@given(tables(SCORES), st.sampled_from([0.5, 1.0, 2.0]), st.integers(0, 99))
@settings(max_examples=30)
def test_smooth_l1(scores: NDArray[np.float64], sigma: float, seed: int) -> None:
    """Labels of 0 leave the edges where they are drawn; others move them."""
    labels = numbers_like(scores, seed, [0.0, 0.0, 0.37, -2.0])

    def build(net: NetBuilder) -> None:
        per_record(net, "a", smooth_l1(net, "a", "x", "t", sigma=sigma), loss_weight=1)

    def formula(x: NDArray[np.float64]) -> float:
        return float(formulas.smooth_l1(x - labels, sigma).sum() / len(x))

    check(build, formula, scores, {"t": as_labels(labels)})


@given(tables(SCORES), st.integers(0, 99))
@settings(max_examples=30)
def test_half_squares_are_half_the_squares(scores: NDArray[np.float64], seed: int) -> None:
    labels = numbers_like(scores, seed, [0.0, 0.37, -2.0])

    def build(net: NetBuilder) -> None:
        per_value(net, "a", half_squares(net, "a", "x", "t"), loss_weight=2)

    def formula(x: NDArray[np.float64]) -> float:
        return float(((x - labels) ** 2).mean())

    run = check(build, formula, scores, {"t": as_labels(labels)})
    np.testing.assert_allclose(run.value("half_square_a"), (scores - labels) ** 2 / 2)


@given(tables(SCORES), st.integers(0, 99), st.booleans())
@settings(max_examples=30)
def test_sigmoid_cross_entropy(scores: NDArray[np.float64], seed: int, has_weights: bool) -> None:
    labels = numbers_like(scores, seed, [0.0, 1.0])
    weights = numbers_like(scores[0], seed, [1.0, 3.0, 0.25]) if has_weights else None

    def build(net: NetBuilder) -> None:
        values = sigmoid_cross_entropy(net, "a", "x", "t", positive_weights=weights)
        per_record(net, "a", values, loss_weight=1)

    def formula(x: NDArray[np.float64]) -> float:
        factor = 1 if weights is None else np.where(labels == 1, weights, 1)
        return float((factor * formulas.cross_entropy(x, labels)).sum() / len(x))

    check(build, formula, scores, {"t": as_labels(labels)})


def test_each_of_many_columns_has_its_own_weight() -> None:
    weights = np.linspace(1, 30, 300)
    scores = np.random.default_rng(0).normal(size=(2, 300))

    def build(net: NetBuilder) -> None:
        sigmoid_cross_entropy(net, "a", "x", "t", positive_weights=weights)

    run = SchemeRun(build, {"t": np.ones((2, 300, 1, 1)), "x": scores}, {})
    wanted = weights * np.logaddexp(0, -scores)
    assert error(run.value("weighted_cross_entropy_a"), wanted) <= 1e-6  # weights are float32


@given(
    tables(SCORES),
    st.sampled_from([0.0, 0.5, 1.0, 1.5, 2.0, 5.0]),
    st.sampled_from([None, 0.25, 0.875]),
    st.integers(0, 99),
)
@settings(max_examples=30)
def test_focal(scores: NDArray[np.float64], gamma: float, alpha: float | None, seed: int) -> None:
    labels = numbers_like(scores, seed, [0.0, 1.0])

    def build(net: NetBuilder) -> None:
        values = focal(net, "a", "x", "t", gamma=gamma, alpha=alpha)
        per_record(net, "a", values, loss_weight=1)

    def formula(x: NDArray[np.float64]) -> float:
        return float(formulas.focal(x, labels, gamma, alpha).sum() / len(x))

    check(build, formula, scores, {"t": as_labels(labels)})


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("gamma", [0.5, 1.0, 1.5, 2.0, 3.0])
def test_focal_stays_finite_at_any_score(gamma: float, dtype: str) -> None:
    scores = np.array([[0, 60, -60, 110, -110, 1e4, -1e4]] * 2)
    labels = np.array([[0] * 7, [1] * 7]).astype(np.float64)

    def build(net: NetBuilder) -> None:
        per_record(net, "a", focal(net, "a", "x", "t", gamma=gamma), loss_weight=1)

    run = SchemeRun(build, {"t": as_labels(labels)}, {"x": scores}, dtype=dtype)
    assert np.isfinite(run.gradient("x")).all()
    wanted = formulas.focal(scores, labels, gamma).sum() / 2
    assert error(run.total, wanted) <= 1e-6


@pytest.mark.parametrize("gamma", [0.0, 1.0, 1.5, 2.0, 3.0])
def test_softmax_focal(gamma: float) -> None:
    draw = np.random.default_rng(3)
    scores, classes = draw.normal(0, 2, (5, 4)), draw.integers(0, 4, 5)

    def build(net: NetBuilder) -> None:
        per_value(net, "a", softmax_focal(net, "a", "x", "t", gamma=gamma), loss_weight=1)

    def formula(x: NDArray[np.float64]) -> float:
        log_true = formulas.log_softmax(x)[np.arange(5), classes]
        return float((-((1 - np.exp(log_true)) ** gamma) * log_true).mean())

    check(build, formula, scores, {"t": as_labels(np.eye(4)[classes])})


@pytest.mark.parametrize("gamma", [0.5, 1.0, 2.0, 3.0])
def test_softmax_focal_stays_finite_where_a_class_is_certain(gamma: float) -> None:
    def build(net: NetBuilder) -> None:
        per_value(net, "a", softmax_focal(net, "a", "x", "t", gamma=gamma), loss_weight=1)

    scores = np.array([[60.0, 0, 0], [0, 200, -200], [-60, 0, 60]])
    run = SchemeRun(build, {"t": as_labels(np.eye(3))}, {"x": scores}, dtype="float32")
    assert run.total == pytest.approx(0, abs=1e-6)
    assert np.isfinite(run.gradient("x")).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("count", [2, 3, 10, 2047])
def test_one_hot_columns_of_few_classes_and_of_many(count: int, dtype: str) -> None:
    """Every class in turn, and labels that are none."""
    labels = np.array([*range(count), -1, count])[:, None]

    def build(net: NetBuilder) -> None:
        one_hot(net, "a", "t", class_count=count)

    run = SchemeRun(build, {"t": as_labels(labels)}, {}, dtype=dtype)
    wanted = np.eye(count + 2)[:, :count]
    np.testing.assert_array_equal(run.value("one_hot_a"), wanted)


@given(tables(SCORES), st.sampled_from(["value", "pair", "record"]), st.integers(0, 99))
@settings(max_examples=30)
def test_what_is_unknown_counts_for_nothing(
    scores: NDArray[np.float64], what: str, seed: int
) -> None:
    """By masks of a value, of a point and of a record; divided by what is known, or by records."""
    draw = np.random.default_rng(seed)
    each = {"value": 1, "pair": 2, "record": scores.shape[1]}[what]
    scores = np.repeat(scores, 2, axis=1) if what == "pair" else scores
    columns = scores.shape[1] // each
    mask = draw.integers(0, 2, (len(scores), columns)).astype(np.float64)
    labels = draw.normal(size=scores.shape)
    inputs = {"t": as_labels(labels), "m": as_labels(mask)}

    def values(net: NetBuilder) -> str:
        return weighted(net, "a", smooth_l1(net, "a", "x", "t"), "m", each=each)

    def of_known(x: NDArray[np.float64]) -> float:
        return formulas.known_mean(formulas.smooth_l1(x - labels), mask, each)

    def of_records(x: NDArray[np.float64]) -> float:
        wide = np.repeat(mask, each, axis=1)
        return float((wide * formulas.smooth_l1(x - labels)).sum() / len(x))

    run = check(
        lambda net: per_known(net, "a", values(net), "m", each=each, loss_weight=1),
        of_known,
        scores,
        inputs,
    )
    assert not run.gradient("x")[np.repeat(mask, each, axis=1) == 0].any()
    check(lambda net: per_record(net, "a", values(net), loss_weight=1), of_records, scores, inputs)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("label", [0.0, -1.0, 1e30])
def test_nothing_known_is_a_loss_of_0_with_a_gradient_of_0(label: float, dtype: str) -> None:
    def build(net: NetBuilder) -> None:
        values = smooth_l1(net, "a", "x", "t")
        per_known(net, "a", weighted(net, "a", values, "m"), "m", loss_weight=1)

    inputs = {"t": np.full((2, 3, 1, 1), label), "m": np.zeros((2, 3, 1, 1))}
    run = SchemeRun(build, inputs, {"x": np.array([[0, 60, -60], [1, -1, 5.0]])}, dtype=dtype)
    assert run.total == 0
    assert (run.gradient("x") == 0).all()


@pytest.mark.parametrize(
    ("ignore_label", "labels"),
    [(-1, [0, 1, -1, 5]), (-100, [0, 1, -100, 1]), (2, [0, 1, 2, 1]), (255, [0, 1, 255, 0])],
)
def test_labels_to_ignore_make_a_mask(ignore_label: int, labels: list[int]) -> None:
    def build(net: NetBuilder) -> None:
        known_labels(net, "a", "t", ignore_label=ignore_label)

    run = SchemeRun(build, {"t": np.array(labels).reshape(2, 2, 1, 1)}, {})
    assert run.value("known_a").tolist() == [[1, 1], [0, 1]]


def test_a_masked_focal_loss_is_that_of_what_is_known() -> None:
    """Labels of -1 make scores of what is wrong that mean nothing, and the mask takes them away."""
    scores = np.array([[2.0, -60, 60, 0.5]])
    labels = np.array([[1.0, -1, -1, 0]])

    def build(net: NetBuilder) -> None:
        known = known_labels(net, "a", "t", ignore_label=-1)
        values = weighted(net, "a", focal(net, "a", "x", "t"), known)
        per_known(net, "a", values, known, loss_weight=1)

    known = labels >= 0

    def formula(x: NDArray[np.float64]) -> float:
        return float(formulas.focal(x[known], labels[known], 2).sum() / 2)

    check(build, formula, scores, {"t": as_labels(labels)})
