"""Losses beside what they come to by chance: while all scores of an item are alike."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from caffe_multilabel.engine.place import plain_tensors
from caffe_multilabel.engine.training.label_bottoms import label_bottoms, learnt_blobs
from caffe_multilabel.engine.training.passes import PassFinding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from caffe_multilabel.engine.net import Net
    from caffe_multilabel.engine.step import Step

__all__ = ["LossAtChance", "losses_at_chance"]

_FAR_ABOVE = 10
_DROWNS = 10
"""A loss so many times all others together leaves nothing of their gradients."""


@dataclass(frozen=True, slots=True)
class LossAtChance:
    """A loss of one batch.

    Attributes:
        output: the name of its top.
        value: what it came to.
        loss_weight: its weight in the sum of losses.
        chance: what it comes to on the same labels with scores of 0, or probabilities that are all
            alike; None where that does not tell, or the net does not tell labels from scores.

    Example:
        >>> from caffe_multilabel.engine import check_training
        >>> loss = check_training("solver.prototxt", cpu=True).losses[0]
        >>> loss.output, f"{loss.chance:.2f}"
        ('loss_kind', '1.79')
    """

    output: str
    value: float
    loss_weight: float
    chance: float | None


def losses_at_chance(
    net: Net, *, without: set[str]
) -> tuple[list[LossAtChance], list[PassFinding]]:
    """Compute each loss of a net again, on scores that are all alike; what its blobs hold stays.

    Args:
        net: the net, after a pass.
        without: the names of layers that could not run.

    Returns:
        The losses, and what was found.
    """
    losses, findings = [], []
    weighted: dict[str, float] = {}
    learnt = learnt_blobs(net)
    for step in net.steps:
        for name, blob, weight in zip(step.top_names, step.tops, step.loss_weights, strict=True):
            if not weight or step.name in without:
                continue
            value, chance = float(blob.data.sum()), _at_chance(step, learnt)
            losses.append(LossAtChance(name, value, weight, chance))
            if chance and math.isfinite(value) and value > _FAR_ABOVE * _likely(step, chance):
                use = step.node.labels
                far = (
                    "probabilities are far from alike"
                    if use is not None and use.of_probabilities
                    else "scores are far from 0"
                )
                message = (
                    f"the loss is {value:.4g}, and {chance:.4g} by chance: {far} before anything "
                    "is learnt; look at the scale of data and labels, and at weight_filler"
                )
                findings.append(PassFinding(net.phase, step.name, message))
            weighted[step.name] = weighted.get(step.name, 0.0) + abs(value * weight)
    return losses, [*findings, *_drowning(net, weighted)]


def _drowning(net: Net, weighted: Mapping[str, float]) -> Iterator[PassFinding]:
    """Find a loss, whatever it is made of, that leaves little to all others."""
    total = sum(weighted.values())
    for layer, value in weighted.items():
        others = total - value
        if math.isfinite(total) and others > 0 and value > _DROWNS * others:
            message = (
                f"the loss times its loss_weight is {value:.4g}, and all others come to "
                f"{others:.4g}: layers that they share learn by this one alone; lower its "
                "loss_weight, or bring its labels to about 1"
            )
            yield PassFinding(net.phase, layer, message, is_note=True)


def _likely(step: Step, chance: float) -> float:
    """Return a loss that is no wonder before anything is learnt.

    Numbers near 0 are no reason for scores to be as near: those of about 1 are well there, too.
    """
    use = step.node.labels
    if use is None or use.start != "half_mean_squares":
        return chance
    return max(chance, math.prod(step.bottoms[use.bottom].shape[1:]) / 2)


def _at_chance(step: Step, learnt: AbstractSet[str]) -> float | None:
    """Let a loss layer compute its loss on scores that are all alike."""
    use, labels = step.node.labels, label_bottoms(step, learnt)
    if use is None or use.start == "unknown" or not step.node.is_loss or len(labels) != 1:
        return None
    scores = 1 if labels == (0,) else 0
    bottoms = [blob.data for blob in step.bottoms]
    classes = bottoms[scores][0].numel() if use.of_probabilities else 0
    diff = step.bottoms[scores].diff.clone()  # where HingeLoss leaves what it computes
    with plain_tensors():
        bottoms[scores] = torch.full_like(bottoms[scores], 1 / classes if classes else 0)
        found = step.layer.forward(tuple(bottoms))
    step.bottoms[scores].take_diff(diff)
    return float(found[0].sum())
