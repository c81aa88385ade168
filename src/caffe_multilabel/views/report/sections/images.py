"""Sizes and brightness of the images."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from caffe_multilabel.views.charts.histogram import histogram
from caffe_multilabel.views.charts.scale import Scale
from caffe_multilabel.views.charts.svg import dot_path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from caffe_multilabel.views.charts.histogram import Histogram
    from caffe_multilabel.views.charts.scale import Tick
    from caffe_multilabel.views.report.pair import ReportPair

__all__ = ["ImageSection", "SizePlot", "make_image_section"]

_MOST_SIZES = 5
_GRID = 80
_DARK, _BRIGHT = 4.0, 251.0
_MOST_KEYS = 5


@dataclass(frozen=True, slots=True)
class SizePlot:
    """Widths and heights as dots; a path for each set."""

    dots: tuple[str, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]


@dataclass(frozen=True, slots=True)
class ImageSection:
    """What images are like.

    Attributes:
        sizes: the commonest sizes, as text, with the number of images.
        other_sizes: how many further sizes there are.
        plot: all sizes; None where there is only one.
        brightness: how bright images are.
        unreadable: images that cannot be read.
        problems: why, for the first of them.
        blank: images that are nearly black or nearly white all over.
        blank_keys: the keys of the first of them.
    """

    sizes: tuple[tuple[str, int], ...]
    other_sizes: int
    plot: SizePlot | None
    brightness: Histogram | None
    unreadable: int
    problems: tuple[str, ...]
    blank: int
    blank_keys: tuple[str, ...]


def make_image_section(pairs: Sequence[ReportPair]) -> ImageSection:
    """Sum up the images of the pairs, training first."""
    shapes = [pair.scan.shapes[pair.scan.readable] for pair in pairs]
    counts = Counter(map(tuple, np.concatenate(shapes).tolist()))
    brightness = [pair.scan.brightness[pair.scan.readable].astype(np.float64) for pair in pairs]
    seen = len(brightness[0]) > 0
    blank = [
        (pair, index)
        for pair in pairs
        for index in np.flatnonzero(pair.scan.readable & _is_blank(pair.scan.brightness)).tolist()
    ]
    return ImageSection(
        sizes=tuple((_size(shape), count) for shape, count in counts.most_common(_MOST_SIZES)),
        other_sizes=max(0, len(counts) - _MOST_SIZES),
        plot=_plot(shapes) if len({shape[1:] for shape in counts}) > 1 else None,
        brightness=histogram(*brightness, over=(0.0, 255.0)) if seen else None,
        unreadable=sum(int((~pair.scan.readable).sum()) for pair in pairs),
        problems=tuple(problem for pair in pairs for problem in pair.scan.problems),
        blank=len(blank),
        blank_keys=tuple(pair.key_text(index) for pair, index in blank[:_MOST_KEYS]),
    )


def _is_blank(brightness: NDArray[np.float32]) -> NDArray[np.bool_]:
    return (brightness < _DARK) | (brightness > _BRIGHT)


def _size(shape: Sequence[int]) -> str:
    channels, height, width = shape
    kind = {1: "gray", 3: "colour"}.get(channels, f"{channels} channels")
    return f"{width} × {height}, {kind}"  # noqa: RUF001  (the sign is meant)


def _plot(shapes: Sequence[NDArray[np.int32]]) -> SizePlot:
    sides = np.concatenate(shapes).astype(np.float64)
    across = Scale.over(sides[:, 2], margin=0.04)
    up = Scale.over(sides[:, 1], margin=0.04)
    dots = []
    for each in shapes:
        x, y = across.at(each[:, 2].astype(np.float64)), up.at(each[:, 1].astype(np.float64))
        # Dots that would cover each other are drawn once.
        indices = np.unique(np.rint(np.stack([x, y], axis=1) * (_GRID / 100)), axis=0)
        dots.append(dot_path(indices[:, 0] * (100 / _GRID), indices[:, 1] * (100 / _GRID)))
    return SizePlot(tuple(dots), across.ticks(5), up.ticks(4))
