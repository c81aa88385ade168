"""What a loss comes to before anything is learnt."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caffe_multilabel.nets.lint.heads import Head
    from caffe_multilabel.nets.lint.label_facts import ColumnFacts

__all__ = ["expected_loss"]


def expected_loss(head: Head, columns: Sequence[ColumnFacts], batch: int) -> float | None:
    """Return the expected value of a loss where all its scores are 0, as at the start of training.

    Softmax over K classes gives ln K a label, a yes/no value ln 2, hinge K an item (one for each
    class), euclidean half the sum of variance and squared mean over its columns. Ignored labels
    count nothing. How these are summed and divided is Caffe's (the Forward_cpu and get_normalizer
    of each type in src/caffe/layers).

    Args:
        head: the loss, its `outputs` known.
        columns: what the label columns that it reads hold; empty if that is not known.
        batch: items of a batch.

    Returns:
        The value, without `loss_weight`; None where it cannot be told.
    """
    if head.traits.kind == "real":
        if not columns:
            return None
        return sum(column.variance + column.mean**2 for column in columns) / 2
    if head.outputs is None or head.outputs < 1:
        return None
    labels = len(head.columns or (0,))
    taken = _taken(head, columns)
    if head.traits.kind == "class":
        if head.node.type == "HingeLoss":
            return float(head.outputs)
        each = math.log(head.outputs)
    elif head.traits.kind == "binary":
        each = math.log(2)
    else:
        return None
    total = each * labels * taken * batch
    divisor = {
        "VALID": labels * taken * batch,
        "FULL": labels * batch,
        "BATCH_SIZE": batch,
        "NONE": 1,
    }[head.normalization]
    return total / max(divisor, 1)


def _taken(head: Head, columns: Sequence[ColumnFacts]) -> float:
    """Return the share of labels that the head does not ignore."""
    counted = [
        (seen.count, math.trunc(seen.value) != head.ignore_label)
        for column in columns
        for seen in column.values
        if column.complete
    ]
    total = sum(count for count, _ in counted)
    return sum(count for count, taken in counted if taken) / total if total else 1.0
