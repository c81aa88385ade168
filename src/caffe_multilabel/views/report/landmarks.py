"""Tells which tasks are points in the image."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from caffe_multilabel.labels.layout import LabelTask

__all__ = ["Landmarks", "find_landmarks"]

_MARGIN = 0.1
"""Points may be a little out of the image: a face that is cut off has its ear there."""
_INSIDE = 0.99


@dataclass(frozen=True, slots=True)
class Landmarks:
    """A task of points.

    Attributes:
        task: its name.
        columns: for each point the label columns of its x and its y.
        fractions: they are parts of width and height, not pixels.
        unknown: the label of what nobody knows, or None.
    """

    task: str
    columns: tuple[tuple[int, int], ...]
    fractions: bool
    unknown: float | None = None

    def positions(
        self, labels: NDArray[np.float32], height: int, width: int
    ) -> list[tuple[float, float]]:
        """Return the points of a record as x and y in per cent of the image's sides.

        Args:
            labels: all labels of the record, float32 (L,).
            height: of the image.
            width: of the image.
        """
        sides = (1.0, 1.0) if self.fractions else (float(width), float(height))
        points = []
        for x_column, y_column in self.columns:
            if self.unknown in (labels[x_column], labels[y_column]):
                continue
            x, y = float(labels[x_column]) / sides[0], float(labels[y_column]) / sides[1]
            if -_MARGIN <= x <= 1 + _MARGIN and -_MARGIN <= y <= 1 + _MARGIN:
                points.append((round(100 * x, 1), round(100 * y, 1)))
        return points


def find_landmarks(
    tasks: Sequence[LabelTask],
    labels: NDArray[np.float32],
    shapes: NDArray[np.int32],
) -> tuple[Landmarks, ...]:
    """Find the tasks whose labels look like points in the image.

    They are real numbers, two for each point, named as x and y if they have names, and nearly all
    of them are parts of the image's sides, or pixels within it.

    Args:
        tasks: the tasks.
        labels: float32 (N, L).
        shapes: int32 (N, 3), channels, height and width of the images.
    """
    found = []
    for task in tasks:
        pairs = _pairs(task)
        if pairs:
            points = np.stack([labels[:, [x for x, _ in pairs]], labels[:, [y for _, y in pairs]]])
            sides = shapes[:, [2, 1]].T[:, :, np.newaxis].astype(np.float32)
            known = ~task.missing(points)
            if not known.any() or np.ptp(np.nan_to_num(points[known])) == 0:
                continue
            unknown = task.rule.ignore
            if _inside(points, np.ones_like(sides), known):
                found.append(Landmarks(task.name, pairs, fractions=True, unknown=unknown))
            elif _inside(points, sides, known):
                found.append(Landmarks(task.name, pairs, fractions=False, unknown=unknown))
    return tuple(found)


def _inside(
    points: NDArray[np.float32], sides: NDArray[np.float32], known: NDArray[np.bool_]
) -> bool:
    good = (points >= -_MARGIN * sides) & (points <= (1 + _MARGIN) * sides)
    return bool(good[known].mean() >= _INSIDE)


def _pairs(task: LabelTask) -> tuple[tuple[int, int], ...]:
    """Return the columns of each point's x and y; none where the task cannot be points."""
    columns = task.columns
    if task.kind != "real" or len(columns) % 2:
        return ()
    if not task.value_names:
        return tuple(zip(columns[::2], columns[1::2], strict=True))
    axes = [_axis(name) for name in task.value_names]
    across = [column for column, axis in zip(columns, axes, strict=True) if axis == "x"]
    down = [column for column, axis in zip(columns, axes, strict=True) if axis == "y"]
    if 2 * len(across) != len(columns) or 2 * len(down) != len(columns):
        return ()
    return tuple(zip(across, down, strict=True))


def _axis(name: str) -> str:
    """Return the x or y that a value's name has as a word, as in `left_eye_x` or `x3`."""
    words = re.findall(r"[a-z]+", name.lower())
    axes = [word for word in words if word in ("x", "y")]
    return axes[0] if len(axes) == 1 else ""
