"""Losses. Their top is one number; its diff is the loss weight."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn import functional

from caffe_multilabel.caffe.layers import LAYER_TYPES
from caffe_multilabel.caffe.named_fields import enum_name
from caffe_multilabel.caffe.proto.binary import read_binary
from caffe_multilabel.caffe.proto.blobs import blob_to_array
from caffe_multilabel.engine.layers.labels import class_labels
from caffe_multilabel.engine.layers.layer import Gradients, Layer, Pass, Tensors

if TYPE_CHECKING:
    from caffe_multilabel.caffe.proto.types import LayerParameter

__all__ = ["LAYERS"]

_LEAST_FLOAT = float(np.finfo(np.float32).tiny)  # FLT_MIN
_LEAST_PROBABILITY = 1e-20  # kLOG_THRESHOLD


class _Normalised(Layer):
    """A loss over labels, divided by what `loss_param.normalization` names, 1 at least."""

    def read(self, message: LayerParameter) -> None:
        """Keep the settings."""
        use = LAYER_TYPES[message.type].labels
        assert use is not None
        self._ignored = use.ignored(message)
        self._mode = use.divisor(message)
        if use.class_axis:
            self._axis = use.axis(message)

    def divisor(self, counted: torch.Tensor, items: int) -> torch.Tensor | int:
        """Return what a sum over labels is divided by."""
        if self._mode == "VALID":
            return counted.sum().clamp(min=1)
        numbers = {"FULL": counted.numel(), "BATCH_SIZE": items}
        return max(1, numbers.get(self._mode, 1))


class SoftmaxWithLoss(_Normalised):
    """Minus the logarithm of a class's probability, which counts as FLT_MIN at least."""

    needs_items = True

    def forward(self, bottoms: Tensors) -> Tensors:
        """Return the loss."""
        self._look_at(bottoms)
        own = self._shares.gather(self._axis, self._labels).clamp(min=_LEAST_FLOAT)
        total = -torch.where(self._counted, own.log(), 0).sum()
        return (total / self._divisor(bottoms[0]),)

    def _look_at(self, bottoms: Tensors) -> None:
        """Keep the labels, which of them count, and the probabilities."""
        scores = bottoms[0]
        self._axis %= scores.dim()
        self._labels, self._counted = class_labels(
            self.setup.message, scores, bottoms[1], self._axis
        )
        self._shares = torch.softmax(scores, self._axis)

    def backward(self, at: Pass) -> Gradients:
        """Return the diffs."""
        diff = self._shares.scatter_add(
            self._axis, self._labels, -torch.ones_like(self._labels, dtype=self._shares.dtype)
        )
        diff = torch.where(self._counted, diff, 0)
        return [diff * (at.diffs[0] / self._divisor(at.bottoms[0])), None]

    def _divisor(self, scores: torch.Tensor) -> torch.Tensor | int:
        return self.divisor(self._counted, scores.shape[: self._axis].numel())


class InfogainLoss(SoftmaxWithLoss):
    """The same, each pair of classes weighed by a matrix."""

    def read(self, message: LayerParameter) -> None:
        """Keep the settings, and the matrix where a file has it."""
        super().read(message)
        self._matrix: torch.Tensor | None = None
        if self.setup.bottoms == 2:
            source = message.infogain_loss_param.source
            matrix = blob_to_array(read_binary(source, "BlobProto"), name=source)
            self._matrix = torch.from_numpy(matrix)

    def forward(self, bottoms: Tensors) -> Tensors:
        """Return the loss, and the probabilities where there is a second top."""
        self._look_at(bottoms)
        logs = self._shares.clamp(min=_LEAST_PROBABILITY).log()
        total = -torch.where(self._counted, logs * self._rows(bottoms), 0).sum()
        loss = total / self._divisor(bottoms[0])
        return (loss,) if self.setup.tops == 1 else (loss, self._shares)

    def backward(self, at: Pass) -> Gradients:
        """Return the diffs."""
        rows = self._rows(at.bottoms)
        shares = self._shares if self.setup.tops == 1 else at.tops[1]
        diff = shares * rows.sum(self._axis, keepdim=True) - rows
        diff = torch.where(self._counted, diff, 0)
        diffs: Gradients = [diff * (at.diffs[0] / self._divisor(at.bottoms[0]))]
        return diffs + [None] * (len(at.bottoms) - 1)

    def _rows(self, bottoms: Tensors) -> torch.Tensor:
        """Return the matrix's row of each label, along the axis of classes."""
        scores = bottoms[0]
        matrix = self._matrix if len(bottoms) < 3 else bottoms[2]
        assert matrix is not None
        classes = scores.shape[self._axis]
        rows = matrix.to(scores).reshape(classes, classes)[self._labels.squeeze(self._axis)]
        return rows.movedim(-1, self._axis)


class SigmoidCrossEntropyLoss(_Normalised):
    """The cross entropy of probabilities, value by value."""

    def forward(self, bottoms: Tensors) -> Tensors:
        """Return the loss."""
        x, target = bottoms[0], bottoms[1].reshape(bottoms[0].shape)
        counted = torch.ones_like(x, dtype=torch.bool)
        if self._ignored is not None:
            counted = target.trunc() != self._ignored
        self._counted, self._divided = counted, self.divisor(counted, len(x))
        losses = functional.binary_cross_entropy_with_logits(x, target, reduction="none")
        return (torch.where(counted, losses, 0).sum() / self._divided,)

    def backward(self, at: Pass) -> Gradients:
        """Return the diffs."""
        x, target = at.bottoms[0], at.bottoms[1].reshape(at.bottoms[0].shape)
        diff = torch.where(self._counted, torch.sigmoid(x) - target, 0)
        return [diff * (at.diffs[0] / self._divided), None]


class MultinomialLogisticLoss(Layer):
    """Minus the logarithm of a class's probability, which counts as 1e-20 at least."""

    needs_items = True

    def forward(self, bottoms: Tensors) -> Tensors:
        """Return the loss."""
        own, _ = self._own(bottoms)
        return (-own.log().sum() / len(own),)

    def backward(self, at: Pass) -> Gradients:
        """Return the diffs."""
        own, labels = self._own(at.bottoms)
        diff = torch.zeros_like(at.bottoms[0]).flatten(1)
        diff = diff.scatter(1, labels, -(at.diffs[0] / len(own)) / own)
        return [diff.reshape(at.bottoms[0].shape), None]

    def _own(self, bottoms: Tensors) -> tuple[torch.Tensor, torch.Tensor]:
        shares = bottoms[0].flatten(1)
        labels, _ = class_labels(self.setup.message, shares, bottoms[1], 1)
        return shares.gather(1, labels).clamp(min=_LEAST_PROBABILITY), labels


class HingeLoss(Layer):
    """How far each score is within a margin of 1 of its wrong side, or the squares of that.

    Forward leaves the margins in the diff of the scores, and backward goes on with what is there.
    """

    needs_items = True

    def read(self, message: LayerParameter) -> None:
        """Keep the norm."""
        self._squared = enum_name(message.hinge_loss_param, "norm") == "L2"

    def forward(self, bottoms: Tensors) -> Tensors:
        """Return the loss."""
        scores = bottoms[0].flatten(1)
        margins = (1 + self._signs(bottoms) * scores).clamp(min=0)
        self.bottoms[0].take_diff(margins.reshape(bottoms[0].shape))
        total = margins.square() if self._squared else margins
        return (total.sum() / len(scores),)

    def backward(self, at: Pass) -> Gradients:
        """Return the diffs."""
        if not at.wanted[0]:
            return [None, None]
        signs = self._signs(at.bottoms)
        slope = signs * self.bottoms[0].diff.flatten(1)
        slope = 2 * slope if self._squared else slope.sign()
        diff = slope * (at.diffs[0] / len(slope))
        return [diff.reshape(at.bottoms[0].shape), None]

    def _signs(self, bottoms: Tensors) -> torch.Tensor:
        """Return -1 for each score of the item's class, and 1 for the others."""
        scores = bottoms[0].flatten(1)
        labels, _ = class_labels(self.setup.message, scores, bottoms[1], 1)
        return torch.ones_like(scores).scatter(1, labels, -1)


class EuclideanLoss(Layer):
    """Half the sum of squared differences, over the items."""

    needs_items = True

    def forward(self, bottoms: Tensors) -> Tensors:
        """Return the loss, and keep the differences."""
        self._difference = bottoms[0] - bottoms[1].reshape(bottoms[0].shape)
        return (self._difference.square().sum() / (2 * len(bottoms[0])),)

    def backward(self, at: Pass) -> Gradients:
        """Return the diffs of both bottoms."""
        diff = self._difference * (at.diffs[0] / len(self._difference))
        return [diff, -diff.reshape(at.bottoms[1].shape)]


class ContrastiveLoss(Layer):
    """Squared distances of pairs that are alike, and what others lack to a margin."""

    needs_items = True

    def read(self, message: LayerParameter) -> None:
        """Keep the settings."""
        settings = message.contrastive_loss_param
        self._margin: float = settings.margin
        self._legacy: bool = settings.legacy_version

    def forward(self, bottoms: Tensors) -> Tensors:
        """Return the loss, and keep the differences."""
        self._difference = (bottoms[0] - bottoms[1]).flatten(1)
        self._squared = self._difference.square().sum(1, keepdim=True)
        alike = self._alike(bottoms)
        lacking = self._lacking().clamp(min=0)
        apart = lacking if self._legacy else lacking.square()
        return (torch.where(alike, self._squared, apart).sum() / (2 * len(alike)),)

    def backward(self, at: Pass) -> Gradients:
        """Return the diffs of both; Caffe adds 1e-4 to the distance that it divides by."""
        alike, lacking = self._alike(at.bottoms), self._lacking()
        apart = torch.full_like(lacking, -1.0)
        if not self._legacy:
            apart = -lacking / (self._squared.sqrt() + 1e-4)
        factor = torch.where(alike, 1, torch.where(lacking > 0, apart, 0))
        diff = (factor * self._difference) * (at.diffs[0] / len(alike))
        shape = at.bottoms[0].shape
        return [diff.reshape(shape), -diff.reshape(shape), None]

    def _alike(self, bottoms: Tensors) -> torch.Tensor:
        return bottoms[2].trunc().reshape(-1, 1) != 0

    def _lacking(self) -> torch.Tensor:
        return self._margin - (self._squared if self._legacy else self._squared.sqrt())


LAYERS = (
    ContrastiveLoss,
    EuclideanLoss,
    HingeLoss,
    InfogainLoss,
    MultinomialLogisticLoss,
    SigmoidCrossEntropyLoss,
    SoftmaxWithLoss,
)
