"""Scores that Caffe has no layer for: in phase TEST alone, and under names that the log prints.

Caffe prints the mean of a score over the batches of a test. A share of what is known in a batch is
not the share of the whole set then: batches with few known labels weigh as much, and one without
any counts as 0. So where labels may be unknown, there are also two figures a record, one of what is
counted and one of what is known. Their quotient is exact for the whole set.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from caffe_multilabel.nets.generate.recipes.arithmetic import (
    affine,
    broadcast_product,
    difference,
    flat,
    mean_of,
    product,
    reduced,
    reshaped,
    step,
    weighted_sum,
)
from caffe_multilabel.nets.generate.recipes.points import picked_points
from caffe_multilabel.nets.generate.recipes.reducing import (
    known_labels,
    per_known,
    per_record,
    per_value,
    weighted,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caffe_multilabel.nets.generate.builder import NetBuilder

__all__ = [
    "mean_absolute_error",
    "normalised_mean_error",
    "yes_no_accuracy",
    "yes_no_shares",
]

_TEST: dict[str, Any] = {"include": [{"phase": "TEST"}]}


def yes_no_accuracy(
    net: NetBuilder,
    suffix: str,
    scores: str,
    labels: str,
    *,
    ignore_label: int | None = None,
) -> tuple[str, str]:
    """Add the accuracy of all yes or no labels, and those of noes and yesses. Four layers.

    The balanced accuracy is the mean of the two. A score above 0 is a yes, below 0 a no; a score
    of exactly 0 is wrong.

    Args:
        net: the net.
        suffix: what the names of the layers end with.
        scores: N x D, before any Sigmoid.
        labels: N x D x 1 x 1, or N x D: 0, 1 or what is ignored.
        ignore_label: labels that do not count.

    Returns:
        The blob of the accuracy, without axes, and that of the two, (no, yes).

    Example:
        >>> from caffe_multilabel.nets.generate.builder import NetBuilder
        >>> net = NetBuilder("n", blobs=["fc_flags", "label_flags"])
        >>> yes_no_accuracy(net, "flags", "fc_flags", "label_flags", ignore_label=-1)
        ('accuracy_flags', 'accuracy_no_yes_flags')
    """
    yes = reshaped(net, f"score_yes_{suffix}", scores, [0, 1, -1], **_TEST)
    no = affine(net, f"score_no_{suffix}", yes, scale=0.0, **_TEST)
    both = net.add("Concat", f"scores_no_yes_{suffix}", [no, yes], **_TEST)
    tops = (f"accuracy_{suffix}", f"accuracy_no_yes_{suffix}")
    wanted = None if ignore_label is None else {"ignore_label": ignore_label}
    net.add("Accuracy", tops[0], [both, labels], tops, accuracy_param=wanted, **_TEST)
    return tops


def yes_no_shares(
    net: NetBuilder,
    suffix: str,
    scores: str,
    labels: str,
    *,
    columns: int,
    batch: int,
    ignore_label: int | None = None,
) -> tuple[str, ...]:
    """Add the share of records that are right, for each yes or no label. Eight layers.

    With labels to ignore, 13: the share that is known and right, and the share that is known. The
    accuracy of a label is the quotient of the two, also of what the log prints for the whole set.

    Args:
        net: the net.
        suffix: what the names of the layers end with.
        scores: N x D, before any Sigmoid.
        labels: N x D x 1 x 1, or N x D: 0, 1 or what is ignored.
        columns: D.
        batch: N in TEST; the layers name it.
        ignore_label: labels that do not count.

    Returns:
        The blob of the first share, 1 x 1 x 1 x D, and that of the second if labels are ignored.

    Example:
        >>> from caffe_multilabel.nets.generate.builder import NetBuilder
        >>> net = NetBuilder("n", blobs=["fc", "label"])
        >>> yes_no_shares(net, "flags", "fc", "label", columns=3, batch=50, ignore_label=-1)
        ('hit_share_flags', 'known_share_flags')
    """
    yes = step(net, f"yes_{suffix}", scores, 0.0, **_TEST)
    truth = flat(net, f"score_labels_{suffix}", labels, **_TEST)
    apart = difference(net, f"score_difference_{suffix}", yes, truth, **_TEST)
    apart = net.add("AbsVal", f"score_distance_{suffix}", [apart], **_TEST)
    wrong = step(net, f"miss_{suffix}", apart, 0.5, **_TEST)
    hit = affine(net, f"hit_{suffix}", wrong, scale=-1.0, shift=1.0, **_TEST)
    if ignore_label is None:
        return (_share(net, f"hit_share_{suffix}", hit, columns, batch),)
    known = known_labels(net, f"score_{suffix}", truth, ignore_label=ignore_label, **_TEST)
    hit = product(net, f"known_hit_{suffix}", [hit, known], **_TEST)
    return (
        _share(net, f"hit_share_{suffix}", hit, columns, batch),
        _share(net, f"known_share_{suffix}", known, columns, batch),
    )


def mean_absolute_error(
    net: NetBuilder,
    suffix: str,
    scores: str,
    labels: str,
    *,
    scale: float = 1.0,
    mask: str | None = None,
) -> tuple[str, ...]:
    """Add the mean absolute error of numbers. Four layers; with a mask, 16.

    Args:
        net: the net.
        suffix: what the names of the layers end with.
        scores: N x D.
        labels: N x D x 1 x 1, or N x D.
        scale: the errors are multiplied by it.
        mask: N x D x 1 x 1, or N x D: what is known.

    Returns:
        The blob of the error, without axes. With a mask it is that of what is known in the batch;
        two more blobs are the errors of a record and the weight of what is known in a record,
        whose quotient is exact for the whole set.

    Example:
        >>> from caffe_multilabel.nets.generate.builder import NetBuilder
        >>> net = NetBuilder("n", blobs=["fc_age", "label_age"])
        >>> mean_absolute_error(net, "age", "fc_age", "label_age")
        ('error_age',)
    """
    truth = flat(net, f"error_labels_{suffix}", labels, **_TEST)
    parts = [scale, -scale]
    apart = weighted_sum(net, f"error_difference_{suffix}", [scores, truth], parts, **_TEST)
    distance = net.add("AbsVal", f"error_distance_{suffix}", [apart], **_TEST)
    if mask is None:
        return (per_value(net, suffix, distance, what="error", **_TEST),)
    return _of_known(net, suffix, distance, mask, what="error")


def normalised_mean_error(
    net: NetBuilder,
    suffix: str,
    scores: str,
    labels: str,
    *,
    points: int,
    left: Sequence[int],
    right: Sequence[int],
    mask: str | None = None,
) -> tuple[str, ...]:
    """Add the mean error of landmarks over a distance in the labels. 12 to 14 layers.

    The error of a point is its Euclidean distance to its label; it is divided by the distance of
    two points of the labels, or of the means of two sets of points. With the eyes, it is the
    measure of face alignment. With a mask, 18 more layers, and records where one of these points is
    unknown do not count. The layers are as many for any number of points.

    Args:
        net: the net.
        suffix: what the names of the layers end with.
        scores: N x 2 P: x, y, x, y, ...
        labels: N x 2 P x 1 x 1, or N x 2 P.
        points: P.
        left: the points whose mean is one end of the distance, 0 to P - 1.
        right: those of the other end.
        mask: N x P x 1 x 1, or N x P: which points are known.

    Returns:
        The blob of the error, without axes. With a mask it is that of what is known in the batch;
        two more blobs are the errors of a record and its count of known points, whose quotient is
        exact for the whole set.

    Example:
        >>> from caffe_multilabel.nets.generate.builder import NetBuilder
        >>> net = NetBuilder("n", blobs=["fc_face", "label_face"])
        >>> normalised_mean_error(
        ...     net, "face", "fc_face", "label_face", points=5, left=[0], right=[1]
        ... )
        ('nme_face',)
    """
    truth = reshaped(net, f"nme_labels_{suffix}", labels, [0, points, 2], **_TEST)
    found = reshaped(net, f"nme_scores_{suffix}", scores, [0, points, 2], **_TEST)
    apart = difference(net, f"nme_difference_{suffix}", found, truth, **_TEST)
    squares = reduced(net, f"nme_square_{suffix}", apart, "SUMSQ", axis=2, **_TEST)
    distance = affine(net, f"nme_distance_{suffix}", squares, power=0.5, **_TEST)
    ends = sorted({*left, *right})
    picked = picked_points(net, f"nme_{suffix}", truth, ends, count=points, **_TEST)
    middles = [
        mean_of(net, f"nme_{side}_{suffix}", [picked[index] for index in indices], **_TEST)
        for side, indices in (("left", left), ("right", right))
    ]
    span = difference(net, f"nme_span_{suffix}", *middles, **_TEST)
    square = reduced(net, f"nme_span_square_{suffix}", span, "SUMSQ", axis=1, **_TEST)
    name = f"nme_per_span_{suffix}"
    # Two ends in one place, as where both are unknown, make a large number and not infinity.
    inverse = affine(net, name, square, power=-0.5, shift=1e-12, **_TEST)
    values = broadcast_product(net, f"nme_values_{suffix}", distance, inverse, **_TEST)
    if mask is None:
        return (per_value(net, suffix, values, what="nme", **_TEST),)
    known = reshaped(net, f"nme_known_{suffix}", mask, [0, points, 1], **_TEST)
    picked = picked_points(net, f"nme_known_{suffix}", known, ends, count=points, **_TEST)
    usable = [picked[index] for index in ends]
    both = product(net, f"nme_span_known_{suffix}", usable, **_TEST)
    both = reshaped(net, f"nme_usable_{suffix}", both, [-1], **_TEST)
    counted = broadcast_product(net, f"nme_counted_{suffix}", known, both, **_TEST)
    return _of_known(net, suffix, values, counted, what="nme")


def _of_known(
    net: NetBuilder, suffix: str, values: str, mask: str, *, what: str
) -> tuple[str, ...]:
    """Add the mean of what is known, and the two figures whose quotient is exact."""
    known = weighted(net, f"{what}_{suffix}", values, mask, **_TEST)
    count = reduced(net, f"{what}_record_known_{suffix}", mask, "SUM", axis=1, **_TEST)
    return (
        per_known(net, suffix, known, mask, what=what, **_TEST),
        per_record(net, suffix, known, what=f"{what}_per_record", **_TEST),
        reduced(net, f"{what}_known_per_record_{suffix}", count, "MEAN", **_TEST),
    )


def _share(net: NetBuilder, name: str, blob: str, columns: int, batch: int) -> str:
    """Add the mean of each column over the batch: a Reduction cannot, it works on the last axes."""
    image = reshaped(net, f"image_{name}", blob, [1, 1, batch, columns], **_TEST)
    wanted = {"pool": "AVE", "kernel_h": batch, "kernel_w": 1}
    return net.add("Pooling", name, [image], pooling_param=wanted, **_TEST)
