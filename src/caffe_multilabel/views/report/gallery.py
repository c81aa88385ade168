"""The images on the page: which are chosen, and each in small with its labels and landmarks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from caffe_multilabel.labels.describe import describe_labels_briefly
from caffe_multilabel.views.images import inline_image, viewable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from caffe_multilabel.labels.layout import LabelTask
    from caffe_multilabel.views.images import InlineImage
    from caffe_multilabel.views.report.landmarks import Landmarks
    from caffe_multilabel.views.report.pair import ReportPair

__all__ = ["Point", "Thumbnail", "choose_images", "make_thumbnails"]

_MOST_SIDE = 160


@dataclass(frozen=True, slots=True)
class Point:
    """A landmark.

    Attributes:
        x: its place in per cent of the image's width.
        y: likewise of its height.
        task: the index of its task among those that are landmarks.
    """

    x: float
    y: float
    task: int


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """An image of the page.

    Attributes:
        image: the image in small.
        full_size: width and height of the image in the DB, as text; of several how many they are.
        key: its key.
        pair: `train` or `val`.
        labels: name of each task, and what its labels mean.
        points: its landmarks.
    """

    image: InlineImage
    full_size: str
    key: str
    pair: str
    labels: tuple[tuple[str, str], ...]
    points: tuple[Point, ...]


def choose_images(
    tasks: Sequence[LabelTask],
    labels: NDArray[np.float32],
    readable: NDArray[np.bool_],
    count: int,
) -> list[int]:
    """Choose images at random so that, as far as may be, every class is among them.

    The same labels give the same choice.

    Args:
        tasks: the tasks.
        labels: float32 (N, L).
        readable: bool (N,), which images may be chosen.
        count: how many.

    Returns:
        Their indices, rising.
    """
    order = np.random.Generator(np.random.PCG64(0)).permutation(len(labels))
    order = order[readable[order]]
    if len(order) <= count:
        return sorted(order.tolist())
    chosen: dict[int, None] = {}
    # Rare classes first: an image of a rare class shows a common one of another task as well.
    for holders in sorted(_holders(tasks, labels[order]), key=len):
        if len(chosen) == count:
            break
        if not any(int(order[index]) in chosen for index in holders):
            chosen[int(order[holders[0]])] = None
    for index in order.tolist():
        if len(chosen) == count:
            break
        chosen[index] = None
    return sorted(chosen)


def make_thumbnails(
    pair: ReportPair,
    indices: Iterable[int],
    tasks: Sequence[LabelTask],
    landmarks: Sequence[Landmarks],
) -> list[Thumbnail]:
    """Make small images.

    Args:
        pair: where they are.
        indices: of the images, all of them readable.
        tasks: the tasks whose labels are written beside them.
        landmarks: the tasks whose labels are drawn on them.
    """
    return [_thumbnail(pair, index, tasks, landmarks) for index in indices]


def _thumbnail(
    pair: ReportPair, index: int, tasks: Sequence[LabelTask], landmarks: Sequence[Landmarks]
) -> Thumbnail:
    images = pair.reader.record.images
    image = viewable(pair.reader.read(index), pair.reader.record)
    _, height, width = image.shape
    labels = pair.table.labels[index]
    return Thumbnail(
        image=inline_image(image, _MOST_SIDE),
        full_size=("" if images == 1 else f"{images} of ") + f"{width // images} × {height}",  # noqa: RUF001  (the sign is meant)
        key=pair.key_text(index),
        pair=pair.name,
        labels=tuple((task.name, describe_labels_briefly(task, labels)) for task in tasks),
        points=tuple(
            Point(x, y, which)
            for which, each in enumerate(landmarks if images == 1 else ())  # of which, none tells
            for x, y in each.positions(labels, height, width)
        ),
    )


def _holders(
    tasks: Sequence[LabelTask], labels: NDArray[np.float32]
) -> Iterator[NDArray[np.int64]]:
    """Give for each class and each yes the indices of the records that have it."""
    for task in tasks:
        if task.kind == "class":
            indices = task.indices(labels[:, task.columns[0]])
            order = np.argsort(indices, kind="stable")
            cuts = np.flatnonzero(np.diff(indices[order])) + 1
            yield from (part for part in np.split(order, cuts) if indices[part[0]] >= 0)
        elif task.kind == "binary":
            for column in task.columns:
                holders = np.flatnonzero(labels[:, column] == 1)
                if len(holders):
                    yield holders
