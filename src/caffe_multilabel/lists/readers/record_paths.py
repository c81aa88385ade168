"""Which columns hold the paths of records of several images."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from caffe_multilabel._base.text import listed
from caffe_multilabel.lists.image_words import ImageWords
from caffe_multilabel.lists.readers.paths import (
    PathColumnsError,
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

__all__ = ["find_path_columns"]

_numbered = re.compile(r"(.*?)[\s_.-]*([0-9]+|[A-Za-z])").fullmatch


def find_path_columns(
    source: Source, names: Sequence[str], columns: Sequence[Sequence[str]], options: ReadOptions
) -> list[int]:
    """Return the indices of the columns of the paths, the first image's first.

    They are those that the header calls `path_1` to `path_K`; else the columns whose cells end as
    images do, if there are K, in their order, or in that of their numbers, as of `image1` and
    `image2`, or roles, as `anchor` and `positive`; else those with names alike but for a number or
    a letter. Where no cell ends so, they are the first ones. See `ImageWords` for their order.

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
        return _in_order(as_images, names)
    alike = _alike(as_images if len(as_images) > images else range(len(names)), names, images)
    if len(alike) == 1:
        return alike[0]
    if as_images:
        problem = _problem(as_images, names, images)
        raise PathColumnsError(f"{source.name}: {problem}", path=source.path)
    if len(columns) < images:
        raise source.error(f"has {len(columns)} columns, want {images} of paths, then labels")
    return _in_order(range(images), names)


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
    """Return columns with names of paths alike but for a number or letter, as many as images."""
    groups: defaultdict[str, list[int]] = defaultdict(list)
    for index in columns:
        parted = _numbered(names[index].strip())
        if parted and is_path_name(parted[1]):
            groups[letters(parted[1])].append(index)
    return [_in_order(group, names) for group in groups.values() if len(group) == images]


def _in_order(columns: Sequence[int], names: Sequence[str]) -> list[int]:
    """Return columns in the order of the images that their names tell."""
    return [columns[place] for place in ImageWords.of([names[at] for at in columns]).order]
