"""Recipes against what a real Caffe computed of nets that say the same: tests/golden/schemes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from caffe_multilabel.caffe.proto.blobs import array_to_blob
from caffe_multilabel.nets.generate.builder import NetBuilder
from caffe_multilabel.nets.generate.recipes.arithmetic import weighted_sum
from caffe_multilabel.nets.generate.recipes.batch_hard import batch_hard_triplet
from caffe_multilabel.nets.generate.recipes.class_losses import (
    cost_matrix,
    softmax_focal,
)
from caffe_multilabel.nets.generate.recipes.embeddings import (
    centers,
    contrastive,
    triplet,
    unit_length,
)
from caffe_multilabel.nets.generate.recipes.gradients import scaled_gradient
from caffe_multilabel.nets.generate.recipes.records import (
    features_of_images,
    labels_of_images,
    single_images,
)
from caffe_multilabel.nets.generate.recipes.reducing import (
    per_known,
    per_record,
    per_value,
    weighted,
)
from caffe_multilabel.nets.generate.recipes.scores import (
    mean_absolute_error,
    normalised_mean_error,
    yes_no_accuracy,
    yes_no_shares,
)
from caffe_multilabel.nets.generate.recipes.task_weights import learned_weight, log_of_loss
from caffe_multilabel.nets.generate.recipes.towers import tower_name, towers
from caffe_multilabel.nets.generate.recipes.value_losses import (
    focal,
    half_squares,
    sigmoid_cross_entropy,
    smooth_l1,
)
from scheme_tools import SCHEMES, SchemeRun, error, recorded

pytestmark = pytest.mark.torch

Build = Callable[[NetBuilder], object]

FORWARD, BACKWARD = 1e-6, 5e-6
COLUMNS = 6


def _values(
    loss: Callable[..., str], *, weights: str = "", valid: bool = False, **options: Any
) -> Build:
    """Builds a value loss, weighted by an input, over the records or over what is known."""

    def build(net: NetBuilder) -> None:
        values = loss(net, "x", "pred", "label", **options)
        if weights:
            values = weighted(net, "x", values, weights)
        if valid:
            per_known(net, "x", values, weights, loss_weight=1)
        else:
            per_record(net, "x", values, loss_weight=1)

    return build


def _two_weights(net: NetBuilder) -> None:
    """The recorded weights of a yes and of a no are one weight, as one of the two is 0."""
    values = sigmoid_cross_entropy(net, "x", "pred", "label")
    both = weighted_sum(net, "weight", ["yes", "no"], [1.0, 1.0])
    per_record(net, "x", weighted(net, "x", values, both), loss_weight=1)


def _euclidean(net: NetBuilder, name: str, scores: str, labels: str, weight: float) -> str:
    return net.add("EuclideanLoss", name, [scores, labels], loss_weight=[weight])


def _unit(net: NetBuilder, suffix: str, features: str) -> str:
    """Unit length with the shift of the recorded nets."""
    unit = unit_length(net, suffix, features)
    net.net.layer[-2].power_param.shift = 1e-10
    return unit


def _unit_length(net: NetBuilder) -> None:
    _euclidean(net, "loss", _unit(net, "x", "f"), "target", 1)


def _units(net: NetBuilder, names: str) -> list[str]:
    return [_unit(net, name, name) for name in names]


def _pairs(net: NetBuilder) -> None:
    images = single_images(net, "x", "data", channels=3)
    net.add(
        "Slice", "labels", ["label"], ["id12", "same"], slice_param={"axis": 1, "slice_point": [2]}
    )
    identity = labels_of_images(net, "x", "id12")
    net.add(
        "Convolution", "conv1", [images], convolution_param={"num_output": 4, "kernel_size": [3]}
    )
    net.add("ReLU", "relu", ["conv1"], ["conv1"])
    net.add("InnerProduct", "f", ["conv1"], inner_product_param={"num_output": 5})
    net.add("InnerProduct", "c", ["f"], inner_product_param={"num_output": 3})
    net.add("SoftmaxWithLoss", "loss_id", ["c", identity], loss_weight=[2])
    first, second = features_of_images(net, "x", "f", images=2)
    contrastive(net, "verify", first, second, "same", margin=3, loss_weight=0.05)


def _towers(net: NetBuilder) -> None:
    net.add("Slice", "labels", ["label"], ["id1", "id2", "same"], slice_param={"axis": 1})
    tower = NetBuilder("tower", blobs=["image"])
    tower.add(
        "Convolution", "conv1", ["image"], convolution_param={"num_output": 4, "kernel_size": [3]}
    )
    tower.add("ReLU", "relu", ["conv1"], ["conv1"])
    tower.add("InnerProduct", "f1", ["conv1"], inner_product_param={"num_output": 5})
    tower.add("InnerProduct", "c1", ["f1"], inner_product_param={"num_output": 3})
    weights = dict.fromkeys(["conv1", "f1", "c1"], 2)
    towers(net, "x", "data", tower.net.layer, image="image", images=2, weights=weights)
    for number in (1, 2):
        net.add("SoftmaxWithLoss", f"loss{number}", [tower_name("c1", number), f"id{number}"])
    second = tower_name("f1", 2)
    contrastive(net, "verify", "f1", second, "same", margin=3, loss_weight=0.05)


def _batch_hard(net: NetBuilder) -> None:
    unit = _unit(net, "x", "f")
    batch_hard_triplet(net, "x", unit, "label", batch=6, margin=0.2)


def _uncertainty(net: NetBuilder) -> None:
    _euclidean(net, "loss1", "pred", "label", 0)
    net.add("SoftmaxWithLoss", "loss2", ["score", "class"], loss_weight=[0])
    for number in "12":
        learned_weight(net, number, f"loss{number}", loss_weight=1)


def _uncertainty_filler(net: NetBuilder) -> None:
    _euclidean(net, "loss1", "pred", "label", 0)
    learned_weight(net, "x", "loss1", loss_weight=1)


def _log_of_loss(net: NetBuilder) -> None:
    _euclidean(net, "loss1", "pred", "label", 0)
    log_of_loss(net, "x", "loss1", loss_weight=0.5)


def _attributes(net: NetBuilder) -> None:
    yes_no_accuracy(net, "x", "score", "label", ignore_label=-1)
    yes_no_shares(net, "x", "score", "label", columns=COLUMNS, batch=4, ignore_label=-1)


def _landmarks(net: NetBuilder) -> None:
    mean_absolute_error(net, "x", "pred", "label")
    normalised_mean_error(net, "x", "pred", "label", points=5, left=[0], right=[1])


def _infogain(source: str) -> Build:
    def build(net: NetBuilder) -> None:
        net.add(
            "InfogainLoss",
            "loss",
            ["score", "label"],
            infogain_loss_param={"source": source},
            loss_param={"ignore_label": -1},
        )

    return build


def _probe(net: NetBuilder) -> None:
    stopped = scaled_gradient(net, "x", "f", 0)
    net.add("InnerProduct", "probe", [stopped], inner_product_param={"num_output": 1})
    _euclidean(net, "loss_probe", "probe", "label", 1)
    _euclidean(net, "loss", "f", "label2", 1)


NETS: dict[str, Build] = {
    "smooth_l1": _values(smooth_l1),
    "smooth_l1_weights": _values(smooth_l1, weights="weight"),
    "smooth_l1_valid": _values(smooth_l1, weights="weight", valid=True),
    "smooth_l1_valid@none_known": _values(smooth_l1, weights="weight", valid=True),
    "smooth_l1_sigma3": _values(smooth_l1, sigma=3),
    "contrastive": lambda net: contrastive(net, "x", "f1", "f2", "same"),
    "deepid2_reshape": _pairs,
    "deepid2_towers": _towers,
    "l2_normalise": _unit_length,
    "triplet": lambda net: triplet(net, "x", *_units(net, "apn"), margin=0.5),
    "triplet_margin_column": lambda net: triplet(net, "x", *_units(net, "apn"), margin="label"),
    "batch_hard_triplet": _batch_hard,
    "tcdcn": _values(half_squares, weights="mask"),
    "tcdcn@none_known": _values(half_squares, weights="mask"),
    "tcdcn_valid": _values(half_squares, weights="mask", valid=True),
    "tcdcn_valid@none_known": _values(half_squares, weights="mask", valid=True),
    "uncertainty": _uncertainty,
    "uncertainty_filler": _uncertainty_filler,
    "log_loss": _log_of_loss,
    "score_attributes": _attributes,
    "score_landmarks": _landmarks,
    "bce": _values(sigmoid_cross_entropy),
    "bce_weights": _values(sigmoid_cross_entropy, weights="weight"),
    "bce_two_weights": _two_weights,
    "positive_weight": _values(sigmoid_cross_entropy, positive_weights=[3] * COLUMNS),
    "focal": _values(focal),
    "focal_alpha": _values(focal, gamma=1.5, alpha=0.25),
    "focal_softmax": lambda net: per_value(
        net, "x", softmax_focal(net, "x", "score", "onehot"), loss_weight=1
    ),
    "class_weights": _infogain("class_weights.binaryproto"),
    "label_smoothing": _infogain("label_smoothing.binaryproto"),
    "gradient_scale": lambda net: _euclidean(
        net, "loss", scaled_gradient(net, "x", "f", -0.5), "label", 1
    ),
    "gradient_stop": _probe,
    "center_loss": lambda net: centers(
        net, "x", "f", "label", class_count=3, size=COLUMNS, lr_mult=1, loss_weight=0.1
    ),
}

# Blobs and layers of the recorded nets that the recipes call otherwise.
NAMES = {
    "unit": "unit_x",
    "weighted1": "weighted_loss_1",
    "weighted2": "weighted_loss_2",
    "s1": "log_variance_1",
    "s2": "log_variance_2",
    "s": "log_variance_x",
    "center": "center_x",
    "accuracy": "accuracy_x",
    "accuracy_no_yes": "accuracy_no_yes_x",
    "mean_known": "known_share_x",
    "mean_hit": "hit_share_x",
    "mae": "error_x",
    "nme": "nme_x",
    "gate": "gradient_x",
}
# A number that the net makes of others, which the recipe leaves to the reader of the log.
LEFT_OUT = {"accuracy_each"}


def learned_by_layers(case: str) -> set[str]:
    """Weights of layers that the recipe or the test adds; the others are Parameter layers."""
    own = {"uncertainty": {"s1", "s2"}, "uncertainty_filler": {"s"}, "center_loss": {"center"}}
    return own.get(case, set()) | {name for name in recorded(case, "param") if "." in name}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", NETS)
def test_recipe(case: str, dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(SCHEMES)
    param, own = recorded(case, "param"), learned_by_layers(case)
    names = {name: NAMES.get(name, name) if name in own else name for name in param}
    # Caffe's s has no axes where a Parameter layer made it, and one in the recipe.
    other = {
        names[name]: param[name].reshape(1) if name in {"s1", "s2"} else param[name] for name in own
    }
    run = SchemeRun(
        NETS[case],
        recorded(case, "in"),
        {name: values for name, values in param.items() if name not in own},
        other=other,
        phase="TEST" if case.startswith("score_") else "TRAIN",
        dtype=dtype,
    )
    wanted = recorded(case, "out")
    assert error(run.total, wanted.pop("total")) <= FORWARD
    for name, values in wanted.items():
        if name not in LEFT_OUT:
            found = run.value(NAMES.get(name, name)).reshape(values.shape)
            assert error(found, values) <= FORWARD, name
    for name, values in recorded(case, "paramdiff").items():
        found = run.gradient(names[name]).reshape(values.shape)
        assert error(found, values) <= BACKWARD, name


def test_what_is_known_of_an_attribute_gives_its_accuracy() -> None:
    out = recorded("score_attributes", "out")
    run = SchemeRun(_attributes, recorded("score_attributes", "in"), {}, phase="TEST")
    hits, known = run.value("hit_share_x"), run.value("known_share_x")
    assert known[..., 2] == 0
    accuracy = np.divide(hits, known, out=np.zeros_like(hits), where=known > 0)
    assert error(accuracy, out["accuracy_each"]) <= FORWARD


@pytest.mark.parametrize(
    ("name", "options"),
    [("class_weights", {"weights": [1, 2, 5]}), ("label_smoothing", {"smoothing": 0.1})],
)
def test_a_cost_matrix_is_the_recorded_file(name: str, options: dict[str, Any]) -> None:
    matrix = cost_matrix(3, **options)
    blob = array_to_blob(matrix[None, None])
    assert blob.SerializeToString() == (SCHEMES / f"{name}.binaryproto").read_bytes()
