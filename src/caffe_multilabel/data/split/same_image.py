"""Records of one image, which must not be in two parts: a net would be tested on what it learnt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from caffe_multilabel._base.text import plural, shown

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from caffe_multilabel.data.split.assign import PartOf
    from caffe_multilabel.data.split.strata import Groups

__all__ = ["images_in_several", "joined_by_path"]


def joined_by_path(groups: Groups | None, paths: Sequence[Hashable], images: int = 1) -> Groups:
    """Join the groups of records that have one path.

    Args:
        groups: of each record; None where each is on its own.
        paths: of the records, or what stands for them; those of a record after each other.
        images: of a record; one path that two records share joins them.

    Returns:
        int64 (N,) of numbers from 0.

    Example:
        >>> joined_by_path(None, [b"a.jpg", b"b.jpg", b"a.jpg"]).tolist()
        [0, 1, 0]
    """
    count = len(paths) // images
    owners = list(range(count)) if groups is None else groups.tolist()
    above = list(range(max(owners) + 1))

    def top(group: int) -> int:
        while above[group] != group:
            above[group] = above[above[group]]
            group = above[group]
        return group

    first: dict[Hashable, int] = {}
    for place, path in enumerate(paths):
        owner = owners[place // images]
        one, other = top(first.setdefault(path, owner)), top(owner)
        above[max(one, other)] = min(one, other)
    found = np.array([top(owner) for owner in owners])
    return np.unique(found, return_inverse=True)[1].astype(np.int64)


def images_in_several(part_of: PartOf, paths: Sequence[bytes], images: int = 1) -> str:
    """Say how many images are in several parts by the list's own word; nothing where none is."""
    first: dict[bytes, int] = {}
    found = dict.fromkeys(
        path
        for path, part in zip(paths, part_of.repeat(images).tolist(), strict=True)
        if first.setdefault(path, part) != part
    )
    if not found:
        return ""
    verb = "is" if len(found) == 1 else "are"
    example = shown(next(iter(found)).decode("utf-8", "backslashreplace"))
    return (
        f"warning: {plural(len(found), 'image')} {verb} in several parts by their paths, as "
        f"{example}: what is learnt of them is no measure of others"
    )
