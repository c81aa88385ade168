"""Scores of phase TEST against their formulas."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import scheme_formulas as formulas
from caffe_multilabel.caffe.net_state import select_layers
from caffe_multilabel.nets.generate.recipes.alignment import canary
from caffe_multilabel.nets.generate.recipes.scores import (
    mean_absolute_error,
    normalised_mean_error,
    yes_no_accuracy,
    yes_no_shares,
)
from scheme_tools import SchemeRun, error, scheme_net

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    from caffe_multilabel.nets.generate.builder import NetBuilder

pytestmark = pytest.mark.torch

VALUES = 1e-9
SEEDS = st.integers(0, 10_000)


def score_run(build: Callable[[NetBuilder], object], **inputs: ArrayLike) -> SchemeRun:
    return SchemeRun(build, inputs, {}, phase="TEST")


def share(hits: NDArray[np.bool_], of: NDArray[np.bool_]) -> float:
    return float(hits[of].mean()) if of.any() else 0.0


@given(SEEDS, st.sampled_from([-1, 2, None]))
@settings(max_examples=20)
def test_yes_no_scores(seed: int, ignored: int | None) -> None:
    draw = np.random.default_rng(seed)
    labels = draw.choice([0, 1] if ignored is None else [0, 1, ignored, ignored], (4, 3))
    scores = draw.choice([-60.0, -0.5, 0.5, 60.0], (4, 3))

    def build(net: NetBuilder) -> None:
        yes_no_accuracy(net, "a", "x", "t", ignore_label=ignored)
        yes_no_shares(net, "a", "x", "t", columns=3, batch=4, ignore_label=ignored)

    run = score_run(build, x=scores, t=labels[:, :, None, None])
    known, hits = labels != ignored, (scores > 0) == (labels == 1)
    assert run.value("accuracy_a") == pytest.approx(share(hits, known), abs=1e-6)
    each = [share(hits, labels == value) for value in (0, 1)]
    assert run.value("accuracy_no_yes_a").tolist() == pytest.approx(each, abs=1e-6)
    assert run.value("hit_share_a").ravel().tolist() == (hits & known).mean(axis=0).tolist()
    if ignored is not None:
        assert run.value("known_share_a").ravel().tolist() == known.mean(axis=0).tolist()


@given(SEEDS)
@settings(max_examples=20)
def test_mean_absolute_error_of_what_is_known(seed: int) -> None:
    draw = np.random.default_rng(seed)
    scores, labels = draw.normal(size=(5, 4)), draw.normal(size=(5, 4))
    mask = draw.integers(0, 2, (5, 4)).astype(np.float64)

    def build(net: NetBuilder) -> None:
        mean_absolute_error(net, "a", "x", "t", scale=4)
        mean_absolute_error(net, "b", "x", "t", scale=4, mask="m")

    run = score_run(build, x=scores, t=labels[:, :, None, None], m=mask[:, :, None, None])
    errors = 4 * np.abs(scores - labels)
    assert error(run.value("error_a"), errors.mean()) <= VALUES
    assert error(run.value("error_b"), formulas.known_mean(errors, mask)) <= VALUES
    total = (errors * mask).sum() / 5
    assert error(run.value("error_per_record_b"), total) <= VALUES
    assert error(run.value("error_known_per_record_b"), mask.sum() / 5) <= VALUES


@given(SEEDS, st.sampled_from([([0], [1]), ([4], [0]), ([0, 1], [3]), ([0, 2], [1, 3, 4, 5])]))
@settings(max_examples=20)
def test_normalised_mean_error(seed: int, ends: tuple[list[int], list[int]]) -> None:
    draw = np.random.default_rng(seed)
    scores, labels = draw.uniform(0, 64, (4, 12)), draw.uniform(0, 64, (4, 12))
    mask = draw.choice([0.0, 1, 1, 1], (4, 6))
    # What is unknown is written as 0, so both ends may lie in one place.
    written = labels * np.repeat(mask, 2, axis=1)
    left, right = ends

    def build(net: NetBuilder) -> None:
        options = {"points": 6, "left": left, "right": right}
        normalised_mean_error(net, "a", "x", "t", **options)
        normalised_mean_error(net, "b", "x", "w", mask="m", **options)

    run = score_run(
        build,
        x=scores,
        t=labels[:, :, None, None],
        w=written[:, :, None, None],
        m=mask[:, :, None, None],
    )
    values = formulas.normalised_error(scores, labels, left, right)
    assert error(run.value("nme_a"), values.mean()) <= VALUES
    counted = mask * mask[:, left + right].all(axis=1, keepdims=True)
    assert error(run.value("nme_b"), formulas.known_mean(values, counted)) <= VALUES
    assert error(run.value("nme_per_record_b"), (values * counted).sum() / 4) <= VALUES
    assert error(run.value("nme_known_per_record_b"), counted.sum() / 4) <= VALUES


def test_scores_print_what_they_are_called_in_test_and_nothing_in_train() -> None:
    def build(net: NetBuilder) -> None:
        yes_no_accuracy(net, "a", "x", "t", ignore_label=-1)
        yes_no_shares(net, "a", "x", "t", columns=6, batch=2, ignore_label=-1)
        mean_absolute_error(net, "a", "x", "t")
        mean_absolute_error(net, "b", "x", "t", mask="k")
        normalised_mean_error(net, "a", "x", "t", points=3, left=[0], right=[2])
        normalised_mean_error(net, "b", "x", "t", points=3, left=[1], right=[2], mask="m")

    inputs = {"x": np.ones((2, 6)), "t": np.zeros((2, 6, 1, 1)), "m": np.ones((2, 3, 1, 1))}
    inputs["k"] = np.ones((2, 6, 1, 1))
    assert set(score_run(build, **inputs).net.outputs) == {
        "accuracy_a",
        "accuracy_no_yes_a",
        "hit_share_a",
        "known_share_a",
        "error_a",
        "error_b",
        "error_per_record_b",
        "error_known_per_record_b",
        "nme_a",
        "nme_b",
        "nme_per_record_b",
        "nme_known_per_record_b",
    }
    net = scheme_net(inputs, {})
    build(net)
    assert {layer.type for _, layer in select_layers(net.net, "TRAIN")} == {"Input"}


@pytest.mark.parametrize("first", [0, 2**20 - 4, 2**24 - 4])
@pytest.mark.parametrize("phase", ["TRAIN", "TEST"])
def test_the_canary_reads_0_until_the_labels_are_of_other_records(first: int, phase: str) -> None:
    numbers = first + np.arange(4)

    def build(net: NetBuilder) -> None:
        canary(net, "canary", ("number", "column"))

    for shift in (0, 1, -3):
        column = (numbers + shift).reshape(4, 1, 1, 1)
        inputs = {"number": numbers, "column": column}
        run = SchemeRun(build, inputs, {}, phase=phase, dtype="float32")
        assert run.value("canary") == shift**2 / 2
        assert run.total == 0
