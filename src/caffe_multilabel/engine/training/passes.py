"""What one forward and one backward pass of a net show that is wrong with it or its data."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from caffe_multilabel._base.text import listed, plural
from caffe_multilabel.engine.blame import HANDS_ON, record_behind
from caffe_multilabel.engine.training.label_bottoms import label_bottoms, learnt_blobs
from caffe_multilabel.engine.training.unreached import unreached_layers
from caffe_multilabel.engine.training.values import (
    bad_gradient,
    bad_top,
    bad_weight,
    is_black_image,
    weights_are_zero,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import torch

    from caffe_multilabel.caffe.net_state import Phase
    from caffe_multilabel.engine.net import Net
    from caffe_multilabel.engine.step import Step

__all__ = ["ForwardLook", "LayerGradient", "PassFinding", "look_backward", "look_forward"]


@dataclass(frozen=True, slots=True)
class PassFinding:
    """One thing that was found.

    Attributes:
        phase: the phase of the net.
        layer: the layer's name; None where the net as a whole is meant.
        message: what was found, with the numbers, and what it comes of.
        is_note: whether it may be as it should be.

    Example:
        >>> from caffe_multilabel.engine import PassFinding
        >>> print(PassFinding("TRAIN", "fc", "nan or inf is in its weights"))
        fc (TRAIN): nan or inf is in its weights
    """

    phase: Phase
    layer: str | None
    message: str
    is_note: bool = False

    def __str__(self) -> str:
        """Return the finding as one line."""
        return f"{self.layer or 'net'} ({self.phase}): {self.message}"


@dataclass(frozen=True, slots=True)
class LayerGradient:
    """A layer that learns, after one batch.

    Attributes:
        layer: its name.
        weight: the root of the mean square of its weights, all blobs of them.
        gradient: the same of their gradient.

    Example:
        >>> from caffe_multilabel.engine import check_training
        >>> layer = check_training("solver.prototxt", cpu=True).gradients[0]
        >>> layer.layer, layer.gradient > 0
        ('conv1', True)
    """

    layer: str
    weight: float
    gradient: float


class ForwardLook(NamedTuple):
    """What a forward pass has shown.

    Attributes:
        findings: what was found.
        refused: the names of layers that could not run, as their labels are no classes.
        can_go_on: whether there is sense in a backward pass.
    """

    findings: list[PassFinding]
    refused: set[str]
    can_go_on: bool


def look_forward(net: Net) -> ForwardLook:
    """Run a net forward once, and look at each layer behind it."""
    findings: list[PassFinding] = []
    labels = _label_blobs(net)
    refused: set[str] = set()
    spoiled = empty = False
    excused: set[str] = set()  # blobs of 0 that may be so, or are made of such
    for index, (step, error) in enumerate(net.forward_each()):

        def found(message: str, step: Step = step, *, is_note: bool = False) -> None:
            findings.append(PassFinding(net.phase, step.name, message, is_note))

        if error is not None:
            # An accuracy says the same of a label as the loss before it.
            if step.node.is_loss or not refused:
                found(error.message)
            refused.add(step.name)
            continue
        wrong = _binary_out_of_range(step, net.steps[:index])
        if wrong:
            found(wrong)
        weight = bad_weight(step)
        if weight:
            found(f"nan or inf is in {weight}")
        top = bad_top(step)
        # Behind the first of it, everything may be so.
        if top and not spoiled and not weight:
            found(f"nan or inf is in {top}")
        spoiled = spoiled or bool(top or weight)
        if not empty and not spoiled and _is_empty(step, labels):
            is_note = weights_are_zero(step) or is_black_image(step)
            if excused.isdisjoint(step.message.bottom):
                found(_why_empty(step), is_note=is_note)
                empty = not is_note
            excused.update(step.top_names)
    return ForwardLook(findings, refused, not refused and not spoiled)


def look_backward(net: Net) -> tuple[list[LayerGradient], list[PassFinding]]:
    """Look at the gradients that a backward pass has left.

    Returns:
        Each layer that learns, and what was found.
    """
    for step in reversed(net.steps):
        bad = bad_gradient(step) if step.course.runs else ""
        if bad:
            message = f"nan or inf is in {bad}; all layers below get it"
            return [], [PassFinding(net.phase, step.name, message)]
    learned: dict[str, list[torch.Tensor]] = {}
    changes: dict[str, list[torch.Tensor]] = {}
    for one in net.learnable:
        if one.lr_mult:
            learned.setdefault(one.layer, []).append(one.blob.data)
            changes.setdefault(one.layer, []).append(one.blob.diff)
    gradients = [
        LayerGradient(name, _size(values), _size(changes[name])) for name, values in learned.items()
    ]
    findings = [PassFinding(net.phase, None, "no layer learns")] if not gradients else []
    for group in unreached_layers(net, [each.layer for each in gradients if not each.gradient]):
        *others, last = group.layers
        nor = f", nor at {listed(others)}" if others else ""
        message = f"no gradient arrives at it{nor}: {group.cause}"
        findings.append(PassFinding(net.phase, last, message, group.is_note))
    return gradients, findings


def _label_blobs(net: Net) -> set[str]:
    """Return the names of blobs that hold no values to learn from, or may not.

    Those are labels, and what says which values a layer takes: indices, begins of sequences.
    """
    labels: set[str] = set()
    learnt = learnt_blobs(net)
    for step in reversed(net.steps):
        bottoms = step.message.bottom
        labels.update(bottoms[number] for number in label_bottoms(step, learnt))
        labels.update(_selectors(step))
        if step.node.kind in HANDS_ON and labels.intersection(step.top_names):
            labels.update(bottoms)
    return labels


def _selectors(step: Step) -> Iterator[str]:
    """Give the bottoms that no gradient can go to, of a layer that gives others or weights one."""
    if step.node.entry is None or step.node.is_loss or not step.course.runs:
        return
    given = step.node.entry.propagates_to(step.message)
    for number, name in enumerate(step.message.bottom):
        if number not in given and (given or step.layer.setup.blobs):
            yield name


def _binary_out_of_range(step: Step, before: Sequence[Step]) -> str:
    """Say which label of a loss of probabilities is none; empty where all are."""
    use = step.node.labels
    if use is None or use.kind != "binary" or not step.node.is_loss:
        return ""
    values, ignored = step.bottoms[use.bottom].data, use.ignored(step.message)
    counted = values.isfinite()
    if ignored is not None:
        counted &= values.trunc() != ignored
    wrong = counted & ~((values >= 0) & (values <= 1))
    if not wrong.any():
        return ""
    name = step.message.bottom[use.bottom]
    record = record_behind(name, int(wrong.nonzero()[0, 0]), before)
    return f"label {float(values[wrong][0]):g} in '{name}'; 0 to 1 are allowed" + (
        f"; it is of {record}" if record else ""
    )


def _is_empty(step: Step, labels: set[str]) -> bool:
    """Tell whether a layer has made nothing but 0 of what is to be learned from."""
    if step.node.is_loss or not (step.layer.setup.feed or step.course.runs):
        return False
    # The second top of a data layer is labels, whoever reads it.
    tops = step.tops[:1] if step.layer.setup.feed else step.tops
    names = set(step.top_names[: len(tops)])
    return not names & labels and bool(tops) and not any(top.data.any() for top in tops)


def _why_empty(step: Step) -> str:
    tops = plural(len(step.tops), "top") if len(step.tops) > 1 else "its top"
    if step.layer.setup.feed is not None:
        return f"{tops} is all 0: look at the records, and at scale in transform_param"
    if weights_are_zero(step):
        return f"{tops} is all 0, for its weights are"
    if step.node.kind == "activation":
        return f"{tops} is all 0: no value that it reads passes, and none below learns"
    return f"{tops} is all 0"


def _size(blobs: list[torch.Tensor]) -> float:
    """Return the root of the mean square of some values."""
    count = sum(blob.numel() for blob in blobs)
    total = sum(float(blob.double().square().sum()) for blob in blobs)
    return math.sqrt(total / max(count, 1))
