"""The net as a drawing, and which task hangs where."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from caffe_multilabel.errors import PrototxtError
from caffe_multilabel.nets.lint.databases import PhaseDatabases, StoredPicture
from caffe_multilabel.nets.lint.load import load_net
from caffe_multilabel.nets.lint.look import view_phase
from caffe_multilabel.tasks import ResolvedTasks
from caffe_multilabel.views.report.network.boxes import Box, make_drawing
from caffe_multilabel.views.report.network.layout import lay_out
from caffe_multilabel.views.report.sections.heads import HeadRow, make_heads, task_style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caffe_multilabel.caffe.shapes import Shape
    from caffe_multilabel.data.records import StrPath
    from caffe_multilabel.labels.layout import LabelTask
    from caffe_multilabel.tasks import TaskFile

__all__ = ["DrawnBox", "NetSection", "make_net_section"]

_HEIGHT, _ROW = 42, 66
_LETTER, _BOLD_LETTER = 6.7, 8.2
"""Widths of letters in pixels, on the safe side: fonts differ."""
_PADDING = 24
_MOST_LETTERS = 40


@dataclass(frozen=True, slots=True)
class DrawnBox:
    """A box: its upper left corner and width, its look, and the texts in it."""

    x: float
    y: float
    width: float
    style: str
    name: str
    corner: str
    types: str
    title: str


@dataclass(frozen=True, slots=True)
class NetSection:
    """A net.

    Attributes:
        name: its name.
        width: of the drawing in pixels.
        height: likewise.
        boxes: its layers.
        lines: SVG paths of what connects them.
        heads: its losses.
        parameters: number of weights; None where not all layers could be measured.
        problem: why the net cannot be drawn; empty if it can.
    """

    name: str
    width: float
    height: float
    boxes: tuple[DrawnBox, ...]
    lines: tuple[str, ...]
    heads: tuple[HeadRow, ...]
    parameters: int | None
    problem: str = ""


def make_net_section(
    path: StrPath,
    *,
    picture: Shape | None,
    label: Shape,
    tasks: Sequence[LabelTask],
    task_file: TaskFile | None = None,
) -> NetSection:
    """Draw the net of phase TRAIN.

    Args:
        path: its prototxt.
        picture: shape of a picture in the image DB, if one could be read.
        label: shape of a record in the label DB.
        tasks: the tasks that label columns belong to.
        task_file: the task file, if there is one.

    Raises:
        PrototxtError: the net cannot be read.
    """
    loaded = load_net(path)
    name = str(loaded.net.name) or "net"
    stored = None if picture is None else StoredPicture(picture, encoded=True)
    try:
        view = view_phase(
            loaded,
            "TRAIN",
            PhaseDatabases(None, None),
            picture=stored,
            label=label,
            tasks=None if task_file is None else ResolvedTasks.of(task_file),
        )
    except PrototxtError as error:
        return NetSection(name, 0, 0, (), (), (), None, error.message)
    drawing = make_drawing(view)
    if not drawing.boxes:
        return NetSection(name, 0, 0, (), (), (), None, "it has no layers in phase TRAIN")
    widths = [_width(box) for box in drawing.boxes]
    layout = lay_out(widths, [box.above for box in drawing.boxes])
    measured = view.measured
    complete = not measured.problems and len(measured.shapes) == len(view.graph.nodes)
    parameters = sum(layer.parameters for layer in measured.shapes.values())
    return NetSection(
        name=name,
        width=round(layout.width + 2, 1),
        height=layout.rows * _ROW - (_ROW - _HEIGHT) + 2,
        boxes=tuple(
            _drawn(box, width, *center)
            for box, width, center in zip(drawing.boxes, widths, layout.centers, strict=True)
        ),
        lines=tuple(_line(first_row, way) for first_row, way in layout.lines),
        heads=make_heads(drawing, view, tasks),
        parameters=parameters if complete else None,
    )


def _width(box: Box) -> float:
    upper = len(box.name) * _BOLD_LETTER + (len(_corner(box)) + 2) * _LETTER
    lower = min(len(box.types), _MOST_LETTERS) * _LETTER
    return max(upper, lower) + _PADDING


def _corner(box: Box) -> str:
    return box.shape if box.weight is None else f"weight {box.weight:.3g}"


def _drawn(box: Box, width: float, center: float, row: int) -> DrawnBox:
    cut = len(box.types) > _MOST_LETTERS
    return DrawnBox(
        x=round(center - width / 2 + 1, 1),
        y=row * _ROW + 1,
        width=round(width, 1),
        style=f"{box.kind} {task_style(box.task)}".strip(),
        name=box.name,
        corner=_corner(box),
        types=f"{box.types[: _MOST_LETTERS - 1]}…" if cut else box.types,
        title=f"{box.name}: {box.types}" + (f", {box.shape}" if box.shape else ""),
    )


def _line(first_row: int, way: Sequence[float]) -> str:
    """Draw a line from the foot of a box to the head of another, straight through rows between."""
    parts = []
    for number, (left, right) in enumerate(pairwise(way)):
        foot = (first_row + number) * _ROW + _HEIGHT + 1
        head = foot + _ROW - _HEIGHT
        middle = (foot + head) / 2
        parts.append(f"M{left + 1:.1f} {foot}" if number == 0 else f"V{foot}")
        parts.append(f"C{left + 1:.1f} {middle} {right + 1:.1f} {middle} {right + 1:.1f} {head}")
    return "".join(parts)
