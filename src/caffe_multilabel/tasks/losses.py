"""What each loss of a task file means for its labels and for the keys its task may have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from caffe_multilabel.labels.rule import LABEL_KINDS, LabelKind, Loss

__all__ = ["LOSSES", "LOSS_KEYS", "Loss", "LossTraits"]


@dataclass(frozen=True, slots=True)
class LossTraits:
    """The facts of one loss.

    Attributes:
        layer: type of the Caffe layer that computes it.
        kind: what its labels may be: `class` an integer from 0 to classes - 1, `binary` 0 or 1,
            `real` any finite number.
        size: the task key that sizes its head. `classes` goes with one label column,
            `dim` with as many columns as outputs.
        options: further task keys that this loss takes and some other loss does not.
    """

    layer: str
    kind: LabelKind
    size: Literal["classes", "dim"]
    options: frozenset[str]

    @property
    def keys(self) -> frozenset[str]:
        """Every loss-dependent task key that this loss takes."""
        return self.options | {self.size}


# HingeLoss indexes its bottom with the label as SoftmaxWithLoss does (hinge_loss_layer.cpp), and
# neither it nor EuclideanLoss reads loss_param, so ignore_label and normalization do nothing there.
LOSSES: dict[Loss, LossTraits] = {
    "softmax": LossTraits(
        layer="SoftmaxWithLoss",
        kind=LABEL_KINDS["softmax"],
        size="classes",
        options=frozenset({"ignore_label", "normalization", "class_weight", "top_k"}),
    ),
    "sigmoid": LossTraits(
        layer="SigmoidCrossEntropyLoss",
        kind=LABEL_KINDS["sigmoid"],
        size="dim",
        options=frozenset({"ignore_label", "normalization"}),
    ),
    "euclidean": LossTraits(
        layer="EuclideanLoss",
        kind=LABEL_KINDS["euclidean"],
        size="dim",
        options=frozenset(),
    ),
    "hinge": LossTraits(
        layer="HingeLoss",
        kind=LABEL_KINDS["hinge"],
        size="classes",
        options=frozenset({"top_k"}),
    ),
}

LOSS_KEYS: frozenset[str] = frozenset().union(*(traits.keys for traits in LOSSES.values()))
