"""The losses of a net: which task each is for, and where its head hangs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caffe_multilabel.labels.layout import LabelTask
    from caffe_multilabel.nets.lint.view import PhaseView
    from caffe_multilabel.views.report.network.boxes import Drawing

__all__ = ["HeadRow", "make_heads", "task_style"]

_HUES = 8


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


def task_style(task: int | None) -> str:
    """Return the look of what works for one loss only, by the loss's place; none for the rest."""
    return "" if task is None else f"task{task % _HUES}"


def make_heads(
    drawing: Drawing, view: PhaseView, tasks: Sequence[LabelTask]
) -> tuple[HeadRow, ...]:
    """Make a row for each loss of a drawing.

    Args:
        drawing: the net.
        view: the phase it is of.
        tasks: the tasks that label columns belong to.
    """
    heads = {head.node.place: head for head in view.heads}
    names = {task.columns: task.name for task in tasks}
    total = sum(abs(drawing.boxes[place].weight or 0.0) for place in drawing.losses) or 1.0
    rows = []
    for number, place in enumerate(drawing.losses):
        box = drawing.boxes[place]
        own = [each for each in drawing.boxes if each.task == number]
        attach = {
            drawing.boxes[upper].name: None
            for each in own
            for upper in each.above
            if drawing.boxes[upper].task is None
        }
        head = heads.get(box.layers[0])
        columns = head.columns if head is not None and head.columns is not None else ()
        weight = box.weight or 0.0
        rows.append(
            HeadRow(
                task=names.get(columns, box.name),
                style=task_style(number),
                attach=tuple(attach),
                layers=tuple(each.name for each in own if each.kind in ("conv", "dense")),
                loss=box.types,
                weight=weight,
                share=round(100 * abs(weight) / total, 2),
                columns=_columns_text(columns),
            )
        )
    return tuple(rows)


def _columns_text(columns: Sequence[int]) -> str:
    if len(columns) > 2 and list(columns) == list(range(columns[0], columns[-1] + 1)):
        return f"{columns[0]} to {columns[-1]}"
    return ", ".join(map(str, columns))
