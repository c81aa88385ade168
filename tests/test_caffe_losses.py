"""What losses start at: one formula for the generator's weights and for lint."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

from caffe_multilabel.caffe.losses import starting_loss
from caffe_multilabel.nets.generate import ColumnStatistics
from caffe_multilabel.nets.generate import starting_loss as loss_of_task
from caffe_multilabel.nets.lint import lint_net
from caffe_multilabel.tasks import load_tasks
from lint_tools import label_db

if TYPE_CHECKING:
    from pathlib import Path

BATCH = 4

# (loss keys, layer type, labels that count of 8 in each column, what Caffe's Forward_cpu gives for
# a batch of 4 with its share of them and scores of 0)
CASES = [
    ({"loss": "softmax", "classes": 8}, [8], math.log(8)),
    ({"loss": "softmax", "classes": 8, "ignore_label": -1}, [4], math.log(8)),
    # One label in two batches: the batch that has it divides by 1, the other one gives 0.
    ({"loss": "softmax", "classes": 8, "ignore_label": -1}, [1], math.log(8) / 2),
    ({"loss": "softmax", "classes": 8, "ignore_label": -1}, [0], 0.0),
    (
        {"loss": "softmax", "classes": 8, "ignore_label": -1, "normalization": "FULL"},
        [4],
        math.log(8) / 2,
    ),
    (
        {"loss": "softmax", "classes": 8, "ignore_label": -1, "normalization": "BATCH_SIZE"},
        [2],
        math.log(8) / 4,
    ),
    (
        {"loss": "softmax", "classes": 8, "ignore_label": -1, "normalization": "NONE"},
        [2],
        math.log(8),
    ),
    ({"loss": "sigmoid", "dim": 3}, [8, 8, 8], 3 * math.log(2)),
    ({"loss": "sigmoid", "dim": 3, "ignore_label": -1}, [8, 4, 0], 1.5 * math.log(2)),
    (
        {"loss": "sigmoid", "dim": 3, "ignore_label": -1, "normalization": "VALID"},
        [8, 4, 0],
        math.log(2),
    ),
    (
        {"loss": "sigmoid", "dim": 2, "ignore_label": -1, "normalization": "VALID"},
        [1, 0],
        math.log(2) / 2,
    ),
    (
        {"loss": "sigmoid", "dim": 3, "ignore_label": -1, "normalization": "FULL"},
        [8, 4, 0],
        math.log(2) / 2,
    ),
    (
        {"loss": "sigmoid", "dim": 3, "ignore_label": -1, "normalization": "NONE"},
        [8, 4, 0],
        6 * math.log(2),
    ),
    ({"loss": "hinge", "classes": 5}, [8], 5.0),
]


@pytest.mark.parametrize(("keys", "counts", "expected"), CASES)
def test_the_generator_takes_it(keys: dict[str, Any], counts: list[int], expected: float) -> None:
    (task,) = load_tasks({"tasks": [{"name": "t", **keys}]}).tasks
    columns = [
        ColumnStatistics(count=count, missing=8 - count, mean=0, variance=0) for count in counts
    ]
    assert loss_of_task(task, columns, 8, BATCH) == pytest.approx(expected)


NET = """
layer {{ name: "images" type: "Data" top: "data" include {{ phase: TRAIN }}
  transform_param {{ crop_size: 8 }}
  data_param {{ source: "i" batch_size: {batch} backend: LMDB }} }}
layer {{ name: "labels" type: "Data" top: "label" include {{ phase: TRAIN }}
  data_param {{ source: "l" batch_size: {batch} backend: LMDB }} }}
layer {{ name: "cut" type: "Slice" bottom: "label" top: "t" top: "x"
  slice_param {{ axis: 1 slice_point: {width} }} }}
layer {{ name: "s" type: "InnerProduct" bottom: "data" top: "s"
  inner_product_param {{ num_output: {outputs} weight_filler {{ type: "xavier" }} }} }}
layer {{ name: "r" type: "InnerProduct" bottom: "data" top: "r"
  inner_product_param {{ num_output: 1 weight_filler {{ type: "xavier" }} }} }}
layer {{ name: "loss" type: "{type}" bottom: "s" bottom: "t" loss_weight: 0.5
  loss_param {{ {param} }} }}
layer {{ name: "far" type: "EuclideanLoss" bottom: "r" bottom: "x" loss_weight: 0.5 }}
"""


@pytest.mark.parametrize(("keys", "counts", "expected"), CASES)
def test_lint_takes_the_same(
    tmp_path: Path, keys: dict[str, Any], counts: list[int], expected: float
) -> None:
    (task,) = load_tasks({"tasks": [{"name": "t", **keys}]}).tasks
    param = " ".join(f"{k}: {keys[k]}" for k in ("ignore_label", "normalization") if k in keys)
    path = tmp_path / "net.prototxt"
    path.write_text(
        NET.format(
            batch=BATCH,
            width=len(counts),
            outputs=task.outputs,
            type=task.traits.layer,
            param=param,
        )
    )
    rows = [[0.0 if at < count else -1.0 for count in counts] + [1000.0] for at in range(8)]
    found = lint_net(path, labels=label_db(tmp_path / "labels", rows))
    messages = [finding.message for finding in found if finding.rule == "loss-scale"]
    # With nothing beside it, a regression drowns nobody.
    assert len(messages) == (expected > 0)
    for message in messages:
        assert f"other losses together come to {expected / 2:.4g}" in message


def test_a_euclidean_loss_is_half_its_mean_squares() -> None:
    assert starting_loss("EuclideanLoss", outputs=2, batch_size=9, mean_squares=[4, 9]) == 6.5


@pytest.mark.parametrize("batch_size", [1, 64])
def test_losses_that_divide_by_the_items(batch_size: int) -> None:
    for layer_type, expected in (("HingeLoss", 7.0), ("MultinomialLogisticLoss", math.log(7))):
        found = starting_loss(layer_type, outputs=7, batch_size=batch_size, shares=[0.5])
        assert found == pytest.approx(expected)


def test_a_loss_of_features_cannot_be_told() -> None:
    assert starting_loss("ContrastiveLoss", outputs=7, batch_size=1) is None


@pytest.mark.parametrize(
    ("layer_type", "normalization"),
    [
        ("SoftmaxWithLoss", "VALID"),
        ("InfogainLoss", "VALID"),
        ("SigmoidCrossEntropyLoss", "BATCH_SIZE"),
    ],
)
def test_the_usual_normalization_is_caffe_s(layer_type: str, normalization: str) -> None:
    options: dict[str, Any] = {"outputs": 3, "batch_size": 10, "shares": [0.5, 0.25]}
    assert starting_loss(layer_type, **options) == starting_loss(
        layer_type, **options, normalization=normalization
    )
