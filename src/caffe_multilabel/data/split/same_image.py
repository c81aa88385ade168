"""Records of one image, which must not be in two parts: a net would be tested on what it learnt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel._base.text import plural, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caffe_multilabel.data.split.assign import PartOf

__all__ = ["images_in_several"]


def images_in_several(part_of: PartOf, paths: Sequence[Sequence[bytes]]) -> str:
    """Say how many images are in several parts by the list's own word; nothing where none is.

    Args:
        part_of: the part of each record.
        paths: of the first image of each record, of the second one, and so on.
    """
    first: dict[bytes, int] = {}
    parts = part_of.tolist()
    found = dict.fromkeys(
        path
        for image in paths
        for path, part in zip(image, parts, strict=True)
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
