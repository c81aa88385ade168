"""A folder for each class, as torchvision, Keras and ImageNet have them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from caffe_multilabel._base.text import listed, plural
from caffe_multilabel._base.utf8 import file_name, text_of_name
from caffe_multilabel.lists.readers.paths import is_image
from caffe_multilabel.lists.readers.rows import finish_table
from caffe_multilabel.lists.readers.source import Reader
from caffe_multilabel.lists.table import Column, ImageTable
from caffe_multilabel.lists.texts import natural_order

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from caffe_multilabel.lists.readers.source import ReadOptions, Source

__all__ = ["FOLDER"]

_PARTS = {"train", "training", "val", "valid", "validation", "test", "testing", "eval", "dev"}


def _recognises(source: Source) -> bool:
    return source.is_folder


def _read(source: Source, options: ReadOptions) -> ImageTable:
    passed = {"hidden": 0, "other": 0}
    folders: list[tuple[str, ...]] = []
    closed: list[str] = []
    found = list(_images(Path(source.path), passed, folders, closed))
    loose = sum(len(parts) == 1 for parts in found)
    found = [parts for parts in found if len(parts) > 1]
    warnings = []
    if closed:
        some = plural(len(closed), "folder")
        warnings.append(
            f"{some} cannot be read, and the images there are missing: {listed(closed)}"
        )
    if not found:
        raise source.error(
            f"has {plural(loose, 'image')} in it, and no folders of images; each class must have a "
            "folder of its own" + "".join(f"; {warning}" for warning in warnings)
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
    warnings += _without_images(folders, found, len(names))
    warnings += _links_inside(Path(source.path), {parts[0] for parts in found})
    top = text_of_name(source.relative(source.path, options.root))
    paths = [os.path.normpath(os.path.join(top, *parts)) for parts in found]  # noqa: PTH118  (no file)
    lines = np.arange(1, len(paths) + 1)
    table = ImageTable(source.path, paths, columns, lines, tuple(notes), warnings=tuple(warnings))
    return finish_table(table, options, source)


def _without_images(
    folders: Sequence[tuple[str, ...]], found: Sequence[tuple[str, ...]], levels: int
) -> Iterator[str]:
    """Say which folders of classes, or above them, have no image: they make no class.

    Args:
        folders: all folders.
        found: the images, each by its folders and name.
        levels: how deep the folders of the classes lie.
    """
    filled = {parts[:depth] for parts in found for depth in range(levels + 1)}
    empty = [
        "/".join(parts)
        for parts in folders
        if len(parts) <= levels and parts not in filled and parts[:-1] in filled
    ]
    if empty:
        some = plural(len(empty), "folder")
        yield f"{some} without an image, of which no record comes: {listed(empty)}"


def _links_inside(top: Path, folders: Iterable[str]) -> Iterator[str]:
    """Say which folders are links to others of them."""
    real = top.resolve()
    links = [
        f"{name} -> {os.fspath((top / file_name(name)).readlink())}"
        for name in sorted(folders)
        if (top / file_name(name)).is_symlink()
        and (top / file_name(name)).resolve().is_relative_to(real)
    ]
    if links:
        yield f"links to other folders here, so their images come under two names: {listed(links)}"


def _images(
    folder: Path,
    passed: dict[str, int],
    folders: list[tuple[str, ...]],
    closed: list[str],
    above: tuple[str, ...] = (),
) -> Iterator[tuple[str, ...]]:
    """Go through the images below a folder in natural order, each by its folders and name.

    Args:
        folder: the folder.
        passed: gets counts of other files.
        folders: gets the folders that could be read.
        closed: gets those that could not, and why.
        above: those that this folder is in, below the first one, and its own name.
    """
    try:
        entries = sorted(
            os.scandir(folder), key=lambda entry: (natural_order(entry.name), entry.name)
        )
    except OSError as error:
        closed.append(f"{'/'.join(above) or folder} ({error.strerror})")
        return
    folders.append(above)
    for entry in entries:
        try:
            is_folder, is_file = entry.is_dir(follow_symlinks=not above), entry.is_file()
        except OSError:  # a link to itself
            is_folder = is_file = False
        if entry.name.startswith("."):
            passed["hidden"] += 1
        elif is_folder:
            name = text_of_name(entry.name)
            yield from _images(Path(entry.path), passed, folders, closed, (*above, name))
        elif is_file and is_image(entry.name):
            yield (*above, text_of_name(entry.name))
        else:
            passed["other"] += 1


FOLDER = Reader(
    "folder",
    "a folder with a folder of images for each class, or those in folders train, val and test",
    _recognises,
    _read,
)
