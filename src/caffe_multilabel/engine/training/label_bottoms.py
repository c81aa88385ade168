"""Which bottoms of losses and accuracies are labels, as far as a net tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from caffe_multilabel.engine.net import Net
    from caffe_multilabel.engine.step import Step

__all__ = ["label_bottoms", "learnt_blobs"]


def learnt_blobs(net: Net) -> set[str]:
    """Return the names of blobs that weights which learn have a part in."""
    learning = {one.layer for one in net.learnable if one.lr_mult}
    names: set[str] = set()
    for step in net.steps:
        if step.name in learning or not names.isdisjoint(step.message.bottom):
            names.update(step.top_names)
    return names


def label_bottoms(step: Step, learnt: AbstractSet[str]) -> tuple[int, ...]:
    """Return which bottoms of a loss or an accuracy are labels; several where they may be.

    A loss of two vectors, as EuclideanLoss, takes its labels as either bottom. They are the one
    that does not learn.

    Args:
        step: the layer.
        learnt: the blobs that learn, of `learnt_blobs`.
    """
    use, bottoms = step.node.labels, step.message.bottom
    if use is None:
        return ()
    if use.kind == "real":
        return tuple(number for number, name in enumerate(bottoms[:2]) if name not in learnt)
    return (use.bottom,) if use.bottom < len(bottoms) else ()
