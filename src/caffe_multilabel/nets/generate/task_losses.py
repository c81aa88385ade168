"""The loss of a head: one layer of Caffe's, or layers that make one of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from caffe_multilabel.nets.generate.recipes.arithmetic import (
    broadcast_product,
    flat,
    product,
    reshaped,
    sliced,
)
from caffe_multilabel.nets.generate.recipes.batch_hard import batch_hard_triplet
from caffe_multilabel.nets.generate.recipes.class_losses import one_hot, softmax_focal
from caffe_multilabel.nets.generate.recipes.embeddings import (
    centers,
    contrastive,
    same_identity,
    triplet,
)
from caffe_multilabel.nets.generate.recipes.records import features_of_images
from caffe_multilabel.nets.generate.recipes.reducing import (
    per_known,
    per_record,
    per_value,
    weighted,
)
from caffe_multilabel.nets.generate.recipes.task_weights import (
    learned_weight,
    log_of_loss,
    shown_loss,
)
from caffe_multilabel.nets.generate.recipes.value_losses import (
    focal,
    half_squares,
    sigmoid_cross_entropy,
    smooth_l1,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from caffe_multilabel.nets.generate.builder import NetBuilder
    from caffe_multilabel.nets.generate.targets import ScoredHead
    from caffe_multilabel.tasks import Data, Task

__all__ = ["LossAid", "add_loss"]

_CONTRASTIVE_MARGIN = 1.0
"""Caffe's own."""
_TRIPLET_MARGIN = 0.2
"""Schroff et al., FaceNet, 2015, for features of length 1."""
_LEAST_WEIGHT = 1e-6
"""Weights of a batch that sum to less are taken for none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LossAid:
    """What losses take from elsewhere than the task and its blobs.

    Attributes:
        data: the task file's; it tells the records of a batch.
        infogain: file of the infogain matrix, by the name of a task that has one.
        positive_weights: what a yes of each value weighs, by the name of a task that says so.
        weighing: `learned` or `log`, where the losses weigh themselves; else empty.
        feature_sizes: numbers of an image's features, by the suffix of a head that has centers.
        class_counts: number of classes, by the name of a softmax task.
    """

    data: Data
    infogain: Mapping[str, str]
    positive_weights: Mapping[str, tuple[float, ...]]
    weighing: Literal["", "learned", "log"]
    feature_sizes: Mapping[str, int]
    class_counts: Mapping[str, int]


def add_loss(
    net: NetBuilder,
    head: ScoredHead,
    loss_weight: float,
    aid: LossAid,
) -> None:
    """Add the loss of a head; its weight is always written.

    Args:
        net: the net.
        head: the head, its scores and what they are compared with.
        loss_weight: its weight in the sum.
        aid: what losses take from elsewhere.
    """
    if not aid.weighing:
        _add(net, head, loss_weight, aid)
        return
    loss = _add(net, head, 0.0, aid)
    if aid.weighing == "learned":
        learned_weight(net, head.suffix, loss, loss_weight=loss_weight)
    else:
        log_of_loss(net, head.suffix, loss, loss_weight=loss_weight)
    shown_loss(net, head.suffix, loss)


def _add(
    net: NetBuilder,
    head: ScoredHead,
    loss_weight: float,
    aid: LossAid,
) -> str:
    task = head.task
    if task.loss == "contrastive":
        return _pairs(net, head, loss_weight)
    if task.loss == "triplet":
        return _triplets(net, head, loss_weight, aid)
    if task.loss == "center":
        return _centers(net, head, loss_weight, aid)
    if task.is_value_by_value:
        return _by_values(net, head, loss_weight, aid)
    infogain = aid.infogain.get(task.name)
    return net.add(
        task.traits.layer if infogain is None else "InfogainLoss",
        f"loss_{head.suffix}",
        [head.scores, str(head.targets.labels)],
        loss_weight=[loss_weight],
        loss_param=_loss_param(task) or None,
        infogain_loss_param=None if infogain is None else {"source": infogain},
    )


def _by_values(
    net: NetBuilder,
    head: ScoredHead,
    loss_weight: float,
    aid: LossAid,
) -> str:
    task, suffix = head.task, head.suffix
    values = _values(net, head, aid)
    by_known = (task.normalization or _usual_normalization(task)) == "VALID"
    mask, each = _mask(net, head)
    if mask is None:
        reduce = per_value if by_known else per_record
        return reduce(net, suffix, values, loss_weight=loss_weight)
    counted = weighted(net, suffix, values, mask, each=each)
    if not by_known:
        return per_record(net, suffix, counted, loss_weight=loss_weight)
    least = 1.0 if head.targets.weights is None else _LEAST_WEIGHT
    return per_known(net, suffix, counted, mask, each=each, least=least, loss_weight=loss_weight)


def _usual_normalization(task: Task) -> str:
    """Return what Caffe's layer for the loss divides by where the task does not say."""
    labels = None if task.traits.type is None else task.traits.type.labels
    return "" if labels is None else labels.normalization


def _values(net: NetBuilder, head: ScoredHead, aid: LossAid) -> str:
    task, suffix = head.task, head.suffix
    scores, labels = head.scores, str(head.targets.labels)
    if task.loss == "smooth_l1":
        return smooth_l1(net, suffix, scores, labels, sigma=task.sigma or 1.0)
    if task.loss == "euclidean":
        return half_squares(net, suffix, scores, labels)
    if task.loss == "softmax":
        return _focal_of_classes(net, head)
    if task.focal is not None:
        gamma, alpha = task.focal.gamma, task.focal.alpha
        return focal(net, suffix, scores, labels, gamma=gamma, alpha=alpha)
    weights = aid.positive_weights.get(task.name)
    return sigmoid_cross_entropy(net, suffix, scores, labels, positive_weights=weights)


def _focal_of_classes(net: NetBuilder, head: ScoredHead) -> str:
    task, suffix = head.task, head.suffix
    assert task.focal is not None
    targets = one_hot(net, suffix, str(head.targets.labels), class_count=task.class_count)
    losses = softmax_focal(net, suffix, head.scores, targets, gamma=task.focal.gamma)
    return reshaped(net, f"focal_values_{suffix}", losses, [-1, 1])


def _mask(net: NetBuilder, head: ScoredHead) -> tuple[str | None, int]:
    """Return what the values count, None where all 1, and how many values a number of it is for."""
    task, suffix = head.task, head.suffix
    known, weights = head.targets.known, head.targets.weights
    if weights is None:
        return known, 1
    alone = task.weight_width == task.width
    if known is None:
        return weights, 1 if alone else task.width
    if alone:
        whole = flat(net, f"label_weights_{suffix}", weights)
        return product(net, f"known_weights_{suffix}", [known, whole]), 1
    one = reshaped(net, f"label_weights_{suffix}", weights, [-1])
    return broadcast_product(net, f"known_weights_{suffix}", known, one), 1


def _pairs(net: NetBuilder, head: ScoredHead, loss_weight: float) -> str:
    suffix, targets = head.suffix, head.targets
    first, second = features_of_images(net, suffix, head.scores, images=2)
    same = targets.labels
    if targets.identities is not None:
        names = [f"identity{number}_{suffix}" for number in (1, 2)]
        same = same_identity(
            net, suffix, *sliced(net, f"identities_{suffix}", targets.identities, names)
        )
    margin = _CONTRASTIVE_MARGIN if head.task.margin is None else float(head.task.margin)
    return contrastive(
        net, suffix, first, second, str(same), margin=margin, loss_weight=loss_weight
    )


def _triplets(
    net: NetBuilder,
    head: ScoredHead,
    loss_weight: float,
    aid: LossAid,
) -> str:
    suffix, targets, margin = head.suffix, head.targets, head.task.margin
    limit = _TRIPLET_MARGIN if margin in (None, "column") else float(margin or 0)
    if targets.identities is not None:
        return batch_hard_triplet(
            net,
            suffix,
            head.scores,
            targets.identities,
            batch=_batch(aid.data),
            margin=limit,
            loss_weight=loss_weight,
        )
    parts: Sequence[str] = features_of_images(net, suffix, head.scores, images=3)
    anchor, positive, negative = parts
    return triplet(
        net,
        suffix,
        anchor,
        positive,
        negative,
        margin=limit if targets.labels is None else targets.labels,
        loss_weight=loss_weight,
    )


def _centers(net: NetBuilder, head: ScoredHead, loss_weight: float, aid: LossAid) -> str:
    task = head.task
    return centers(
        net,
        head.suffix,
        head.scores,
        str(head.targets.identities),
        class_count=aid.class_counts[str(task.identity)],
        size=aid.feature_sizes[head.suffix],
        lr_mult=task.lr_mult,
        loss_weight=loss_weight,
    )


def _batch(data: Data) -> int:
    source = data.train or data.test
    assert source is not None
    return source.batch_size


def _loss_param(task: Task) -> dict[str, object]:
    fields: dict[str, object] = {}
    if task.ignore_label is not None:
        fields["ignore_label"] = task.ignore_label
    if task.normalization is not None and task.label_kind != "real":
        fields["normalization"] = task.normalization
    return fields
