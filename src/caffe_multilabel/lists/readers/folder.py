"""A folder for each class, as torchvision, Keras and ImageNet have them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from caffe_multilabel._base.text import listed, plural
from caffe_multilabel.lists.readers.paths import is_image
from caffe_multilabel.lists.readers.rows import finish_table
from caffe_multilabel.lists.readers.source import Reader
from caffe_multilabel.lists.table import Column, ImageTable
from caffe_multilabel.lists.texts import natural_order

if TYPE_CHECKING:
    from collections.abc import Iterator

    from caffe_multilabel.lists.readers.source import ReadOptions, Source

__all__ = ["FOLDER"]

_PARTS = {"train", "training", "val", "valid", "validation", "test", "testing", "eval", "dev"}


def _recognises(source: Source) -> bool:
    return source.is_folder


def _read(source: Source, options: ReadOptions) -> ImageTable:
    passed = {"hidden": 0, "other": 0}
    found = list(_images(Path(source.path), passed))
    loose = sum(len(parts) == 1 for parts in found)
    found = [parts for parts in found if len(parts) > 1]
    if not found:
        raise source.error(
            f"has {plural(loose, 'image')} in it, and no folders of images; each class must have a "
            "folder of its own"
        )
    notes = [
        f"passed over: {plural(count, 'file')}, {why}"
        for count, why in (
            (passed["hidden"], "hidden"),
            (passed["other"], "no image by its name"),
            (loose, "beside the folders of the classes"),
        )
        if count
    ]
    in_parts = {parts[0].lower() for parts in found} <= _PARTS and all(
        len(parts) > 2 for parts in found
    )
    names = ("split", "class") if in_parts else ("class",)
    columns = tuple(
        Column.of(name, (parts[level] for parts in found)) for level, name in enumerate(names)
    )
    classes = columns[-1].values
    notes.append(f"{plural(len(classes), 'class')}: {listed(list(classes))}")
    if in_parts:
        notes.append(f"the folders {listed(list(columns[0].values))} are the column 'split'")
    elif any(len(parts) > 2 for parts in found):
        notes.append("images lie in folders of the classes' folders; the outer ones are the class")
    top = source.relative(source.path, options.root)
    paths = [os.path.normpath(os.path.join(top, *parts)) for parts in found]  # noqa: PTH118  (no file)
    lines = np.arange(1, len(paths) + 1)
    return finish_table(
        ImageTable(source.path, paths, columns, lines, tuple(notes)), options, source
    )


def _images(
    folder: Path, passed: dict[str, int], above: tuple[str, ...] = ()
) -> Iterator[tuple[str, ...]]:
    """Go through the images below a folder in natural order, each by its folders and name."""
    try:
        entries = sorted(
            os.scandir(folder), key=lambda entry: (natural_order(entry.name), entry.name)
        )
    except OSError:
        passed["other"] += 1
        return
    for entry in entries:
        try:
            is_folder, is_file = entry.is_dir(follow_symlinks=not above), entry.is_file()
        except OSError:  # a link to itself
            is_folder = is_file = False
        if entry.name.startswith("."):
            passed["hidden"] += 1
        elif is_folder:
            yield from _images(Path(entry.path), passed, (*above, entry.name))
        elif is_file and is_image(entry.name):
            yield (*above, entry.name)
        else:
            passed["other"] += 1


FOLDER = Reader(
    "folder",
    "a folder with a folder of images for each class, or those in folders train, val and test",
    _recognises,
    _read,
)
