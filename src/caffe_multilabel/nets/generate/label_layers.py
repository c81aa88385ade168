"""Cuts the label vector into one blob a task."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from caffe_multilabel.nets.generate.builder import NetBuilder
    from caffe_multilabel.tasks import Task

__all__ = ["LABEL", "normalize_labels", "slice_labels"]

LABEL = "label"
"""The blob of the whole label vector, batch x columns x 1 x 1."""

Segment = tuple[int, int]
"""First column, and the column behind the last one."""


def slice_labels(
    net: NetBuilder, label_count: int, columns: Mapping[str, Sequence[int]]
) -> dict[str, str]:
    """Add the layers that give each reader its label columns.

    One Slice cuts the vector wherever some reader's columns start or end. One whose columns are
    not side by side gets them by a Concat; columns that nobody reads are silenced, so that Caffe
    does not print them as outputs.

    Args:
        net: a net that has the blob `label`.
        label_count: label columns of each record.
        columns: those of each reader, by the name of a task or of its weights; at least one each.

    Returns:
        The label blob of each reader, by its name.

    Raises:
        NameTakenError: a blob would have the name of another.
    """
    if not columns:
        net.add("Silence", "silence_label", [LABEL], ())
        return {}
    read = {column for own in columns.values() for column in own}
    runs = {name: list(_runs(own)) for name, own in columns.items()}
    cuts = {0, label_count, *(edge for spans in runs.values() for span in spans for edge in span)}
    segments = list(pairwise(sorted(cuts)))
    if len(segments) == 1:
        return dict.fromkeys(runs, LABEL)
    parts = {
        name: [segment for run in spans for segment in segments if _within(segment, run)]
        for name, spans in runs.items()
    }
    blobs = _segment_names(segments, parts)
    net.add(
        "Slice",
        "slice_label",
        [LABEL],
        list(blobs.values()),
        slice_param={"axis": 1, "slice_point": [first for first, _ in segments[1:]]},
    )
    unused = [blobs[segment] for segment in segments if segment[0] not in read]
    if unused:
        net.add("Silence", "silence_label", unused, ())
    return {
        name: blobs[pieces[0]]
        if len(pieces) == 1
        else net.add("Concat", f"label_{name}", [blobs[piece] for piece in pieces])
        for name, pieces in parts.items()
    }


def normalize_labels(net: NetBuilder, task: Task, label: str) -> str:
    """Return the blob of the labels that a task learns: (number - mean) / std where it asks so.

    Args:
        net: a net that has the blob of its labels.
        task: the task.
        label: the blob of its labels as the DB holds them.
    """
    wanted = task.normalize
    if wanted is None:
        return label
    fields = {"scale": 1 / wanted.std, "shift": -wanted.mean / wanted.std}
    return net.add("Power", f"label_{task.name}_normalized", [label], power_param=fields)


def _runs(columns: Sequence[int]) -> Iterator[Segment]:
    """Split columns where the next one is not the one that follows."""
    first = columns[0]
    for column, following in pairwise([*columns, -1]):
        if following != column + 1:
            yield first, column + 1
            first = following


def _within(segment: Segment, run: Segment) -> bool:
    return run[0] <= segment[0] and segment[1] <= run[1]


def _segment_names(
    segments: Sequence[Segment], parts: dict[str, list[Segment]]
) -> dict[Segment, str]:
    """Name a segment after the first task that it is all the labels of, or else its columns."""
    whole: dict[Segment, str] = {}
    for name, pieces in parts.items():
        if len(pieces) == 1:
            whole.setdefault(pieces[0], name)
    return {segment: f"label_{whole.get(segment, _columns(segment))}" for segment in segments}


def _columns(segment: Segment) -> str:
    first, last = segment[0], segment[1] - 1
    return str(first) if first == last else f"{first}-{last}"
