"""One loss for each value: N x D from scores N x D and labels N x D x 1 x 1.

`reducing` makes one number of them. In the formulas x is a score and t its label. Labels come from
the label DB, so no gradient is asked of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel.nets.generate.recipes.arithmetic import (
    affine,
    constants,
    difference,
    flat,
    product,
    weighted_sum,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caffe_multilabel.nets.generate.builder import NetBuilder

__all__ = [
    "focal",
    "half_squares",
    "sigmoid_cross_entropy",
    "smooth_l1",
]


def half_squares(net: NetBuilder, suffix: str, scores: str, labels: str) -> str:
    """Add (x - t)^2 / 2, what EuclideanLoss sums up. Four layers.

    Args:
        net: the net.
        suffix: what the names of the layers end with.
        scores: N x D.
        labels: N x D x 1 x 1, or N x D.

    Returns:
        The blob of the losses, N x D.
    """
    apart = _apart(net, suffix, scores, labels)
    squares = affine(net, f"square_{suffix}", apart, power=2.0)
    return affine(net, f"half_square_{suffix}", squares, scale=0.5)


def smooth_l1(net: NetBuilder, suffix: str, scores: str, labels: str, *, sigma: float = 1.0) -> str:
    """Add the smooth L1 loss, also called Huber's. Eight layers.

    With d = x - t it is sigma^2 d^2 / 2 where |d| < 1 / sigma^2, and |d| - 1 / (2 sigma^2)
    elsewhere (Girshick, Fast R-CNN, 2015; sigma as in Faster R-CNN's code). It is made as
    m (a - m / 2) / sigma^2 with a = sigma^2 |d| and m = min(a, 1).

    Args:
        net: the net.
        suffix: what the names of the layers end with.
        scores: N x D.
        labels: N x D x 1 x 1, or N x D.
        sigma: above 0; 1 / sigma^2 is where the squares end.

    Returns:
        The blob of the losses, N x D.

    Example:
        >>> from caffe_multilabel.nets.generate.builder import NetBuilder
        >>> net = NetBuilder("n", blobs=["fc_box", "label_box"])
        >>> smooth_l1(net, "box", "fc_box", "label_box", sigma=3)
        'smooth_l1_box'
    """
    square = sigma * sigma
    # The squares end at 1, a number without rounding: what is beyond may be large.
    apart = _apart(net, suffix, scores, labels, scale=square)
    distance = net.add("AbsVal", f"loss_distance_{suffix}", [apart])
    above = affine(net, f"beyond_{suffix}", distance, shift=-1.0)
    # In place: a Power of power 1 does not need its top again.
    above = net.add("ReLU", f"relu_beyond_{suffix}", [above], [above])
    within = difference(net, f"within_{suffix}", distance, above)
    slope = [1 / square, -0.5 / square]
    slopes = weighted_sum(net, f"slope_{suffix}", [distance, within], slope)
    return product(net, f"smooth_l1_{suffix}", [within, slopes])


def sigmoid_cross_entropy(
    net: NetBuilder,
    suffix: str,
    scores: str,
    labels: str,
    *,
    positive_weights: Sequence[float] | None = None,
) -> str:
    """Add the cross entropy of yes or no. Four layers; with weights, five or six more.

    It is log(1 + exp(y)) with y = x (1 - 2 t): BNLL of y, which neither overflows nor cancels.
    With weights w of the yesses, one for each column, it is that times 1 + (w - 1) t.

    Args:
        net: the net.
        suffix: what the names of the layers end with.
        scores: N x D, before any Sigmoid.
        labels: N x D x 1 x 1, or N x D: 0 or 1. Where the label is unknown, the loss is a finite
            number without meaning, for a mask to take away.
        positive_weights: D numbers, what a yes of each column weighs; a no weighs 1.

    Returns:
        The blob of the losses, N x D.

    Example:
        >>> from caffe_multilabel.nets.generate.builder import NetBuilder
        >>> net = NetBuilder("n", blobs=["fc_flags", "label_flags"])
        >>> sigmoid_cross_entropy(
        ...     net, "flags", "fc_flags", "label_flags", positive_weights=[3, 10.5]
        ... )
        'weighted_cross_entropy_flags'
    """
    truth = flat(net, f"loss_labels_{suffix}", labels)
    entropy = net.add("BNLL", f"cross_entropy_{suffix}", [_wrong(net, suffix, scores, truth)])
    if positive_weights is None:
        return entropy
    more = [weight - 1 for weight in positive_weights]
    extra = constants(net, f"positive_weight_{suffix}", more)
    # The labels' columns are the axis of the weights, and no gradient goes to either.
    weight = net.add("Scale", f"extra_weight_{suffix}", [truth, extra])
    weight = affine(net, f"weight_{suffix}", weight, shift=1.0)
    return product(net, f"weighted_cross_entropy_{suffix}", [weight, entropy])


def focal(
    net: NetBuilder,
    suffix: str,
    scores: str,
    labels: str,
    *,
    gamma: float = 2.0,
    alpha: float | None = None,
) -> str:
    """Add the focal loss of yes or no. Eight layers, nine with alpha.

    It is -alpha_t (1 - p_t)^gamma log(p_t), with p_t the probability of what is true and alpha_t
    alpha for a yes and 1 - alpha for a no (Lin et al., Focal Loss for Dense Object Detection,
    2017). With y = x (1 - 2 t), -log(p_t) is BNLL of y, and (1 - p_t)^gamma is
    exp(-gamma BNLL(-y)): right for any gamma from 0 on, and no score overflows. A Power of a
    Sigmoid would give a gradient of NaN at large scores.

    Args:
        net: the net.
        suffix: what the names of the layers end with.
        scores: N x D, before any Sigmoid.
        labels: N x D x 1 x 1, or N x D: 0 or 1. Where the label is unknown, the loss is a finite
            number without meaning, for a mask to take away.
        gamma: from 0 on; 0 is the plain cross entropy.
        alpha: 0 to 1; both count alike, by 1, if None.

    Returns:
        The blob of the losses, N x D.

    Example:
        >>> from caffe_multilabel.nets.generate.builder import NetBuilder
        >>> net = NetBuilder("n", blobs=["fc_flags", "label_flags"])
        >>> focal(net, "flags", "fc_flags", "label_flags", gamma=2, alpha=0.25)
        'focal_flags'
    """
    truth = flat(net, f"loss_labels_{suffix}", labels)
    wrong = _wrong(net, suffix, scores, truth)
    factors = [net.add("BNLL", f"cross_entropy_{suffix}", [wrong])]
    right = affine(net, f"right_{suffix}", wrong, scale=-1.0)
    easy = net.add("BNLL", f"log_wrong_{suffix}", [right])
    factors.append(net.add("Exp", f"hard_{suffix}", [easy], exp_param={"scale": -gamma}))
    if alpha is not None:
        factors.append(affine(net, f"alpha_{suffix}", truth, scale=2 * alpha - 1, shift=1 - alpha))
    return product(net, f"focal_{suffix}", factors)


def _apart(net: NetBuilder, suffix: str, scores: str, labels: str, *, scale: float = 1.0) -> str:
    """Add scale (x - t)."""
    truth = flat(net, f"loss_labels_{suffix}", labels)
    return weighted_sum(net, f"loss_difference_{suffix}", [scores, truth], [scale, -scale])


def _wrong(net: NetBuilder, suffix: str, scores: str, truth: str) -> str:
    """Add x (1 - 2 t): the score of what is wrong."""
    sign = affine(net, f"sign_{suffix}", truth, scale=-2.0, shift=1.0)
    return product(net, f"wrong_{suffix}", [scores, sign])
