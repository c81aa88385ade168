"""The figures of TEST that the log prints for a head."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel.nets.generate.recipes.arithmetic import product, reshaped, sliced
from caffe_multilabel.nets.generate.recipes.scores import (
    mean_absolute_error,
    normalised_mean_error,
    yes_no_accuracy,
    yes_no_shares,
)

if TYPE_CHECKING:
    from caffe_multilabel.nets.generate.builder import NetBuilder
    from caffe_multilabel.nets.generate.targets import ScoredHead

__all__ = ["add_scores"]


def add_scores(net: NetBuilder, head: ScoredHead, *, batch: int) -> None:
    """Add what there is to say of a head in TEST.

    A task of classes has accuracies; the others what their `scores` name. One that learns
    normalized numbers has its mean absolute error in any case: its loss is in squares of standard
    deviations, and the error is in the units of the label DB.

    Args:
        net: the net.
        head: the head, its scores and what they are compared with.
        batch: items of a batch in TEST.
    """
    task, scores, targets = head.task, head.scores, head.targets
    if targets.labels is None:
        return
    if task.class_count:
        _accuracies(net, head, targets.labels)
    if "accuracy" in task.scores:
        ignore = task.ignore_label
        yes_no_accuracy(net, head.suffix, scores, targets.labels, ignore_label=ignore)
        yes_no_shares(
            net,
            head.suffix,
            scores,
            targets.labels,
            columns=task.width,
            batch=batch,
            ignore_label=ignore,
        )
    if "mae" in task.scores or task.normalize is not None:
        mean_absolute_error(
            net,
            head.suffix,
            scores,
            targets.labels,
            scale=1.0 if task.normalize is None else task.normalize.std,
            mask=targets.known,
        )
    if "nme" in task.scores and task.nme_between is not None:
        normalised_mean_error(
            net,
            head.suffix,
            scores,
            targets.labels,
            points=task.width // 2,
            left=task.nme_between.first,
            right=task.nme_between.second,
            mask=_known_points(net, head),
        )


def _known_points(net: NetBuilder, head: ScoredHead) -> str | None:
    """Return a mask N x P of the points of which both numbers are known; None where all are."""
    known = head.targets.known
    if known is None:
        return None
    include = [{"phase": "TEST"}]
    suffix, points = head.suffix, head.task.width // 2
    pairs = reshaped(net, f"known_pairs_{suffix}", known, [0, points, 2], include=include)
    names = [f"known_{axis}_{suffix}" for axis in "xy"]
    parts = sliced(net, f"slice_known_{suffix}", pairs, names, axis=2, include=include)
    return product(net, f"known_points_{suffix}", parts, include=include)


def _accuracies(net: NetBuilder, head: ScoredHead, label: str) -> None:
    task = head.task
    for suffix, top_k in (("", 1), (f"_top{task.top_k}", task.top_k or 1)):
        if suffix and top_k == 1:
            continue
        fields: dict[str, object] = {} if top_k == 1 else {"top_k": top_k}
        if task.ignore_label is not None:
            fields["ignore_label"] = task.ignore_label
        net.add(
            "Accuracy",
            f"accuracy_{head.suffix}{suffix}",
            [head.scores, label],
            include=[{"phase": "TEST"}],
            accuracy_param=fields or None,
        )
