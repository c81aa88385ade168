"""Label columns that say which image they are of by the words of the columns of paths."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from caffe_multilabel._base.text import listed
from caffe_multilabel.data.matching import are_wanted
from caffe_multilabel.errors import ListError
from caffe_multilabel.labels.schema import image_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caffe_multilabel.data.matching import WantedColumn
    from caffe_multilabel.lists.image_words import ImageWords

__all__ = ["check_image_order", "names_by_image"]


def names_by_image(
    names: Sequence[str], wanted: Sequence[WantedColumn], images: ImageWords
) -> list[str]:
    """Return names of label columns with the numbers of their images, as tasks are called.

    Beside the paths `img_b` and `img_a`, `vid_b` is `vid_1` and `vid_a` is `vid_2`. Columns that
    hold values of tasks by such words keep their names.

    Args:
        names: of the label columns.
        wanted: what the tasks read.
        images: what the columns of the paths are told apart by.
    """
    called = list(names)
    for stem, places in _families(names, images).items():
        new = {place: image_name(stem, image) for place, image in places}
        others = {name for place, name in enumerate(called) if place not in new}
        if are_wanted(new.values(), wanted) and not others.intersection(new.values()):
            for place, name in new.items():
                called[place] = name
    return called


def check_image_order(names: Sequence[str], images: ImageWords, source: str) -> None:
    """Refuse label columns taken in their order that stand in another one than the images.

    Raises:
        ListError: they do.
    """
    for places in _families(names, images).values():
        if [image for _, image in places] != sorted(image for _, image in places):
            own = listed([repr(names[place]) for place, _ in places])
            raise ListError(
                f"{source}: {own} are not in the order of the images, and the header names no "
                "task; name columns and tasks alike, or write `columns:` in the tasks",
                path=source,
            )


def _families(names: Sequence[str], images: ImageWords) -> dict[str, list[tuple[int, int]]]:
    """Return columns alike but for their image: of each its place and image."""
    found: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    for place, name in enumerate(names):
        told = images.image_of(name)
        if told is not None:
            found[told[0].casefold()].append((place, told[1]))
    return {
        stem: places
        for stem, places in found.items()
        if len(places) == len({image for _, image in places}) > 1
    }
