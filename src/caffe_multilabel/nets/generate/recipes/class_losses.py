"""Losses of tasks with classes that SoftmaxWithLoss and InfogainLoss do not give as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from caffe_multilabel.nets.generate.recipes.arithmetic import (
    affine,
    difference,
    flat,
    product,
    reduced,
    reshaped,
    step,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from caffe_multilabel.nets.generate.builder import NetBuilder

__all__ = ["cost_matrix", "one_hot", "softmax_focal"]

# Of a probability, before its logarithm: float32 rounds small ones to 0.
_LEAST = 1e-12


def cost_matrix(
    class_count: int, *, weights: Sequence[float] | None = None, smoothing: float = 0.0
) -> NDArray[np.float32]:
    """Return InfogainLoss's matrix of class weights, of label smoothing, or of both.

    Row t says how much the logarithm of each class's probability counts where the label is t:
    w_t ((1 - e) I + e / K) (Szegedy et al., Rethinking the Inception Architecture, 2016).
    InfogainLoss runs on a CPU alone and takes `ignore_label`; `normalization: VALID` divides by
    the count of labels, not by the sum of their weights.

    Args:
        class_count: K.
        weights: w, one a class; 1 each if None.
        smoothing: e, 0 to 1: the share that all classes get alike.

    Returns:
        K x K numbers, to be written as `1 x 1 x K x K`.

    Example:
        >>> cost_matrix(2, weights=[1, 3]).tolist()
        [[1.0, 0.0], [0.0, 3.0]]
    """
    scale = np.ones(class_count) if weights is None else np.asarray(weights, dtype=np.float64)
    matrix = np.empty((class_count, class_count), dtype=np.float32)
    matrix[:] = (scale * (smoothing / class_count))[:, None]
    np.fill_diagonal(matrix, scale * (1 - smoothing + smoothing / class_count))
    return matrix


def one_hot(net: NetBuilder, suffix: str, labels: str, *, class_count: int) -> str:
    """Add a column for each class: 1 in that of the label and 0 elsewhere. Eleven layers.

    The text is as long for two classes as for thousands: the classes' numbers 0, 1, ... are the
    means of a window that a Pooling layer moves over K ones and what is beside them, which is 0.
    That is K^2 additions a pass, whatever the batch: what scores of one record cost of K features.

    Args:
        net: the net.
        suffix: what the names of the layers end with.
        labels: N x 1 x 1 x 1, or N x 1. The columns of a label that is no class are all 0.
        class_count: K, at least 2.

    Returns:
        The columns, N x K.

    Example:
        >>> from caffe_multilabel.nets.generate.builder import NetBuilder
        >>> one_hot(NetBuilder("n", blobs=["label_kind"]), "kind", "label_kind", class_count=4)
        'one_hot_kind'
    """
    row = {"data_filler": [{"type": "constant", "value": 1}]}
    row["shape"] = [{"dim": [1, 1, 1, class_count]}]
    ones = net.add("DummyData", f"class_ones_{suffix}", dummy_data_param=row)
    # Window j holds j + 1 ones of K; those that stand over the end come after the first K.
    window = {"pool": "AVE", "kernel_h": 1, "kernel_w": class_count}
    window |= {"pad_h": 0, "pad_w": class_count - 1}
    means = net.add("Pooling", f"class_means_{suffix}", [ones], pooling_param=window)
    first = net.add("Crop", f"first_means_{suffix}", [means, ones], crop_param={"axis": 3})
    negative = affine(
        net, f"negative_classes_{suffix}", first, scale=-float(class_count), shift=1.0
    )
    classes = reshaped(net, f"classes_{suffix}", negative, [-1])
    label = flat(net, f"class_labels_{suffix}", labels)
    wide = net.add(
        "Tile", f"tiled_labels_{suffix}", [label], tile_param={"axis": 1, "tiles": class_count}
    )
    apart = net.add("Bias", f"from_classes_{suffix}", [wide, classes])
    apart = net.add("AbsVal", f"class_distance_{suffix}", [apart])
    return affine(
        net,
        f"one_hot_{suffix}",
        step(net, f"other_classes_{suffix}", apart, 0.5),
        scale=-1.0,
        shift=1.0,
    )


def softmax_focal(
    net: NetBuilder, suffix: str, scores: str, targets: str, *, gamma: float = 2.0
) -> str:
    """Add the focal loss of classes. Ten layers.

    -(1 - p_t)^gamma log(p_t), p_t the Softmax's probability of the true class (Lin et al., Focal
    Loss for Dense Object Detection, 2017). 1 - p_t is the sum of the other classes' probabilities,
    which does not cancel where p_t is near 1.

    Args:
        net: the net.
        suffix: what the names of the layers end with.
        scores: N x K.
        targets: N x K x 1 x 1, or N x K: 1 in the column of the true class and 0 elsewhere. Where
            all are 0, the loss is a finite number without meaning, for a mask to take away.
        gamma: from 0 on.

    Returns:
        The blob of the losses, N.
    """
    target = flat(net, f"targets_{suffix}", targets)
    found = net.add("Softmax", f"probability_{suffix}", [scores])
    of_class = product(net, f"class_probability_{suffix}", [found, target])
    true = reduced(net, f"true_probability_{suffix}", of_class, "SUM", axis=1)
    log = net.add("Log", f"log_probability_{suffix}", [true], log_param={"shift": _LEAST})
    of_others = difference(net, f"other_probabilities_{suffix}", found, of_class)
    other = reduced(net, f"other_probability_{suffix}", of_others, "SUM", axis=1)
    # Without a shift, a Power of another power than 1 or 2 has a gradient of NaN at 0.
    hard = affine(net, f"hard_{suffix}", other, shift=_LEAST, power=gamma)
    value = product(net, f"negative_focal_{suffix}", [hard, log])
    return affine(net, f"focal_{suffix}", value, scale=-1.0)
