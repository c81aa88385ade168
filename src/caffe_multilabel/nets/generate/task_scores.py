"""The figures of TEST that the log prints for a head.

What is unknown counts in none of them, nor what has a weight of 0; any other weight is for the loss
alone. Numbers are compared in the units of the label DB.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from caffe_multilabel.nets.generate.recipes.arithmetic import (
    affine,
    flat,
    product,
    reshaped,
    sliced,
    step,
)
from caffe_multilabel.nets.generate.recipes.moved_points import points_in_pixels
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

_TEST: dict[str, Any] = {"include": [{"phase": "TEST"}]}
_LEFT_OUT = -1
"""What labels of yes and no become where they do not count."""


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
    task, labels = head.task, head.targets.labels
    if labels is None:
        return
    if task.class_count:
        _accuracies(net, head, labels)
    if "accuracy" in task.scores:
        _yes_no(net, head, labels, batch)
    if "mae" in task.scores or "nme" in task.scores or task.normalize is not None:
        _numbers(net, head, labels)


def _yes_no(net: NetBuilder, head: ScoredHead, labels: str, batch: int) -> None:
    task, suffix, ignore = head.task, head.suffix, head.task.ignore_label
    if head.targets.weights is not None:
        labels = _without_uncounted(net, head, labels)
        ignore = _LEFT_OUT
    yes_no_accuracy(net, suffix, head.scores, labels, ignore_label=ignore)
    yes_no_shares(
        net, suffix, head.scores, labels, columns=task.width, batch=batch, ignore_label=ignore
    )


def _without_uncounted(net: NetBuilder, head: ScoredHead, labels: str) -> str:
    """Add labels of yes and no, 1 and 0, with `_LEFT_OUT` in the place of those that count not."""
    suffix = head.suffix
    truth = flat(net, f"all_labels_{suffix}", labels, **_TEST)
    above = affine(net, f"labels_above_{suffix}", truth, shift=-_LEFT_OUT, **_TEST)
    kept = product(net, f"kept_labels_{suffix}", [above, str(_counted(net, head))], **_TEST)
    return affine(net, f"counted_labels_{suffix}", kept, shift=_LEFT_OUT, **_TEST)


def _numbers(net: NetBuilder, head: ScoredHead, labels: str) -> None:
    task, suffix, scores = head.task, head.suffix, head.scores
    counted, crop = _counted(net, head), head.targets.crop
    points = task.width // 2
    if crop is not None:
        scores = points_in_pixels(net, f"found_{suffix}", scores, crop, points=points, **_TEST)
        labels = points_in_pixels(net, f"true_{suffix}", labels, crop, points=points, **_TEST)
    if "mae" in task.scores or task.normalize is not None:
        scale = 1.0 if task.normalize is None else task.normalize.std
        mean_absolute_error(net, suffix, scores, labels, scale=scale, mask=counted)
    if "nme" in task.scores and task.nme_between is not None:
        normalised_mean_error(
            net,
            suffix,
            scores,
            labels,
            points=points,
            left=task.nme_between.first,
            right=task.nme_between.second,
            mask=None if counted is None else _whole_points(net, head, counted),
        )


def _counted(net: NetBuilder, head: ScoredHead) -> str | None:
    """Return a mask N x D of the values that count; None where all do."""
    targets, suffix = head.targets, head.suffix
    if targets.weights is None:
        return targets.known
    weighing = step(net, f"weighing_{suffix}", targets.weights, 0.0, **_TEST)
    counted = flat(net, f"weighing_values_{suffix}", weighing, **_TEST)
    if head.task.weight_width < head.task.width:
        tile = {"axis": 1, "tiles": head.task.width}
        counted = net.add("Tile", f"weighing_all_{suffix}", [counted], tile_param=tile, **_TEST)
    if targets.known is None:
        return counted
    return product(net, f"counted_{suffix}", [counted, targets.known], **_TEST)


def _whole_points(net: NetBuilder, head: ScoredHead, counted: str) -> str:
    """Add a mask N x P of the points of which both numbers count."""
    suffix, points = head.suffix, head.task.width // 2
    pairs = reshaped(net, f"known_pairs_{suffix}", counted, [0, points, 2], **_TEST)
    names = [f"known_{axis}_{suffix}" for axis in "xy"]
    parts = sliced(net, f"slice_known_{suffix}", pairs, names, axis=2, **_TEST)
    return product(net, f"known_points_{suffix}", parts, **_TEST)


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
            accuracy_param=fields or None,
            **_TEST,
        )
