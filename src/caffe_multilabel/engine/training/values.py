"""Where a net holds nan or inf: in weights, in blobs, in gradients, layer by layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import torch

if TYPE_CHECKING:
    from caffe_multilabel.engine.net import Net
    from caffe_multilabel.engine.step import Step

__all__ = [
    "BadValue",
    "bad_gradient",
    "bad_top",
    "bad_weight",
    "first_bad_value",
    "is_black_image",
    "is_finite",
    "layer_text",
    "weights_are_zero",
]


class BadValue(NamedTuple):
    """Where nan or inf is.

    Attributes:
        place: the place, for messages.
        source: what holds it: weights, what a layer has read, or what it has made.
    """

    place: str
    source: Literal["weights", "data", "result"]


def first_bad_value(net: Net) -> BadValue | None:
    """Say where a net, in its order, first holds nan or inf; None where it does not."""
    for step in net.steps:
        weight = bad_weight(step)
        if weight:
            return BadValue(weight, "weights")
        top = bad_top(step)
        if top:
            return BadValue(top, "result" if step.layer.setup.feed is None else "data")
    return None


def bad_weight(step: Step) -> str:
    """Name the first blob of a layer's weights that holds nan or inf; empty where none does."""
    for number, blob in enumerate(step.layer.setup.blobs):
        if not is_finite(blob.data):
            return f"the weights of {layer_text(step)}, blob {number}"
    return ""


def bad_top(step: Step) -> str:
    """Name the first top of a layer that holds nan or inf, and the record if it is read from one.

    Returns:
        A text; empty where none does.
    """
    for name, blob in zip(step.top_names, step.tops, strict=True):
        if not is_finite(blob.data):
            feed = step.layer.setup.feed
            record = "" if feed is None else f", {feed.record_of(_first_bad_item(blob.data))}"
            return f"blob '{name}' of {layer_text(step)}{record}"
    return ""


def bad_gradient(step: Step) -> str:
    """Name the first gradient that a layer made with nan or inf in it; empty where none has."""
    names = step.message.bottom
    for name, blob, wanted in zip(names, step.bottoms, step.course.wanted, strict=True):
        if wanted and not is_finite(blob.diff):
            return f"the gradient of blob '{name}', made by {layer_text(step)}"
    blobs = zip(step.layer.setup.blobs, step.course.weights, strict=True)
    for number, (blob, wanted) in enumerate(blobs):
        if wanted and not is_finite(blob.diff):
            return f"the gradient of the weights of {layer_text(step)}, blob {number}"
    return ""


def is_finite(values: torch.Tensor) -> bool:
    """Tell whether none of some values is nan or inf."""
    return bool(torch.isfinite(values).all())


def layer_text(step: Step) -> str:
    """Return a layer's name and type, for messages."""
    return f"layer '{step.name}' ({step.node.type})"


def is_black_image(step: Step) -> bool:
    """Tell whether a layer has read one image, and that one is black, as one of many may be."""
    if step.layer.setup.feed is None:
        return False
    image = step.tops[0]
    return image.shape[:1] == (1,) and not image.data.any()


def weights_are_zero(step: Step) -> bool:
    """Tell whether a layer has weights, and all of them are 0."""
    blobs = step.layer.setup.blobs
    return bool(blobs) and not any(blob.data.any() for blob in blobs)


def _first_bad_item(values: torch.Tensor) -> int:
    """Return the first item of a batch that holds nan or inf."""
    items = torch.isfinite(values.reshape(len(values), -1)).all(1)
    return int(items.logical_not().nonzero()[0])
