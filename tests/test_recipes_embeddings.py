"""Pairs, triplets and unit length against their formulas, in float64."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import scheme_formulas as formulas
from caffe_multilabel.nets.generate.recipes.batch_hard import batch_hard_triplet
from caffe_multilabel.nets.generate.recipes.embeddings import (
    centers,
    contrastive,
    same_identity,
    triplet,
    unit_length,
)
from caffe_multilabel.nets.generate.recipes.records import (
    Join,
    features_of_images,
    joined_features,
    labels_of_images,
    single_images,
)
from scheme_tools import SchemeRun, error

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from caffe_multilabel.nets.generate.builder import NetBuilder

pytestmark = pytest.mark.torch

VALUES, GRADIENTS = 1e-9, 5e-6
SEEDS = st.integers(0, 10_000)


def features(
    seed: int, *names: str, records: int = 4, size: int = 3
) -> dict[str, NDArray[np.float64]]:
    draw = np.random.default_rng(seed)
    return {name: draw.normal(size=(records, size)) for name in names}


def column(values: object) -> NDArray[np.float64]:
    return np.array(values, dtype=np.float64).reshape(-1, 1, 1, 1)


@given(SEEDS)
@settings(max_examples=15)
def test_unit_length(seed: int) -> None:
    found, shift = features(seed, "f", "t"), float(np.float32(1e-4))

    def build(net: NetBuilder) -> None:
        unit = unit_length(net, "a", "f")
        net.add("EuclideanLoss", "loss", [unit, "t"])

    def formula(f: NDArray[np.float64]) -> float:
        return float(formulas.apart(formulas.unit(f, shift), found["t"]).sum() / 8)

    run = SchemeRun(build, {"t": found["t"]}, {"f": found["f"]})
    assert error(run.total, formula(found["f"])) <= VALUES
    assert error(run.gradient("f"), formulas.differences(formula, found["f"])) <= GRADIENTS


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_features_of_0_stay_0_and_their_gradient_is_finite(dtype: str) -> None:
    """It is 100 times that of the top."""

    def build(net: NetBuilder) -> None:
        net.add("Reduction", "loss", [unit_length(net, "a", "f")], loss_weight=[1])

    run = SchemeRun(build, {}, {"f": np.array([[0.0, 0], [3, 4]])}, dtype=dtype)
    np.testing.assert_allclose(run.value("unit_a"), [[0, 0], [0.6, 0.8]], rtol=1e-5)
    np.testing.assert_allclose(run.gradient("f")[0], [100, 100], rtol=1e-5)


@given(SEEDS)
@settings(max_examples=15)
def test_triplets_with_one_margin_and_with_a_margin_each(seed: int) -> None:
    found = features(seed, "a", "p", "n")
    margins = np.random.default_rng(seed).choice([0.0, 0.25, 4.0], 4)

    for margin, values in (("m", margins), (0.5, 0.5)):

        def build(net: NetBuilder, margin: float | str = margin) -> None:
            triplet(net, "a", "a", "p", "n", margin=margin, loss_weight=2)

        def formula(
            x: NDArray[np.float64], name: str, margin: NDArray[np.float64] | float = values
        ) -> float:
            return 2 * formulas.triplet(*(found | {name: x}).values(), margin)

        run = SchemeRun(build, {"m": column(margins)}, found)
        assert error(run.total, formula(found["a"], "a")) <= VALUES
        for name in found:
            slope = formulas.differences(lambda x, name=name: formula(x, name), found[name])
            assert error(run.gradient(name), slope) <= GRADIENTS


def test_a_triplet_that_is_apart_by_the_margin_costs_nothing() -> None:
    """At the margin exactly, Caffe's ReLU has a gradient of 0."""
    found = {"a": np.array([[0.0]]), "p": np.array([[1.0]]), "n": np.array([[1.5]])}
    run = SchemeRun(lambda net: triplet(net, "a", "a", "p", "n", margin=1.25), {}, found)
    assert run.total == 0
    assert not any(run.gradient(name).any() for name in found)


@given(SEEDS, st.lists(st.sampled_from([3, 4, 99_999]), min_size=5, max_size=5))
@settings(max_examples=20)
def test_batch_hard_triplets(seed: int, identities: list[int]) -> None:
    """Also where a record is alone with its identity, and where all records are of one."""
    found = formulas.unit(features(seed, "f", records=5)["f"], 0)

    def build(net: NetBuilder) -> None:
        batch_hard_triplet(net, "a", "f", "id", batch=5, margin=0.25)

    def formula(f: NDArray[np.float64]) -> float:
        return formulas.batch_hard(f, identities, 0.25)

    run = SchemeRun(build, {"id": column(identities)}, {"f": found})
    assert error(run.total, formula(found)) <= VALUES
    assert error(run.gradient("f"), formulas.differences(formula, found)) <= GRADIENTS


@given(SEEDS, st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=4, max_size=4))
@settings(max_examples=15)
def test_pairs_are_the_same_by_their_identities(seed: int, pairs: list[tuple[int, int]]) -> None:
    found = features(seed, "f", "g")
    first, second = np.array(pairs).T

    def build(net: NetBuilder) -> None:
        contrastive(net, "a", "f", "g", same_identity(net, "a", "i", "j"), margin=2)

    def formula(f: NDArray[np.float64]) -> float:
        return formulas.contrastive(f, found["g"], first == second, 2)

    run = SchemeRun(build, {"i": column(first), "j": column(second)}, found)
    assert error(run.total, formula(found["f"])) <= VALUES
    # Caffe adds 1e-4 to a distance before it divides by it.
    least = np.sqrt(formulas.apart(found["f"], found["g"]).min())
    slope = formulas.differences(formula, found["f"])
    assert error(run.gradient("f"), slope) <= GRADIENTS + 2e-4 / least


def test_centers_pull_and_are_pulled() -> None:
    found = features(0, "f")["f"]
    classes, points = [0, 2, 2, 1], features(1, "c", records=3)["c"]

    def build(net: NetBuilder) -> None:
        centers(net, "a", "f", "t", class_count=3, size=3, lr_mult=1, loss_weight=0.5)

    def formula(f: NDArray[np.float64], c: NDArray[np.float64] = points) -> float:
        return float(formulas.apart(f, c[classes]).sum() / 16)

    run = SchemeRun(build, {"t": column(classes)}, {"f": found}, other={"center_a": points})
    assert error(run.total, formula(found)) <= VALUES
    assert error(run.gradient("f"), formulas.differences(formula, found)) <= GRADIENTS
    slope = formulas.differences(lambda c: formula(found, c), points)
    assert error(run.gradient("center_a"), slope) <= GRADIENTS


@pytest.mark.parametrize("images", [2, 3, 4])
def test_images_of_a_record_come_apart_and_together_again(images: int) -> None:
    """As a backbone sees them, one after the other; each record gets its own back."""
    data = np.arange(5 * images * 3 * 2 * 4, dtype=np.float64).reshape(5, images * 3, 2, 4)
    labels = np.arange(5 * images, dtype=np.float64).reshape(5, images, 1, 1)

    def build(net: NetBuilder) -> None:
        single = single_images(net, "a", "data", channels=3, top="image")
        labels_of_images(net, "a", "ids")
        features_of_images(net, "a", single, images=images)

    run = SchemeRun(build, {"data": data, "ids": labels}, {})
    single = run.value("image")
    np.testing.assert_array_equal(single, data.reshape(5 * images, 3, 2, 4))
    np.testing.assert_array_equal(run.value("image_labels_a"), labels.reshape(-1, 1))
    for number in range(images):
        wanted = single[number::images].reshape(5, -1)
        np.testing.assert_array_equal(run.value(f"image{number + 1}_a"), wanted)


@pytest.mark.parametrize("how", ["concat", "mean", "max"])
def test_views_are_joined_and_each_gets_its_gradient(how: Join) -> None:
    found = features(2, "f", records=3 * 2)["f"]
    target = features(3, "t", records=3, size=6 if how == "concat" else 3)["t"]

    def build(net: NetBuilder) -> None:
        joined = joined_features(net, "a", "f", images=2, how=how)
        net.add("EuclideanLoss", "loss", [joined, "t"])

    def formula(f: NDArray[np.float64]) -> float:
        views = f.reshape(3, 2, 3)
        joined = {
            "concat": views.reshape(3, 6),
            "mean": views.mean(axis=1),
            "max": views.max(axis=1),
        }[how]
        return float(((joined - target) ** 2).sum() / 6)

    run = SchemeRun(build, {"t": target}, {"f": found})
    assert error(run.total, formula(found)) <= VALUES
    assert error(run.gradient("f"), formulas.differences(formula, found)) <= GRADIENTS
