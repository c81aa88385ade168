"""Which record is behind a value that makes no sense."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caffe_multilabel.caffe.layers.layer_type import Kind
    from caffe_multilabel.engine.layers.labels import LabelError
    from caffe_multilabel.engine.step import Step

__all__ = ["HANDS_ON", "name_record", "record_behind"]

HANDS_ON: tuple[Kind, ...] = ("view", "join")
"""Kinds of layers whose tops hold the items of their first bottom, in its order."""


def name_record(error: LabelError, before: Sequence[Step]) -> None:
    """Add to an error which record of which database the label is of, where a feed brought it.

    Args:
        error: the error.
        before: the layers before the one that found it.
    """
    record = record_behind(error.blob, error.item, before)
    if record:
        error.message += f"; it is of {record}"
        error.args = (error.message,)


def record_behind(blob: str, item: int, before: Sequence[Step]) -> str:
    """Return the record that an item of a blob is, and its database; empty where no feed tells.

    Args:
        blob: the name of the blob.
        item: which item of the batch.
        before: the layers up to the one that made the blob, or more.
    """
    name = blob
    for step in reversed(before):
        if name not in step.top_names:
            continue
        feed = step.layer.setup.feed
        if feed is not None:
            return feed.record_of(item)
        top = step.tops[step.top_names.index(name)]
        if step.node.kind not in HANDS_ON or top.shape[:1] != step.bottoms[0].shape[:1]:
            return ""  # its items are others
        name = step.message.bottom[0]
    return ""
