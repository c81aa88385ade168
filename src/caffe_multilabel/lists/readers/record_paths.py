"""Which columns hold the paths of records of several images."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from caffe_multilabel._base.text import listed
from caffe_multilabel.errors import ListError
from caffe_multilabel.lists.readers.paths import (
    are_images,
    called,
    find_path_column,
    is_path_name,
    letters,
)
from caffe_multilabel.lists.tuples.names import path_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caffe_multilabel.lists.readers.source import ReadOptions, Source

__all__ = ["PathColumnsError", "find_path_columns"]

_numbered = re.compile(r"(.*?)[\s_.-]*([0-9]+|[A-Za-z])").fullmatch


class PathColumnsError(ListError):
    """A list does not have as many columns of paths as its records have images.

    Whatever else is wrong with its lines follows from that.
    """


def find_path_columns(
    source: Source, names: Sequence[str], columns: Sequence[Sequence[str]], options: ReadOptions
) -> list[int]:
    """Return the indices of the columns of the paths, the first image's first.

    They are those that the header calls `path_1` to `path_K`; else the columns whose cells end as
    images do, if there are K, in their order, or in that of their numbers, as of `image1` and
    `image2`; else those with such names. Where no cell ends so, they are the first ones.

    Args:
        source: for messages.
        names: of all columns, empty where they have none.
        columns: the first cells of each column.
        options: how many images a record has; may say the column of one.

    Raises:
        ListError: they are not there.
        OptionError: the column of one image was named, and is not there.
    """
    images = options.images
    if images == 1:
        return [find_path_column(source, names, columns, options)]
    wanted = path_names(images)
    if wanted[0] in names:
        return [_named(source, names, name) for name in wanted]
    as_images = [index for index, cells in enumerate(columns) if are_images(cells)]
    if len(as_images) == images:
        return _by_number(as_images, names) or as_images
    alike = _alike(as_images if len(as_images) > images else range(len(names)), names, images)
    if len(alike) == 1:
        return alike[0]
    if as_images:
        problem = _problem(as_images, names, images)
        raise PathColumnsError(f"{source.name}: {problem}", path=source.path)
    if len(columns) < images:
        raise source.error(f"has {len(columns)} columns, want {images} of paths, then labels")
    return list(range(images))


def _problem(as_images: Sequence[int], names: Sequence[str], images: int) -> str:
    if len(as_images) == 1:
        made = {2: "; 'caffe-multilabel list --pairs' makes a list of pairs of it"}
        made[3] = "; 'caffe-multilabel list --triplets' makes a list of triplets of it"
        return (
            f"this list has one image a line, in column {called(as_images, names)}, and "
            f"data.images_per_record (--images_per_record) is {images}{made.get(images, '')}"
        )
    wanted = listed(path_names(images))
    return (
        f"has {len(as_images)} columns of paths of images, {called(as_images, names)}, and "
        f"data.images_per_record (--images_per_record) is {images}; let the header call those of "
        f"a record {wanted}"
    )


def _named(source: Source, names: Sequence[str], name: str) -> int:
    if name in names:
        return names.index(name)
    raise source.error(
        f"no column is named '{name}'; beside path_1 the columns are "
        f"{listed([each or '(no name)' for each in names if each != 'path_1'])}"
    )


def _alike(columns: Sequence[int], names: Sequence[str], images: int) -> list[list[int]]:
    """Return the columns with names of paths that differ in a number alone, as many as images."""
    groups: defaultdict[str, list[int]] = defaultdict(list)
    for index in columns:
        parted = _numbered(names[index].strip())
        if parted and is_path_name(parted[1]):
            groups[letters(parted[1])].append(index)
    full = (group for group in groups.values() if len(group) == images)
    return list(filter(None, (_by_number(group, names) for group in full)))


def _by_number(columns: Sequence[int], names: Sequence[str]) -> list[int]:
    """Return columns in the order of their numbers or letters; nothing where names have none.

    Names are the same but for these, which count from 0, 1 or A.
    """
    parted = [_numbered(names[index].strip()) for index in columns]
    marks = [each[2].casefold() for each in parted if each]
    if len(marks) < len(columns) or len({letters(each[1]) for each in parted if each}) > 1:
        return []
    counted = [int(mark) if mark.isdigit() else ord(mark) - ord("a") + 1 for mark in marks]
    order = sorted(range(len(columns)), key=counted.__getitem__)
    ranks = [counted[place] for place in order]
    if ranks not in (list(range(len(ranks))), list(range(1, len(ranks) + 1))):
        return []
    return [columns[place] for place in order]
