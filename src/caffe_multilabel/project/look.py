"""A look at a list's images: whether they are there, how large they are, in color or gray."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import median
from typing import TYPE_CHECKING

from caffe_multilabel import _core
from caffe_multilabel._base.text import plural
from caffe_multilabel._base.utf8 import from_utf8, to_utf8
from caffe_multilabel.errors import ImageError, ListError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from caffe_multilabel.lists.table import ImageTable

__all__ = ["ImageLook", "Images", "files_of", "look_at_images", "say_what_is_missing"]

_MOST = 50
"""Images to decode, as photographs of a camera take a tenth of a second each; and folders to look
into."""


@dataclass(frozen=True, slots=True)
class ImageLook:
    """What some images are like.

    Attributes:
        sizes: how many have each (width, height) in pixels.
        gray: whether all of them have one channel.
        unreadable: how many could not be read.
    """

    sizes: Mapping[tuple[int, int], int]
    gray: bool
    unreadable: int

    @property
    def usual(self) -> tuple[int, int] | None:
        """The median width and height; None where no image could be read."""
        if not self.sizes:
            return None
        widths, heights = (
            [size[axis] for size, count in self.sizes.items() for _ in range(count)]
            for axis in (0, 1)
        )
        return round(median(widths)), round(median(heights))


def files_of(paths: Iterable[str], root: str) -> Iterator[bytes]:
    """Give the files of a list's images, as a conversion looks for them.

    Args:
        paths: as `ImageTable` has them.
        root: put before each path, with a "/" between them where there is none.
    """
    begin = os.fsencode(f"{root}/" if root and not root.endswith("/") else root)
    return (begin + to_utf8(path) for path in paths)


@dataclass(frozen=True, slots=True)
class Images:
    """The image files of a list.

    Attributes:
        digest: of their sizes and times, and of who may read them: one of these changes when an
            image does, or can be read from then on.
        missing: how many are not there.
        first_missing: which of them comes first, from 0; None where all are there.
    """

    digest: str
    missing: int = 0
    first_missing: int | None = None

    @classmethod
    def of(cls, paths: Iterable[str], root: str) -> Images:
        """Look for all of them, as a conversion does."""
        found = hashlib.blake2b(digest_size=16)
        missing, first = 0, None
        for index, path in enumerate(files_of(paths, root)):
            try:
                facts = os.stat(path)  # noqa: PTH116  (a million of them)
            except (OSError, ValueError):
                found.update(b"none;")
                missing += 1
                first = index if first is None else first
                continue
            found.update(b"%d %d %o;" % (facts.st_size, facts.st_mtime_ns, facts.st_mode))
        return cls(found.hexdigest(), missing, first)


def say_what_is_missing(table: ImageTable, images: Images, root: str) -> str:
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
    here, above = Path(root or "."), Path(root or ".") / ".."
    near = [above, above / "..", *_folders_in(here), *_folders_in(above)]
    for folder in near[:_MOST]:
        [tried] = files_of([path], os.path.normpath(folder))
        if os.path.isfile(tried):  # noqa: PTH113  (bytes of a list)
            return f"; did you mean --root={os.path.normpath(folder)}?"
    return ""


def _folders_in(folder: Path) -> list[Path]:
    try:
        return sorted(each for each in folder.iterdir() if each.is_dir())
    except OSError:
        return []


def _spread(count: int) -> list[int]:
    """Return indices spread over all records, one drawn in each part of the list.

    Even steps would fall in with lists in which cameras, or sizes, take turns.
    """
    if count <= _MOST:
        return list(range(count))
    drawn = Random(count)
    return [
        drawn.randrange(part * count // _MOST, (part + 1) * count // _MOST) for part in range(_MOST)
    ]


def look_at_images(paths: Sequence[str], root: str = "") -> ImageLook:
    """Look at some images of a list, spread over all of it.

    Args:
        paths: of all images, as `ImageTable` has them.
        root: as `files_of` takes it.
    """
    sizes: Counter[tuple[int, int]] = Counter()
    colored = unreadable = 0
    for path in files_of([paths[index] for index in _spread(len(paths))], root):
        try:
            with open(path, "rb") as file:  # noqa: PTH123  (bytes of a list)
                channels, height, width = _core.decode_image(file.read(), "stored").shape
        except (OSError, ImageError, ValueError):
            unreadable += 1
            continue
        sizes[width, height] += 1
        colored += channels != 1
    return ImageLook(dict(sizes), gray=bool(sizes) and not colored, unreadable=unreadable)
