"""The image files of a list: where they are looked for, and whether they are there."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from caffe_multilabel._base.text import plural
from caffe_multilabel._base.utf8 import from_utf8, to_utf8
from caffe_multilabel.errors import ListError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from caffe_multilabel.lists.table import ImageTable

__all__ = ["FilesSeen", "files_of", "say_what_is_missing"]

_LOOKED_AT = 1000
"""Entries of a folder; there may be a million images beside the folder that is looked for."""


def files_of(paths: Iterable[str], root: str) -> Iterator[bytes]:
    """Give the files of a list's images, as a conversion looks for them.

    Args:
        paths: as `ImageTable` has them.
        root: put before each path, with a "/" between them where there is none.
    """
    begin = os.fsencode(f"{root}/" if root and not root.endswith("/") else root)
    return (begin + to_utf8(path) for path in paths)


@dataclass(frozen=True, slots=True)
class FilesSeen:
    """Files as they were found.

    Attributes:
        digest: of their sizes and times, and of who may read them: one of these changes when a
            file does, or can be read from then on.
        missing: how many are not there.
        first_missing: which of them comes first, from 0; None where all are there.
    """

    digest: str
    missing: int = 0
    first_missing: int | None = None

    @classmethod
    def of(cls, paths: Iterable[str], root: str) -> FilesSeen:
        """Look for all of them.

        Args:
            paths: as `ImageTable` has them.
            root: as `files_of` takes it.
        """
        found = hashlib.blake2b(digest_size=16)
        missing, first = 0, None
        for index, path in enumerate(files_of(paths, root)):
            try:
                facts = os.stat(path)  # noqa: PTH116  (a million of them)
            except (FileNotFoundError, NotADirectoryError):
                found.update(b"none;")
                missing += 1
                first = index if first is None else first
                continue
            except (OSError, ValueError):  # whether it is there cannot be told
                found.update(b"none;")
                continue
            found.update(b"%d %d %o;" % (facts.st_size, facts.st_mtime_ns, facts.st_mode))
        return cls(found.hexdigest(), missing, first)


def say_what_is_missing(table: ImageTable, images: FilesSeen, root: str) -> str:
    """Return a sentence on the images of a list that are not there; empty where all are.

    Args:
        table: the list.
        images: its files.
        root: the folder that its paths begin at, as the user sees it.

    Raises:
        ListError: none of them is there.
    """
    if images.first_missing is None:
        return ""
    [first] = files_of([table.paths[images.first_missing]], root)
    name = from_utf8(first)
    if images.missing < len(table):
        return (
            f"{images.missing:,} of {plural(len(table), 'image', thousands=True)} are not there, "
            f"{name} the first of them: they are left out of the DBs"
        )
    raise ListError(
        f"{table.source}: none of its {plural(len(table), 'image', thousands=True)} is there: not "
        f"{name}; --root is the folder that the paths begin at, here {root or '.'}"
        f"{_other_root(table.paths[0], root)}",
        path=table.source,
    )


def _other_root(path: str, root: str) -> str:
    """Return a hint at a folder near the root in which the image is."""
    if path.startswith("/") and os.path.isfile(os.fsencode(path)):  # noqa: PTH113
        return "; the paths are absolute: give --root=/"
    here, above = Path(root or "."), Path(root or ".") / ".."
    near = [above, above / "..", *_folders_in(here), *_folders_in(above)]
    for folder in near:
        [tried] = files_of([path], os.path.normpath(folder))
        if os.path.isfile(tried):  # noqa: PTH113  (bytes of a list)
            return f"; did you mean --root={os.path.normpath(folder)}?"
    return ""


def _folders_in(folder: Path) -> list[Path]:
    """Return folders in a folder, among the first of what is in it."""
    try:
        with os.scandir(folder) as entries:
            some = [entry for entry in islice(entries, _LOOKED_AT) if entry.is_dir()]
    except OSError:
        return []
    return sorted(folder / entry.name for entry in some)
