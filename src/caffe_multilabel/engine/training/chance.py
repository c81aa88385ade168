"""Losses beside what they come to by chance: while all scores of an item are alike."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from caffe_multilabel.engine.training.passes import PassFinding

if TYPE_CHECKING:
    from caffe_multilabel.engine.net import Net
    from caffe_multilabel.engine.step import Step

__all__ = ["LossAtChance", "losses_at_chance"]

_FAR_ABOVE = 10


@dataclass(frozen=True, slots=True)
class LossAtChance:
    """A loss of one batch.

    Attributes:
        output: the name of its top.
        value: what it came to.
        loss_weight: its weight in the sum of losses.
        chance: what it comes to on the same labels with scores of 0; None where scores alone do not
            tell.
    """

    output: str
    value: float
    loss_weight: float
    chance: float | None


def losses_at_chance(
    net: Net, *, without: set[str]
) -> tuple[list[LossAtChance], list[PassFinding]]:
    """Compute each loss of a net again, on scores of 0; what its blobs hold stays.

    Args:
        net: the net, after a pass.
        without: the names of layers that could not run.

    Returns:
        The losses, and what was found.
    """
    losses, findings = [], []
    for step in net.steps:
        for name, blob, weight in zip(step.top_names, step.tops, step.loss_weights, strict=True):
            if not weight or step.name in without:
                continue
            value, chance = float(blob.data.sum()), _at_chance(step)
            losses.append(LossAtChance(name, value, weight, chance))
            if chance and math.isfinite(value) and value > _FAR_ABOVE * chance:
                message = (
                    f"the loss is {value:.4g}, and {chance:.4g} by chance: scores are far from 0 "
                    "before anything is learnt; look at the scale of data and labels, and at "
                    "weight_filler"
                )
                findings.append(PassFinding(net.phase, step.name, message))
    return losses, findings


def _at_chance(step: Step) -> float | None:
    """Let a loss layer compute its loss on scores of 0."""
    use = step.node.labels
    if use is None or use.start == "unknown" or not step.node.is_loss:
        return None
    scores, *others = (blob.data for blob in step.bottoms)
    diff = step.bottoms[0].diff.clone()  # where HingeLoss leaves what it computes
    with torch.inference_mode(mode=False), torch.no_grad():
        found = step.layer.forward((torch.zeros_like(scores), *others))
    step.bottoms[0].take_diff(diff)
    return float(found[0].sum())
