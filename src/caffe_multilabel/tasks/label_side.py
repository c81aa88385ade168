"""The label side of a task file: who reads which label columns, and what these may hold."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from caffe_multilabel.labels.layout import assign_columns
from caffe_multilabel.labels.schema import TaskLabels, image_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from caffe_multilabel.tasks.model import Task

__all__ = ["OwnColumns", "columns_of", "reader_names", "task_labels"]


class OwnColumns(NamedTuple):
    """The label columns that a task reads: its labels, and weights of its loss."""

    labels: tuple[int, ...]
    weights: tuple[int, ...]


def columns_of(tasks: Sequence[Task], images: int = 1) -> tuple[OwnColumns, ...]:
    """Return the label columns of each task.

    Args:
        tasks: the tasks, in the order of the task file.
        images: images of a record. A task of which each has labels of its own reads so many times
            its columns, those of the first image first.
    """
    named: list[tuple[int, ...] | None] = []
    widths: list[int] = []
    for task in tasks:
        named += [task.columns, task.numbered_weights]
        widths += [task.width * (images if task.images == "each" else 1), task.weight_width]
    assigned = assign_columns(named, widths)
    return tuple(map(OwnColumns, assigned[::2], assigned[1::2]))


def reader_names(task: Task, images: int) -> tuple[str, ...]:
    """Return what a label schema calls those of a task's readers of columns that there may be."""
    own: tuple[str, ...] = (task.name,)
    if task.images == "each":
        own = tuple(image_name(task.name, image) for image in range(images))
    return (*own, f"{task.name}_weight") if task.weight_columns else own


def task_labels(tasks: Sequence[Task], images: int = 1) -> tuple[TaskLabels, ...]:
    """Return who reads the label columns.

    That are the tasks, but for those that read none. A task of which each image of a record has
    labels of its own is one for each image, `NAME_1`, `NAME_2`, ..., as if there were so many; and
    columns of weights are one of numbers without a loss, `NAME_weight`.

    Args:
        tasks: the tasks, in the order of the task file.
        images: images of a record.
    """
    found: list[TaskLabels] = []
    identities = {task.identity for task in tasks}
    for task, columns in zip(tasks, columns_of(tasks, images), strict=True):
        names = reader_names(task, images)
        if columns.labels:
            readers = _readers(task, columns.labels, names)
            tells = task.name in identities
            found += (replace(reader, tells_identity=tells) for reader in readers)
        if columns.weights:
            found.append(
                TaskLabels(
                    name=names[-1],
                    loss=None,
                    columns=columns.weights,
                    value_names=_weight_names(task),
                    part_of=task.name,
                )
            )
    return tuple(found)


def _readers(task: Task, columns: tuple[int, ...], names: tuple[str, ...]) -> Iterator[TaskLabels]:
    whole = TaskLabels(
        name=task.name,
        loss=task.loss,
        columns=columns,
        classes=task.class_count,
        class_names=task.class_names,
        value_names=() if task.traits.is_of_features else task.value_names,
        ignore_label=task.ignore_label,
        map=tuple(task.map.items()),
    )
    if task.images != "each":
        yield whole
        return
    for image, name in enumerate(names):
        yield replace(
            whole,
            name=name,
            columns=columns[image * task.width : (image + 1) * task.width],
            value_names=tuple(image_name(value, image) for value in whole.value_names),
            part_of=task.name,
        )


def _weight_names(task: Task) -> tuple[str, ...]:
    if task.weight_width == 1 or not task.value_names:
        return ()
    return tuple(f"{name}_weight" for name in task.value_names)
