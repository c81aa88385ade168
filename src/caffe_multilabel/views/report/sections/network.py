"""The net as a drawing, and its losses: which task each is for, and where its head hangs."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from caffe_multilabel.views.report.network.boxes import WEIGHTED, Box, Drawing, make_drawing
from caffe_multilabel.views.report.network.layout import lay_out
from caffe_multilabel.views.report.network.loss_labels import task_of_loss

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from caffe_multilabel._base.arguments import StrPath
    from caffe_multilabel.caffe.shapes import Shape
    from caffe_multilabel.labels.layout import LabelTask
    from caffe_multilabel.tasks import TaskFile

__all__ = ["DrawnBox", "HeadRow", "NetSection", "make_net_section"]

_HEIGHT, _ROW = 42, 66
_LETTER, _BOLD_LETTER = 6.7, 8.2
"""Widths of letters in pixels, on the safe side: fonts differ."""
_PADDING = 24
_MOST_LETTERS = 40
_HUES = 8


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
class HeadRow:
    """A loss: its task, where its head leaves the layers that several tasks share, and its weight.

    Attributes:
        task: the task; the name of the loss layer where the label columns are those of no task.
        style: the look that its boxes have.
        attach: the layers that its head hangs on.
        layers: its own layers with weights.
        loss: type of its loss.
        weight: its weight in the sum.
        share: the weight in per cent of the sum.
        columns: its label columns, as text.
    """

    task: str
    style: str
    attach: tuple[str, ...]
    layers: tuple[str, ...]
    loss: str
    weight: float
    share: float
    columns: str


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
    width: float = 0
    height: float = 0
    boxes: tuple[DrawnBox, ...] = ()
    lines: tuple[str, ...] = ()
    heads: tuple[HeadRow, ...] = ()
    parameters: int | None = None
    problem: str = ""


def make_net_section(
    path: StrPath,
    *,
    image: tuple[int, int, int] | None,
    label: Shape,
    tasks: Sequence[LabelTask],
    task_file: TaskFile | None = None,
) -> NetSection:
    """Draw the net of phase TRAIN.

    Args:
        path: its prototxt.
        image: shape of an image in the image DB, if one could be read.
        label: shape of a record in the label DB.
        tasks: the tasks that label columns belong to.
        task_file: the task file, if there is one.

    Raises:
        PrototxtError: the net cannot be read.
    """
    drawing = make_drawing(path, image=image, label=label, tasks=task_file)
    if drawing.problem:
        return NetSection(drawing.name, problem=drawing.problem)
    widths = [_width(box) for box in drawing.boxes]
    layout = lay_out(widths, [box.above for box in drawing.boxes])
    return NetSection(
        name=drawing.name,
        width=round(layout.width + 2, 1),
        height=layout.rows * _ROW - (_ROW - _HEIGHT) + 2,
        boxes=tuple(
            _drawn(box, width, *center)
            for box, width, center in zip(drawing.boxes, widths, layout.centers, strict=True)
        ),
        lines=tuple(_line(first_row, way) for first_row, way in layout.lines),
        heads=tuple(_head_rows(drawing, tasks)),
        parameters=drawing.parameters,
    )


def _head_rows(drawing: Drawing, tasks: Sequence[LabelTask]) -> Iterator[HeadRow]:
    """Give a row for each loss."""
    total = sum(abs(drawing.boxes[index].weight or 0.0) for index in drawing.losses) or 1.0
    for number, index in enumerate(drawing.losses):
        box = drawing.boxes[index]
        own = [each for each in drawing.boxes if each.task == number]
        uppers = [drawing.boxes[upper] for each in own for upper in each.above]
        uppers = [upper for upper in uppers if upper.task is None]
        # A loss may read the image itself, such as where it was cut: its head does not hang on it.
        uppers = [upper for upper in uppers if upper.learned] or uppers
        weight = box.weight or 0.0
        yield HeadRow(
            task=task_of_loss(box.labels, tasks) or box.name,
            style=_task_style(number),
            attach=tuple(dict.fromkeys(upper.name for upper in uppers)),
            layers=tuple(each.name for each in own if each.kind in WEIGHTED),
            loss=box.types,
            weight=weight,
            share=round(100 * abs(weight) / total, 2),
            columns=_columns_text(box.labels.columns),
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
        style=f"{box.kind} {_task_style(box.task)}".strip(),
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


def _task_style(task: int | None) -> str:
    """Return the look of what works for one loss only, by the loss's place; none for the rest."""
    return "" if task is None else f"task{task % _HUES}"


def _columns_text(columns: Sequence[int]) -> str:
    if len(columns) > 2 and list(columns) == list(range(columns[0], columns[-1] + 1)):
        return f"{columns[0]} to {columns[-1]}"
    return ", ".join(map(str, columns))
