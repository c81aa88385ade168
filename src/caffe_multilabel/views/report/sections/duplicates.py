"""Images that look the same, inside a set and across the split, and whether their labels do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from caffe_multilabel.views.report.gallery import Thumbnail, make_thumbnails
from caffe_multilabel.views.report.lookalikes import find_duplicates

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from caffe_multilabel.labels.layout import LabelTask
    from caffe_multilabel.views.report.pair import ReportPair

__all__ = [
    "DuplicateGroup",
    "DuplicateSection",
    "conflicting_tasks",
    "label_spreads",
    "make_duplicate_section",
]

_MOST_GROUPS = 12
_MOST_IMAGES = 6
_MOST_SPREAD = 0.5
"""Real numbers of images that look the same may be so many standard deviations apart."""


@dataclass(frozen=True, slots=True)
class DuplicateGroup:
    """Images that look the same.

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
    """All images that look the same.

    Attributes:
        groups: the groups most worth a look.
        group_count: number of groups.
        images: number of images in them.
        leaked: images for validation that look like one for training.
        conflicts: groups that are not labelled the same.
        complete: whether all pairs of images were compared.
    """

    groups: tuple[DuplicateGroup, ...]
    group_count: int
    images: int
    leaked: int
    conflicts: int
    complete: bool


@dataclass(frozen=True, slots=True)
class _Found:
    """A group before its images are read; members are pairs and indices in them."""

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
    """Find and sort images that look the same, training first."""
    where = [
        (which, index)
        for which, pair in enumerate(pairs)
        for index in np.flatnonzero(pair.scan.readable).tolist()
    ]
    scans = [pair.scan for pair in pairs]
    duplicates = find_duplicates(
        np.concatenate([scan.hashes[scan.readable] for scan in scans]),
        np.concatenate([scan.signatures[scan.readable] for scan in scans]),
    )
    spreads = label_spreads(tasks, np.concatenate([pair.table.labels for pair in pairs]))
    found = []
    for group in duplicates.groups:
        members = tuple(where[index] for index in group.tolist())
        labels = np.stack([pairs[which].table.labels[index] for which, index in members])
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
        images=sum(len(each.members) for each in found),
        leaked=sum(each.leaked for each in found),
        conflicts=sum(bool(each.conflicts) for each in found),
        complete=duplicates.complete,
    )


def label_spreads(
    tasks: Sequence[LabelTask], labels: NDArray[np.float32]
) -> dict[str, NDArray[np.float64]]:
    """Return the standard deviation of each column of the tasks of real numbers, by task.

    Args:
        tasks: the tasks.
        labels: all labels, float32 (N, L).
    """
    spreads = {}
    for task in tasks:
        if task.kind == "real":
            own = labels[:, list(task.columns)].astype(np.float64)
            own[~np.isfinite(own)] = np.nan
            counted = ~np.isnan(own).all(axis=0)
            spread = np.zeros(own.shape[1])
            spread[counted] = np.nanstd(own[:, counted], axis=0)
            spreads[task.name] = spread
    return spreads


def conflicting_tasks(
    tasks: Sequence[LabelTask],
    labels: NDArray[np.float32],
    spreads: dict[str, NDArray[np.float64]],
) -> list[str]:
    """Return the tasks by which images that look the same are not labelled the same.

    Classes and yes/no values conflict if any two differ that both count. Real numbers do if they
    are more than half a standard deviation of the task apart.

    Args:
        tasks: the tasks.
        labels: the labels of these images, float32 (K, L).
        spreads: see `label_spreads`.
    """
    found = []
    for task in tasks:
        own = labels[:, list(task.columns)]
        counts = task.counts(own)
        ranges = np.array(
            [
                np.ptp(column[good]) if good.any() else 0.0
                for column, good in zip(own.T, counts.T, strict=True)
            ]
        )
        allowed = _MOST_SPREAD * spreads[task.name] if task.kind == "real" else 0.0
        if (ranges > allowed).any():
            found.append(task.name)
    return found


def _group(
    found: _Found, pairs: Sequence[ReportPair], tasks: Sequence[LabelTask]
) -> DuplicateGroup:
    written = [task for task in tasks if task.name in found.conflicts]
    # One of each set at least, so that a leak can be seen.
    last = [member for member in found.members if member[0] > 0][: _MOST_IMAGES // 2]
    first = [member for member in found.members if member[0] == 0]
    shown = [*first[: _MOST_IMAGES - len(last)], *last]
    return DuplicateGroup(
        thumbnails=tuple(
            thumbnail
            for which, index in shown
            for thumbnail in make_thumbnails(pairs[which], [index], written, ())
        ),
        hidden=len(found.members) - len(shown),
        across=found.across,
        conflicts=found.conflicts,
    )
