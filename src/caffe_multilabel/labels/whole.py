"""The tasks of a task file, put together again of those that read its label columns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from caffe_multilabel.labels.schema import image_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from caffe_multilabel.labels.layout import LabelTask

__all__ = ["WholeTask", "whole_tasks"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeTask:
    """A task of a task file, whether records or their images have labels of it.

    Attributes:
        task: what the labels of one item are: of an image where each has labels of its own, else of
            a record. Its columns are 0 to k - 1, those of `items`.
        columns: the label columns of each item of a record.
        weights: the label columns that hold weights of its loss, one or one a value; or none.
    """

    task: LabelTask
    columns: tuple[tuple[int, ...], ...]
    weights: tuple[int, ...] = ()

    def items(self, labels: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the labels of all items, (N * items, k), those of a record one after another.

        Args:
            labels: float32 (N, L).
        """
        chosen = [column for columns in self.columns for column in columns]
        return labels[:, chosen].reshape(-1, len(self.task.columns))

    def weighing_items(self, labels: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the same with nan, which counts nowhere, for labels whose weight is 0.

        Args:
            labels: float32 (N, L).
        """
        items = self.items(labels)
        if not self.weights:
            return items
        return np.where(labels[:, list(self.weights)] == 0, np.float32(np.nan), items)


def whole_tasks(tasks: Iterable[LabelTask]) -> tuple[WholeTask, ...]:
    """Put tasks together that are one task over several images, and weights to their task.

    Args:
        tasks: who reads the label columns.

    Example:
        >>> from caffe_multilabel.labels import LabelLayout
        >>> from caffe_multilabel.tasks import load_tasks, ResolvedTasks
        >>> file = load_tasks({"data": {"images_per_record": 2}, "tasks": [{"name": "person",
        ...     "loss": "softmax", "classes": 9, "images": "each"}]})
        >>> layout = ResolvedTasks.of(file).layout
        >>> [task.name for task in layout.tasks]
        ['person_1', 'person_2']
        >>> [(whole.task.name, whole.columns) for whole in whole_tasks(layout.tasks)]
        [('person', ((0,), (1,)))]
    """
    tasks = tuple(tasks)
    weights = {task.part_of: task.columns for task in tasks if task.is_weight}
    found: list[WholeTask] = []
    places: dict[str, int] = {}
    for task in tasks:
        if task.is_weight:
            continue
        place = None if task.part_of is None else places.get(task.part_of)
        whole = _whole(task, 0 if place is None else len(found[place].columns))
        if place is not None and found[place].task == whole:
            found[place] = replace(found[place], columns=(*found[place].columns, task.columns))
            continue
        if task.part_of is not None:
            places[task.part_of] = len(found)
        own = weights.get(whole.name, ())
        found.append(WholeTask(task=whole, columns=(task.columns,), weights=own))
    return tuple(found)


def _whole(task: LabelTask, image: int) -> LabelTask:
    """Return the task that an image's labels are of, with the columns of an item."""
    columns = tuple(range(len(task.columns)))
    if task.part_of is None:
        return replace(task, columns=columns)
    ending = image_name("", image)
    names = tuple(name.removesuffix(ending) for name in task.value_names)
    return replace(task, name=task.part_of, part_of=None, columns=columns, value_names=names)
