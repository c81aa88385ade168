"""Small pictures for the page, inside the page."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from caffe_multilabel import _core
from caffe_multilabel.labels.describe import describe_labels_briefly
from caffe_multilabel.views.images.shrink import shrink
from caffe_multilabel.views.images.viewable import viewable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from caffe_multilabel.labels.layout import LabelTask
    from caffe_multilabel.views.report.landmarks import Landmarks
    from caffe_multilabel.views.report.pair import ReportPair

__all__ = ["Point", "Thumbnail", "make_thumbnails"]

_MOST_SIDE = 160


@dataclass(frozen=True, slots=True)
class Point:
    """A landmark.

    Attributes:
        x: its place in per cent of the picture's width.
        y: likewise of its height.
        task: the place of its task among those that are landmarks.
    """

    x: float
    y: float
    task: int


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A picture of the page.

    Attributes:
        uri: the picture as a data URI.
        width: its width in pixels.
        height: its height in pixels.
        full_size: width and height of the picture in the DB, as text.
        key: its key.
        pair: `train` or `val`.
        labels: name of each task, and what its labels mean.
        points: its landmarks.
    """

    uri: str
    width: int
    height: int
    full_size: str
    key: str
    pair: str
    labels: tuple[tuple[str, str], ...]
    points: tuple[Point, ...]


def make_thumbnails(
    pair: ReportPair,
    places: Iterable[int],
    tasks: Sequence[LabelTask],
    landmarks: Sequence[Landmarks],
) -> list[Thumbnail]:
    """Make small pictures.

    Args:
        pair: where they are.
        places: their places, all of them readable.
        tasks: the tasks whose labels are written beside them.
        landmarks: the tasks whose labels are drawn on them.
    """
    return [_thumbnail(pair, place, tasks, landmarks) for place in places]


def _thumbnail(
    pair: ReportPair, place: int, tasks: Sequence[LabelTask], landmarks: Sequence[Landmarks]
) -> Thumbnail:
    picture = viewable(pair.reader.read(place))
    _, height, width = picture.shape
    factor = min(1.0, _MOST_SIDE / max(height, width))
    small_height, small_width = max(1, round(height * factor)), max(1, round(width * factor))
    if factor < 1:
        picture = np.rint(shrink(picture, small_height, small_width)).astype(np.uint8)
    # What is very small is shown with its pixels, which JPEG would blur.
    kind = "png" if max(small_height, small_width) < 64 else "jpeg"
    pixels = np.ascontiguousarray(picture.transpose(1, 2, 0))
    content = _core.encode_image(pixels, "png" if kind == "png" else "jpg")
    labels = pair.table.labels[place]
    return Thumbnail(
        uri=f"data:image/{kind};base64,{base64.b64encode(content).decode()}",
        width=small_width,
        height=small_height,
        full_size=f"{width} × {height}",  # noqa: RUF001  (the sign is meant)
        key=pair.key_text(place),
        pair=pair.name,
        labels=tuple((task.name, describe_labels_briefly(task, labels)) for task in tasks),
        points=tuple(
            Point(x, y, which)
            for which, each in enumerate(landmarks)
            for x, y in each.places(labels, height, width)
        ),
    )
