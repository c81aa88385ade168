"""Pictures that look the same, inside a set and across the split."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from caffe_multilabel.views.report.conflicts import conflicting_tasks, label_spreads
from caffe_multilabel.views.report.duplicates import find_duplicates
from caffe_multilabel.views.report.thumbnails import Thumbnail, make_thumbnails

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caffe_multilabel.labels.layout import LabelTask
    from caffe_multilabel.views.report.pair import ReportPair

__all__ = ["DuplicateGroup", "DuplicateSection", "make_duplicate_section"]

_MOST_GROUPS = 12
_MOST_PICTURES = 6


@dataclass(frozen=True, slots=True)
class DuplicateGroup:
    """Pictures that look the same.

    Attributes:
        thumbnails: the first of them.
        hidden: how many more there are.
        across: whether some are for training and some for validation.
        conflicts: the tasks by which they are not labelled the same.
    """

    thumbnails: tuple[Thumbnail, ...]
    hidden: int
    across: bool
    conflicts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DuplicateSection:
    """All pictures that look the same.

    Attributes:
        groups: the groups most worth a look.
        group_count: number of groups.
        pictures: number of pictures in them.
        leaked: pictures for validation that look like one for training.
        conflicts: groups that are not labelled the same.
        complete: whether all pairs of pictures were compared.
    """

    groups: tuple[DuplicateGroup, ...]
    group_count: int
    pictures: int
    leaked: int
    conflicts: int
    complete: bool


@dataclass(frozen=True, slots=True)
class _Found:
    """A group before its pictures are read; members are pairs and places in them."""

    members: tuple[tuple[int, int], ...]
    conflicts: tuple[str, ...]

    @property
    def across(self) -> bool:
        return len({which for which, _ in self.members}) > 1

    @property
    def leaked(self) -> int:
        return sum(which > 0 for which, _ in self.members) if self.across else 0


def make_duplicate_section(
    pairs: Sequence[ReportPair], tasks: Sequence[LabelTask]
) -> DuplicateSection:
    """Find and sort pictures that look the same, training first."""
    where = [
        (which, place)
        for which, pair in enumerate(pairs)
        for place in np.flatnonzero(pair.scan.readable).tolist()
    ]
    scans = [pair.scan for pair in pairs]
    duplicates = find_duplicates(
        np.concatenate([scan.hashes[scan.readable] for scan in scans]),
        np.concatenate([scan.signatures[scan.readable] for scan in scans]),
    )
    spreads = label_spreads(tasks, np.concatenate([pair.table.labels for pair in pairs]))
    found = []
    for group in duplicates.groups:
        members = tuple(where[place] for place in group.tolist())
        labels = np.stack([pairs[which].table.labels[place] for which, place in members])
        found.append(_Found(members, tuple(conflicting_tasks(tasks, labels, spreads))))
    found.sort(
        key=lambda each: (
            not (each.conflicts and each.across),
            not each.conflicts,
            not each.across,
            -len(each.members),
        )
    )
    return DuplicateSection(
        groups=tuple(_group(each, pairs, tasks) for each in found[:_MOST_GROUPS]),
        group_count=len(found),
        pictures=sum(len(each.members) for each in found),
        leaked=sum(each.leaked for each in found),
        conflicts=sum(bool(each.conflicts) for each in found),
        complete=duplicates.complete,
    )


def _group(
    found: _Found, pairs: Sequence[ReportPair], tasks: Sequence[LabelTask]
) -> DuplicateGroup:
    written = [task for task in tasks if task.name in found.conflicts]
    # One of each set at least, so that a leak can be seen.
    last = [member for member in found.members if member[0] > 0][: _MOST_PICTURES // 2]
    first = [member for member in found.members if member[0] == 0]
    shown = [*first[: _MOST_PICTURES - len(last)], *last]
    return DuplicateGroup(
        thumbnails=tuple(
            thumbnail
            for which, place in shown
            for thumbnail in make_thumbnails(pairs[which], [place], written, ())
        ),
        hidden=len(found.members) - len(shown),
        across=found.across,
        conflicts=found.conflicts,
    )
