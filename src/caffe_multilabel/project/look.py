"""A look at some of a list's images: how large they are, and whether they have color."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from random import Random
from statistics import median
from typing import TYPE_CHECKING

from caffe_multilabel import _core
from caffe_multilabel.errors import ImageError
from caffe_multilabel.project.files import files_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["ImageLook", "look_at_images"]

_MOST = 50
"""Images to decode; photographs of a camera take a tenth of a second each."""


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
