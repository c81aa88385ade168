"""What lint says of nets with recipes: nothing that a user would have to mend."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from caffe_multilabel.nets.generate.recipes.alignment import canary
from caffe_multilabel.nets.generate.recipes.batch_hard import batch_hard_triplet
from caffe_multilabel.nets.generate.recipes.class_losses import one_hot, softmax_focal
from caffe_multilabel.nets.generate.recipes.embeddings import (
    centers,
    contrastive,
    same_identity,
    triplet,
    unit_length,
)
from caffe_multilabel.nets.generate.recipes.gradients import scaled_gradient
from caffe_multilabel.nets.generate.recipes.moved_points import (
    crop_of_ramps,
    exchanged_points,
    mirrored_crop,
    moved_points,
)
from caffe_multilabel.nets.generate.recipes.records import (
    features_of_images,
    joined_features,
    labels_of_images,
    single_images,
)
from caffe_multilabel.nets.generate.recipes.reducing import (
    known_labels,
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
from caffe_multilabel.nets.generate.recipes.value_losses import (
    focal,
    half_squares,
    sigmoid_cross_entropy,
    smooth_l1,
)
from caffe_multilabel.nets.lint import lint_net
from scheme_tools import scheme_net

if TYPE_CHECKING:
    from collections.abc import Callable

    from caffe_multilabel.nets.generate.builder import NetBuilder

BATCH = 4


def fc(net: NetBuilder, name: str, bottom: str, outputs: int) -> str:
    """A layer that learns."""
    wanted = {"num_output": outputs, "weight_filler": {"type": "xavier"}}
    return net.add("InnerProduct", name, [bottom], inner_product_param=wanted)


def _points(net: NetBuilder) -> None:
    scores = fc(net, "fc", "data", 6)
    crop = crop_of_ramps(net, "data", "ramps", height=8, width=8)
    mirrored = mirrored_crop(net, "data", crop)
    places = moved_points(net, "a", "points", crop, points=3)
    places = exchanged_points(net, "a", places, mirrored, points=3, pairs=[(0, 2)])
    known = exchanged_points(net, "known", "known", mirrored, points=3, pairs=[(0, 2)])
    values = weighted(net, "a", smooth_l1(net, "a", scores, places, sigma=3), known, each=2)
    per_known(net, "a", values, known, each=2, loss_weight=1)
    mean_absolute_error(net, "a", scores, places)
    normalised_mean_error(net, "a", scores, places, points=3, left=[0, 1], right=[2], mask=known)


def _numbers(net: NetBuilder) -> None:
    canary(net, "canary", ("number", "id1"))
    scores = fc(net, "fc", "data", 6)
    per_record(net, "a", half_squares(net, "a", scores, "points"), loss_weight=0.5)
    mean_absolute_error(net, "a", scores, "points")
    normalised_mean_error(net, "a", scores, "points", points=3, left=[0], right=[1])


def _flags(net: NetBuilder) -> None:
    scores = fc(net, "fc", "data", 3)
    known = known_labels(net, "a", "flags", ignore_label=-1)
    values = focal(net, "a", scores, "flags", alpha=0.25)
    per_known(net, "a", weighted(net, "a", values, known), known, loss_weight=0.5)
    values = sigmoid_cross_entropy(net, "b", scores, "flags", positive_weights=[2, 3, 3])
    per_record(net, "b", weighted(net, "b", values, known), loss_weight=0.5)
    yes_no_accuracy(net, "a", scores, "flags", ignore_label=-1)
    yes_no_shares(net, "a", scores, "flags", columns=3, batch=BATCH, ignore_label=-1)


def _classes(net: NetBuilder) -> None:
    target = one_hot(net, "b", "id1", class_count=3)
    values = softmax_focal(net, "b", fc(net, "fc_b", "data", 3), target)
    per_value(net, "b", values, loss_weight=0.5)


def _pairs(net: NetBuilder) -> None:
    fc(net, "fc", single_images(net, "a", "pairs", channels=3), 5)
    features = features_of_images(net, "a", "fc", images=2)
    views = joined_features(net, "b", "fc", images=2)
    net.add("EuclideanLoss", "loss_b", [fc(net, "fc_b", views, 1), "id1"], loss_weight=[0.25])
    contrastive(net, "a", *features, same_identity(net, "a", "id1", "id2"), loss_weight=0.25)
    both = net.add("Concat", "ids", ["id1", "id2"])
    identity = labels_of_images(net, "a", both)
    scores = fc(net, "fc_id", "fc", 4)
    net.add("SoftmaxWithLoss", "loss_id", [scores, identity], loss_weight=[0.5])


def _triplets(net: NetBuilder) -> None:
    units = [unit_length(net, name, fc(net, f"fc_{name}", "data", 5)) for name in "apn"]
    triplet(net, "a", units[0], units[1], units[2], margin="margin", loss_weight=0.4)
    triplet(net, "b", units[0], units[1], units[2], margin=0.2, loss_weight=0.4)
    batch_hard_triplet(net, "d", units[0], "id1", batch=BATCH, margin=0.2, loss_weight=0.1)
    centers(net, "e", units[0], "id1", class_count=4, size=5, lr_mult=1, loss_weight=0.1)


def _weights(net: NetBuilder) -> None:
    scores = fc(net, "fc", scaled_gradient(net, "a", fc(net, "base", "data", 4), -0.5), 6)
    loss = per_record(net, "a", half_squares(net, "a", scores, "points"))
    learned_weight(net, "a", loss, loss_weight=0.5)
    probe = fc(net, "probe", scaled_gradient(net, "b", "base", 0), 4)
    net.add("SoftmaxWithLoss", "loss_b", [probe, "id1"], loss_weight=[0])
    log_of_loss(net, "b", "loss_b", loss_weight=0.5)


# Input layers stand for those of a DB; lint takes the net for one that is deployed. What a net does
# not read, another one does.
OF_THE_TEST = {"deploy-loss", "dangling-blob"}


@pytest.mark.parametrize(
    "build", [_points, _numbers, _flags, _classes, _pairs, _triplets, _weights]
)
def test_lint_finds_nothing(build: Callable[[NetBuilder], object]) -> None:
    column = np.zeros((BATCH, 1, 1, 1))
    inputs = {
        "data": np.zeros((BATCH, 3, 8, 8)),
        "pairs": np.zeros((BATCH, 6, 8, 8)),
        "ramps": np.zeros((BATCH, 2, 8, 8)),
        "points": np.zeros((BATCH, 6, 1, 1)),
        "known": np.zeros((BATCH, 3, 1, 1)),
        "flags": np.zeros((BATCH, 3, 1, 1)),
        "number": np.zeros(BATCH),
        "margin": column,
        "id1": column,
        "id2": column,
    }
    net = scheme_net(inputs, {})
    build(net)
    findings = lint_net(net.net)
    made = {top for layer in net.net.layer for top in layer.top} - set(inputs)
    left = [
        str(finding)
        for finding in findings
        if finding.rule not in OF_THE_TEST
        or (finding.rule == "dangling-blob" and finding.layer in made)
    ]
    assert left == []
