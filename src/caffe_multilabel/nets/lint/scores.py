"""The layer types that compare predictions with labels, and what their labels must be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["SCORES", "ScoreKind", "ScoreTraits"]

ScoreKind = Literal["class", "binary", "real", "similar"]


@dataclass(frozen=True, slots=True)
class ScoreTraits:
    """How a layer type reads its labels.

    Attributes:
        kind: `class` an integer from 0 to classes - 1, cut off to one where it is a fraction;
            `binary` a probability, as a rule 0 or 1; `real` any number; `similar` zero or not.
        labels: which bottom the labels are.
        ignore_label: the message that this type reads `ignore_label` from; empty if it does not.
        normalization: it reads `loss_param.normalization`.
        loss: it is a loss.
    """

    kind: ScoreKind
    labels: int = 1
    ignore_label: str = ""
    normalization: bool = False
    loss: bool = True


# From the Forward_cpu of each type in BVLC Caffe's src/caffe/layers.
SCORES = {
    "Accuracy": ScoreTraits("class", ignore_label="accuracy_param", loss=False),
    "ContrastiveLoss": ScoreTraits("similar", labels=2),
    "EuclideanLoss": ScoreTraits("real"),
    "HingeLoss": ScoreTraits("class"),
    "InfogainLoss": ScoreTraits("class", ignore_label="loss_param", normalization=True),
    "MultinomialLogisticLoss": ScoreTraits("class"),
    "SigmoidCrossEntropyLoss": ScoreTraits("binary", ignore_label="loss_param", normalization=True),
    "SoftmaxWithLoss": ScoreTraits("class", ignore_label="loss_param", normalization=True),
}
