"""What Caffe's losses come to before anything is learnt."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from caffe_multilabel.caffe.layers import LAYER_TYPES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caffe_multilabel.caffe.layers.layer_type import Start

__all__ = ["starting_loss"]


def starting_loss(
    layer_type: str,
    *,
    outputs: int,
    batch_size: int,
    shares: Sequence[float] = (1.0,),
    mean_squares: Sequence[float] = (),
    normalization: str | None = None,
) -> float | None:
    """Return the value that a loss layer shows while all its scores are 0, without `loss_weight`.

    From the Forward_cpu and get_normalizer of each type in BVLC Caffe's src/caffe/layers: softmax
    gives ln K for each label of K classes that counts, an infogain loss the same where its matrix
    weighs the classes to 1 on average, sigmoid ln 2, hinge K for each item (1 for each class,
    whichever the norm), euclidean half the sum of the mean squares of its label columns. Softmax,
    infogain and sigmoid leave out `ignore_label` and divide the sum by what `normalization` names,
    by 1 at least: the labels that count (VALID), all labels (FULL), the items (BATCH_SIZE), or 1
    (NONE). The others read neither. It is worked out for a batch that holds its fair share of the
    labels that count; where that is less than one label, VALID divides by 1 all the same, as Caffe
    does in the batches that have one.

    Args:
        layer_type: type of the layer, one of BVLC Caffe's.
        outputs: its classes; not looked at for other kinds of labels.
        batch_size: items of a batch.
        shares: for each label of an item, which part of the records has one that counts, 0 to 1.
        mean_squares: for each label column of a EuclideanLoss the mean of its squares, which is
            variance plus squared mean.
        normalization: a name of `NormalizationMode`; None for the type's own.

    Returns:
        The value; None for types of which the scores alone tell nothing.

    Example:
        >>> round(starting_loss("SoftmaxWithLoss", outputs=10, batch_size=64), 4)
        2.3026
    """
    use = LAYER_TYPES[layer_type].labels
    if use is None or use.start == "unknown":
        return None
    each = _of_one_label(use.start, outputs, mean_squares)
    if not use.normalization:
        return each
    counted = sum(shares) * batch_size
    divisor = {
        "VALID": counted,
        "FULL": len(shares) * batch_size,
        "BATCH_SIZE": batch_size,
        "NONE": 1,
    }[normalization or use.normalization]
    return each * counted / max(divisor, 1)


def _of_one_label(start: Start, outputs: int, mean_squares: Sequence[float]) -> float:
    if start == "half_mean_squares":
        return sum(mean_squares) / 2
    if start == "classes":
        return float(outputs)
    return math.log(2 if start == "log_2" else outputs)
