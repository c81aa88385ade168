"""Labels that are classes, as losses and accuracies read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel.caffe.layers import LAYER_TYPES
from caffe_multilabel.caffe.layers.base import axis_from_0
from caffe_multilabel.errors import PrototxtError

if TYPE_CHECKING:
    import torch

    from caffe_multilabel.caffe.proto.types import LayerParameter

__all__ = ["LabelError", "class_labels"]


class LabelError(PrototxtError):
    """A label is no class of the net.

    Attributes:
        blob: the blob that it is in.
        item: which item of the batch it is of.
    """

    def __init__(self, message: str, *, key: str, blob: str, item: int) -> None:
        super().__init__(message, key=key)
        self.blob = blob
        self.item = item


def class_labels(
    layer: LayerParameter,
    scores: torch.Tensor,
    labels: torch.Tensor,
    axis: int,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return labels as whole numbers, and which of them count.

    Both have the shape of the scores, with one class. A fraction is cut off, as Caffe does. Those
    that do not count are 0.

    Raises:
        PrototxtError: a label is no class. Caffe does not look, and reads what is not its own.
    """
    use = LAYER_TYPES[layer.type].labels
    ignored = None if use is None else use.ignored(layer)
    axis = axis_from_0(axis, scores.dim()) or 0
    classes = scores.shape[axis]
    shape = (*scores.shape[:axis], 1, *scores.shape[axis + 1 :])
    whole = labels.long().reshape(shape)
    counted = whole != ignored if ignored is not None else whole == whole  # noqa: PLR0124  (all)
    whole = whole.where(counted, 0)
    wrong = (whole < 0) | (whole >= classes)
    if wrong.any():
        number = float(labels.reshape(shape)[wrong][0])
        raise LabelError(
            f"layer '{layer.name}' ({layer.type}): label {number:g} in '{layer.bottom[1]}'; 0 to "
            f"{classes - 1} are allowed",
            key=layer.name,
            blob=layer.bottom[1],
            item=int(wrong.nonzero()[0, 0]),
        )
    return whole, counted
