"""What each loss of a task file means for its labels and for the keys its task may have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from caffe_multilabel.caffe.layers import LAYER_TYPES
from caffe_multilabel.labels.rule import LABEL_KINDS, LabelKind, Loss

if TYPE_CHECKING:
    from caffe_multilabel.caffe.layers.layer_type import LayerType

__all__ = ["LOSSES", "LOSS_KEYS", "Loss", "LossTraits"]


@dataclass(frozen=True, slots=True)
class LossTraits:
    """The facts of one loss.

    Attributes:
        layer: type of the Caffe layer that computes it; what Caffe does is known of that type.
        kind: what its labels may be: `class` an integer from 0 to classes - 1, `binary` 0 or 1,
            `real` any finite number.
        size: the task key that sizes its head. `classes` goes with one label column,
            `dim` with as many columns as outputs.
        own_options: task keys that this loss takes and some other loss does not, besides those
            that its layer reads from `loss_param`.
    """

    layer: str
    kind: LabelKind
    size: Literal["classes", "dim"]
    own_options: frozenset[str] = frozenset()

    @property
    def type(self) -> LayerType:
        """What is known of the layer's type."""
        return LAYER_TYPES[self.layer]

    @property
    def options(self) -> frozenset[str]:
        """Further task keys that this loss takes and some other loss does not."""
        labels = self.type.labels
        if labels is None:
            return self.own_options
        read = {"ignore_label": labels.ignore_label, "normalization": labels.normalization}
        return self.own_options.union(key for key, source in read.items() if source)

    @property
    def keys(self) -> frozenset[str]:
        """Every loss-dependent task key that this loss takes."""
        return self.options | {self.size}


LOSSES: dict[Loss, LossTraits] = {
    "softmax": LossTraits(
        layer="SoftmaxWithLoss",
        kind=LABEL_KINDS["softmax"],
        size="classes",
        own_options=frozenset({"class_weight", "top_k"}),
    ),
    "sigmoid": LossTraits(layer="SigmoidCrossEntropyLoss", kind=LABEL_KINDS["sigmoid"], size="dim"),
    "euclidean": LossTraits(
        layer="EuclideanLoss",
        kind=LABEL_KINDS["euclidean"],
        size="dim",
        own_options=frozenset({"normalize"}),
    ),
    "hinge": LossTraits(
        layer="HingeLoss",
        kind=LABEL_KINDS["hinge"],
        size="classes",
        own_options=frozenset({"top_k"}),
    ),
}

LOSS_KEYS: frozenset[str] = frozenset().union(*(traits.keys for traits in LOSSES.values()))
