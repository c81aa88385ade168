"""Which record is behind a label that makes no sense."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caffe_multilabel.engine.layers.labels import LabelError
    from caffe_multilabel.engine.step import Step

__all__ = ["name_record"]

_HAND_ON = ("view", "join")
"""Kinds of layers whose tops hold the items of their first bottom, in its order."""


def name_record(error: LabelError, before: Sequence[Step]) -> None:
    """Add to an error which record of which database the label is of, where a feed brought it.

    Args:
        error: the error.
        before: the layers before the one that found it.
    """
    name = error.blob
    for step in reversed(before):
        if name not in step.top_names:
            continue
        feed = step.layer.setup.feed
        if feed is not None:
            error.message += f"; it is of {feed.record_of(error.item)}"
            error.args = (error.message,)
            return
        top = step.tops[step.top_names.index(name)]
        if step.node.kind not in _HAND_ON or top.shape[:1] != step.bottoms[0].shape[:1]:
            return  # its items are others
        name = step.message.bottom[0]
