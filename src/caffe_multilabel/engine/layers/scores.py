"""Accuracy and ArgMax, which read scores and give no gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from caffe_multilabel.caffe.named_fields import is_set
from caffe_multilabel.engine.layers.labels import class_labels
from caffe_multilabel.engine.layers.layer import Layer, Tensors

if TYPE_CHECKING:
    from caffe_multilabel.caffe.proto.types import LayerParameter

__all__ = ["LAYERS"]


class Accuracy(Layer):
    """The share of labels whose score is among the best; one as good counts as better."""

    needs_items = True

    def read(self, message: LayerParameter) -> None:
        """Keep the settings."""
        self._best: int = message.accuracy_param.top_k
        self._axis: int = message.accuracy_param.axis

    def forward(self, bottoms: Tensors) -> Tensors:
        """Return the tops, the second one the accuracy of each class."""
        scores = bottoms[0]
        labels, counted = class_labels(self.setup.message, scores, bottoms[1], self._axis)
        own = scores.gather(self._axis, labels)
        # A score that is no number is compared with none, and so counts as right.
        better = (scores >= own).sum(self._axis, keepdim=True) - 1
        right = (better < self._best) & counted
        dtype = scores.dtype
        top = right.sum().to(dtype) / counted.sum().clamp(min=1).to(dtype)
        if self.setup.tops == 1:
            return (top,)
        classes = scores.shape[self._axis]
        of_class = torch.bincount(labels[counted], minlength=classes).to(dtype)
        rights = torch.bincount(labels[right], minlength=classes).to(dtype)
        return top, rights / of_class.clamp(min=1)


class ArgMax(Layer):
    """The best scores, or where they are; of equal ones the last comes first."""

    def read(self, message: LayerParameter) -> None:
        """Keep the settings."""
        settings = message.argmax_param
        self._best: int = settings.top_k
        self._values: bool = settings.out_max_val
        self._axis: int | None = settings.axis if is_set(settings, "axis") else None

    def forward(self, bottoms: Tensors) -> Tensors:
        """Return the tops."""
        scores = bottoms[0].flatten(1) if self._axis is None else bottoms[0]
        axis = 1 if self._axis is None else self._axis
        values, order = scores.flip(axis).sort(dim=axis, descending=True, stable=True)
        values = values.narrow(axis, 0, self._best)
        indices = (scores.shape[axis] - 1 - order.narrow(axis, 0, self._best)).to(scores.dtype)
        if self._axis is not None:
            return (values if self._values else indices,)
        found = torch.stack([indices, values], 1) if self._values else indices
        return (found.reshape(self.top_shapes[0]),)


LAYERS = (Accuracy, ArgMax)
