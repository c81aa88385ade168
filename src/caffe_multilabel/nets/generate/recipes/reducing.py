"""Weights and masks of value losses, and one number of a batch.

Values are N x D. Weights and masks are label columns: one a value, one a point (D / 2 for x and y),
one a record. A mask is 1 where the label is known and 0 elsewhere. What is unknown must still be a
finite number in the label DB, for NaN times 0 is NaN. Where a mask is 0, so is the gradient.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from caffe_multilabel.nets.generate.recipes.arithmetic import (
    affine,
    broadcast_product,
    flat,
    reduced,
    reshaped,
    step,
)

if TYPE_CHECKING:
    from caffe_multilabel.nets.generate.builder import NetBuilder

__all__ = ["known_labels", "per_known", "per_record", "per_value", "weighted"]


def known_labels(
    net: NetBuilder, suffix: str, labels: str, *, ignore_label: float, **fields: Any
) -> str:
    """Add a mask of labels: 0 where they are `ignore_label`, which nobody knows, and 1 elsewhere.

    Four layers. It is exact: a float32 less another one is 0 only where they are the same.

    Args:
        net: the net.
        suffix: what the names of the layers end with.
        labels: N x D x 1 x 1, or N x D.
        ignore_label: any number that is no label.
        **fields: further fields of the layers.

    Returns:
        The mask, N x D.

    Example:
        >>> from caffe_multilabel.nets.generate.builder import NetBuilder
        >>> net = NetBuilder("n", blobs=["label_points"])
        >>> known_labels(net, "points", "label_points", ignore_label=-1)
        'known_points'
    """
    truth = flat(net, f"mask_labels_{suffix}", labels, **fields)
    apart = affine(net, f"from_unknown_{suffix}", truth, shift=-ignore_label, **fields)
    apart = net.add("AbsVal", f"unlike_unknown_{suffix}", [apart], **fields)
    return step(net, f"known_{suffix}", apart, 0.0, **fields)


def weighted(
    net: NetBuilder, suffix: str, values: str, weights: str, *, each: int = 1, **fields: Any
) -> str:
    """Add values times weights or a mask. Three layers, whatever has a weight.

    Args:
        net: the net.
        suffix: what the names of the layers end with.
        values: N x D.
        weights: N x M x 1 x 1, or N x M, with M = D / `each`.
        each: the number of values, side by side, that one weight is for: 1 where each value has
            its own, 2 where each point x, y has, D where each record has.
        **fields: further fields of the layers.

    Returns:
        The products, N x M x `each`.

    Example:
        >>> from caffe_multilabel.nets.generate.builder import NetBuilder
        >>> net = NetBuilder("n", blobs=["smooth_l1_points", "label_known"])
        >>> weighted(net, "points", "smooth_l1_points", "label_known", each=2)
        'weighted_points'
    """
    shaped = reshaped(net, f"values_{suffix}", values, [0, -1, each], **fields)
    factor = flat(net, f"value_weights_{suffix}", weights, **fields)
    return broadcast_product(net, f"weighted_{suffix}", shaped, factor, **fields)


def per_record(
    net: NetBuilder,
    suffix: str,
    values: str,
    *,
    what: str = "loss",
    loss_weight: float | None = None,
    **fields: Any,
) -> str:
    """Add the sum over the values of a record, and its mean over the records. Two layers.

    As EuclideanLoss and SigmoidCrossEntropyLoss divide. It is right for any batch size.

    Args:
        net: the net.
        suffix: what the names of the layers end with.
        values: N x D, or with more axes.
        what: what the names of the layers begin with.
        loss_weight: the weight in the loss; written out unless None.
        **fields: further fields of the layers.

    Returns:
        The blob of the loss, without axes.
    """
    each = reduced(net, f"{what}_each_{suffix}", values, "SUM", axis=1, **fields)
    return reduced(net, f"{what}_{suffix}", each, "MEAN", **_weight(loss_weight), **fields)


def per_value(
    net: NetBuilder,
    suffix: str,
    values: str,
    *,
    what: str = "loss",
    loss_weight: float | None = None,
    **fields: Any,
) -> str:
    """Add the mean over all values. One layer.

    Args:
        net: the net.
        suffix: what the name of the layer ends with.
        values: N x D, or with more axes.
        what: what the name of the layer begins with.
        loss_weight: the weight in the loss; written out unless None.
        **fields: further fields of the layer.

    Returns:
        The blob of the loss, without axes.
    """
    return reduced(net, f"{what}_{suffix}", values, "MEAN", **_weight(loss_weight), **fields)


def per_known(
    net: NetBuilder,
    suffix: str,
    values: str,
    mask: str,
    *,
    each: int = 1,
    least: float = 1.0,
    what: str = "loss",
    loss_weight: float | None = None,
    **fields: Any,
) -> str:
    """Add the sum of masked values over the count of what is known, or over 1. Six layers.

    It is what `normalization: VALID` does, which EuclideanLoss lacks. Where nothing is known, the
    loss is 0 and so is its gradient: the count is max(1, n). With weights in place of a mask, it
    divides by their sum, which may be below 1, and then `least` is too.

    Args:
        net: the net.
        suffix: what the names of the layers end with.
        values: values times the mask, of any shape, as `weighted` makes them.
        mask: the mask, of any shape.
        each: the number of values that one number of the mask is for.
        least: what is divided by at least.
        what: what the names of the layers begin with.
        loss_weight: the weight in the loss; written out unless None.
        **fields: further fields of the layers.

    Returns:
        The blob of the loss, without axes.

    Example:
        >>> from caffe_multilabel.nets.generate.builder import NetBuilder
        >>> net = NetBuilder("n", blobs=["weighted_points", "label_known"])
        >>> per_known(net, "points", "weighted_points", "label_known", each=2, loss_weight=1)
        'loss_points'
    """
    total = reduced(net, f"{what}_total_{suffix}", values, "SUM", **fields)
    name = f"{what}_count_{suffix}"
    count = reduced(net, name, mask, "SUM", coeff=float(each), **fields)
    # 1 / max(least, n): without the ReLU, a count of 0 makes loss and gradients NaN.
    more = affine(net, f"{what}_count_above_least_{suffix}", count, shift=-least, **fields)
    more = net.add("ReLU", f"{what}_count_relu_{suffix}", [more], [more], **fields)
    inverse = affine(net, f"{what}_per_count_{suffix}", more, shift=least, power=-1.0, **fields)
    name = f"{what}_{suffix}"
    return broadcast_product(net, name, total, inverse, **_weight(loss_weight), **fields)


def _weight(loss_weight: float | None) -> dict[str, Any]:
    return {} if loss_weight is None else {"loss_weight": [loss_weight]}
