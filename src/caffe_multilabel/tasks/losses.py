"""What each loss of a task file means for its labels and for the keys its task may have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from caffe_multilabel.caffe.layers import LAYER_TYPES
from caffe_multilabel.labels.rule import Loss

if TYPE_CHECKING:
    from caffe_multilabel.caffe.layers.layer_type import LayerType

__all__ = ["LOSSES", "LOSS_KEYS", "Loss", "LossTraits"]


Size: TypeAlias = Literal["classes", "dim", "embedding", "features"]


@dataclass(frozen=True, slots=True)
class LossTraits:
    """The facts of one loss.

    Attributes:
        title: what messages call it: the type of its layer, or what its layers make.
        size: what sizes its head: the task key `classes` with one label column; the task key `dim`
            with as many columns as outputs; `embedding`, `dim` as well, which no label goes with;
            `features`, nothing: it has no layer of its own.
        layer: type of the Caffe layer that computes it, and what is known of it; empty where it is
            made of several layers.
        own_options: task keys that this loss takes and some other loss does not, besides those
            that its layer reads from `loss_param`.
        comes_to_0: how the loss comes to 0 however many labels there are; empty where it does not.
    """

    title: str
    size: Size
    layer: str = ""
    own_options: frozenset[str] = frozenset()
    comes_to_0: str = ""

    @property
    def type(self) -> LayerType | None:
        """What is known of the layer's type; None where the loss is made of several layers."""
        return LAYER_TYPES[self.layer] if self.layer else None

    @property
    def size_key(self) -> str:
        """The task key that sizes its head; empty where nothing does."""
        return {"classes": "classes", "features": ""}.get(self.size, "dim")

    @property
    def is_of_features(self) -> bool:
        """Whether it is of where images lie, near and far, and no label is what a head answers."""
        return self.size in ("embedding", "features")

    @property
    def output(self) -> str:
        """Type of the layer that makes the answer of its scores; empty if they are the answer."""
        return "" if self.type is None else self.type.output

    @property
    def options(self) -> frozenset[str]:
        """Further task keys that this loss takes and some other loss does not."""
        labels = None if self.type is None else self.type.labels
        if labels is None:
            return self.own_options
        read = {"ignore_label": labels.ignore_label, "normalization": labels.normalization}
        return self.own_options.union(key for key, source in read.items() if source)

    @property
    def keys(self) -> frozenset[str]:
        """Every loss-dependent task key that this loss takes."""
        return self.options | ({self.size_key} if self.size_key else set())


_NUMBERS = frozenset(
    {"ignore_label", "normalization", "normalize", "points", "scores", "weight_columns"}
)
"""What a loss of numbers takes beyond its layer: unknown numbers, weights and scores."""
_FEATURES = frozenset({"identity", "l2_normalize"})
_EMBEDDING = _FEATURES | {"margin"}
_APART = "once all is apart by the margin"

LOSSES: dict[Loss, LossTraits] = {
    "softmax": LossTraits(
        "SoftmaxWithLoss",
        "classes",
        "SoftmaxWithLoss",
        frozenset({"class_weight", "focal", "label_smoothing", "top_k"}),
    ),
    "sigmoid": LossTraits(
        "SigmoidCrossEntropyLoss",
        "dim",
        "SigmoidCrossEntropyLoss",
        frozenset({"focal", "positive_weight", "scores", "weight_columns"}),
    ),
    "euclidean": LossTraits("EuclideanLoss", "dim", "EuclideanLoss", _NUMBERS),
    "hinge": LossTraits(
        "HingeLoss", "classes", "HingeLoss", frozenset({"top_k"}), comes_to_0=_APART
    ),
    "smooth_l1": LossTraits("smooth L1", "dim", "", _NUMBERS | {"sigma"}),
    "contrastive": LossTraits(
        "ContrastiveLoss", "embedding", "ContrastiveLoss", _EMBEDDING, comes_to_0=_APART
    ),
    "triplet": LossTraits("triplet loss", "embedding", "", _EMBEDDING, comes_to_0=_APART),
    # What the other task makes of the features it can make of smaller ones as well.
    "center": LossTraits(
        "center loss", "features", "", _FEATURES, comes_to_0="where the features shrink to nothing"
    ),
}

LOSS_KEYS: frozenset[str] = frozenset().union(*(traits.keys for traits in LOSSES.values()))
