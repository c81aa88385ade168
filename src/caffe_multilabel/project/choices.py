"""What the user wants of a project, as its commands take it."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from caffe_multilabel._base.arguments import (
    MAX_SIDE,
    instance_of,
    is_one_of,
    path_text,
    root_text,
    whole_number,
    whole_numbers,
)
from caffe_multilabel._base.core_options import ListKind
from caffe_multilabel._base.text import shown
from caffe_multilabel.data.split.shares import exact_shares
from caffe_multilabel.errors import ListError, OptionError
from caffe_multilabel.project.proposal import check_backbone

if TYPE_CHECKING:
    from caffe_multilabel._base.arguments import StrPath

__all__ = ["Choices", "make_choices", "seen_from"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What the user wants; paths as they are seen from the project's folder.

    Attributes:
        source: the list.
        root: what the paths of images begin at.
        kind: what the list is.
        path_column: the column of the paths, or None.
        path_prefix: put before each path.
        path_suffix: put behind each path.
        name: of the net.
        backbone: a built-in, or None.
        resize: width and height of images, or None.
        val: share of the records to validate with; None where the list may tell.
        val_list: a second list, to validate with, or None.
        seed: of the split and of the order of records.
    """

    source: str
    root: str
    kind: ListKind
    path_column: str | int | None
    path_prefix: str
    path_suffix: str
    name: str
    backbone: str | None
    resize: tuple[int, int] | None
    val: str | None
    val_list: str | None
    seed: int


def make_choices(
    source: StrPath,
    project: Path,
    *,
    root: StrPath | None,
    kind: ListKind,
    path_column: str | int | None,
    path_prefix: str,
    path_suffix: str,
    name: str | None,
    backbone: str | None,
    resize: tuple[int, int] | None,
    val: str | None,
    val_list: StrPath | None,
    seed: int,
) -> Choices:
    """Check what the user gave, and look at it from the project's folder.

    Raises:
        ListError: there is no such list.
        OptionError: an argument is out of its range, the root is no folder, or a list is standard
            input, which can be read only once.
    """
    if val is not None and val_list is not None:
        raise OptionError("val_list says what to validate with; leave out val")
    listed = _lists(source, val_list)
    if not is_one_of(kind, get_args(ListKind)):
        raise OptionError(f"kind is {shown(kind)}, must be one of {', '.join(get_args(ListKind))}")
    if type(path_column) not in (str, int, type(None)):
        raise OptionError(f"path_column is {shown(path_column)}, must be a name or a number")
    for what, text in (
        ("name", "net" if name is None else name),
        ("val", "0" if val is None else val),
        ("path_prefix", path_prefix),
        ("path_suffix", path_suffix),
    ):
        if not instance_of(what, text, str, "text").isprintable():
            raise OptionError(f"{what} is {shown(text)}, must be text without control characters")
    check_backbone(backbone)
    if resize is not None:
        width, height = whole_numbers("resize", resize, ("width", "height"), 1, MAX_SIDE)
        resize = (width, height)
    if val is not None:
        exact_shares(val)
    seed = whole_number("seed", seed, 0)
    root = None if root is None else root_text(root)
    if root is None:
        root = os.path.commonpath([_folder_of(path) for path in listed])
    return Choices(
        source=seen_from(project, listed[0]),
        root=seen_from(project, root),
        kind=kind,
        path_column=path_column,
        path_prefix=path_prefix,
        path_suffix=path_suffix,
        name=name or re.sub(r"\W+", "_", project.resolve().name).strip("_") or "net",
        backbone=backbone,
        resize=resize,
        val=val,
        val_list=seen_from(project, listed[1]) if val_list is not None else None,
        seed=seed,
    )


def _lists(source: StrPath, val_list: StrPath | None) -> list[str]:
    """Return the paths of the lists, of which there are one or two."""
    paths = [path_text("source", source)]
    if val_list is not None:
        paths.append(path_text("val_list", val_list))
    for path in paths:
        if path == "-":
            raise OptionError("a project reads its list again when it changes; give it as a file")
        if not os.path.lexists(path):
            raise ListError(f"{path}: No such file or directory", path=path)
    return paths


def _folder_of(path: str) -> str:
    """Return the folder that a list's paths begin at, if nothing else is said."""
    found = Path(os.path.normpath(Path.cwd() / path))
    return os.fspath(found if found.is_dir() else found.parent)


def seen_from(folder: StrPath, path: StrPath) -> str:
    """Return a path as it is from a folder: absolute where they have nothing in common."""
    here, there = os.path.realpath(folder), os.path.realpath(path or ".")
    if os.path.commonpath([here, there]) == os.sep:
        return there
    return os.path.relpath(there, here)
