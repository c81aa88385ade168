"""Why no gradient arrives at layers, told from what the passes of one batch have left."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from caffe_multilabel._base.text import listed
from caffe_multilabel.engine.training.values import is_black_image, layer_text, weights_are_zero

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from caffe_multilabel.engine.net import Net
    from caffe_multilabel.engine.step import Step

__all__ = ["Unreached", "unreached_layers"]


class Unreached(NamedTuple):
    """Layers at which no gradient arrives, for one cause.

    Attributes:
        layers: their names, in the order of the net.
        cause: what it comes of, for messages.
        is_note: whether it may be as it should be.
    """

    layers: list[str]
    cause: str
    is_note: bool


def unreached_layers(net: Net, names: Iterable[str]) -> Iterator[Unreached]:
    """Give layers whose gradient is 0 with the cause of that, those together that share one."""
    causes: dict[tuple[str, bool], list[str]] = {}
    for name in names:
        causes.setdefault(_cause(net.steps, name), []).append(name)
    for (cause, is_note), layers in causes.items():
        yield Unreached(layers, cause, is_note)


def _cause(steps: Sequence[Step], name: str) -> tuple[str, bool]:
    """Return the cause for one layer, and whether that is no more than a note."""
    index = next(index for index, step in enumerate(steps) if step.name == name)
    above = list(_above(steps, index))
    losses = [step for step in above if any(step.loss_weights)]
    if not losses:
        return "no loss with a weight reads what it makes", False
    if not any(blob.data.any() for step in losses for blob in step.tops):
        return _why_no_loss(losses), True
    return _held_up(steps, index, above)


def _held_up(steps: Sequence[Step], index: int, above: Sequence[Step]) -> tuple[str, bool]:
    """Return the cause between a layer and a loss that is not 0."""
    zeros = [step for step in above if weights_are_zero(step)]
    if zeros:
        return _without_weights(zeros, "the weights of {} above it are all 0")
    if _reads_zeros(steps[index]):
        zeros = [step for step in _below(steps, index) if weights_are_zero(step)]
        if zeros:
            return _without_weights(zeros, "it reads nothing but 0, for the weights of {} are 0")
        return "it reads nothing but 0", any(map(is_black_image, _below(steps, index)))
    # Downwards from the losses, the last blob with a gradient, and the first without one.
    for step, below in pairwise(reversed([steps[index], *above])):
        if any(top.diff.any() for top in step.tops) and not any(t.diff.any() for t in below.tops):
            return f"it ends in {_where(step, below)}", False
    return "all of it is 0", False


def _without_weights(zeros: Sequence[Step], text: str) -> tuple[str, bool]:
    """Say which layer without a weight stops it; a note where that layer's own weights learn."""
    moving = next((step for step in zeros if _weights_move(step)), None)
    if moving is not None:
        return text.format(layer_text(moving)) + " yet", True
    said = text.format(layer_text(zeros[0]))
    return f"{said}, and get no gradient themselves: they stay so", False


def _reads_zeros(step: Step) -> bool:
    """Tell whether a layer reads nothing but 0; in place that cannot be told any more."""
    names = step.message.bottom
    read = [
        blob for name, blob in zip(names, step.bottoms, strict=True) if name not in step.top_names
    ]
    return bool(read) and not any(blob.data.any() for blob in read)


def _weights_move(step: Step) -> bool:
    """Tell whether a layer's weights, and not its bias alone, get a gradient."""
    return step.course.weights[0] and bool(step.layer.setup.blobs[0].diff.any())


def _where(step: Step, below: Step) -> str:
    """Name the layer that a gradient does not come out of: it comes to `step`, not to `below`."""
    if set(below.top_names) & set(below.message.bottom):
        # In place: what it hands down lies where it came from.
        why = "makes" if not any(top.data.any() for top in below.tops) else None
        step = below
    else:
        why = "reads" if any(not top.data.any() for top in below.tops) else None
    return f"{layer_text(step)}, which " + (f"{why} nothing but 0" if why else "lets none through")


def _why_no_loss(losses: Sequence[Step]) -> str:
    """Say what it comes of that losses are 0."""
    uses = [(step.node.labels, step.message) for step in losses]
    ignores = any(use is not None and use.ignored(message) is not None for use, message in uses)
    shown = listed([step.name for step in losses])
    if ignores:
        return f"{shown} is 0, which it is where no label of the batch counts for it"
    return f"{shown} is 0, which it is where scores fit the labels of the batch already"


def _above(steps: Sequence[Step], index: int) -> Iterator[Step]:
    """Give the layers that read what a layer makes, or what is made of that."""
    reached = set(steps[index].top_names)
    for step in steps[index + 1 :]:
        if reached.intersection(step.message.bottom):
            reached.update(step.top_names)
            yield step


def _below(steps: Sequence[Step], index: int) -> Iterator[Step]:
    """Give the layers that what a layer reads is made by, the nearest first."""
    wanted = set(steps[index].message.bottom)
    for step in reversed(steps[:index]):
        if wanted.intersection(step.top_names):
            wanted.update(step.message.bottom)
            yield step
