"""Labels that a net of points or of triplets takes without a word, and learns nothing right of."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from caffe_multilabel.data.label_table import read_stored_labels
from caffe_multilabel.labels import whole_tasks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from caffe_multilabel.nets.generate.facts import Facts
    from caffe_multilabel.tasks import ResolvedTasks, Task

__all__ = ["label_doubts"]

# Some landmarks lie outside of an image that was cut close; many do where the unit is another.
_MOST_OUTSIDE = 0.05
# A batch in which most images have nothing like them only pushes them apart.
_MOST_ALONE = 0.5


def label_doubts(resolved: ResolvedTasks, facts: Facts) -> Iterator[str]:
    """Look at the labels of the TRAIN phase, if they are there, for what no key can tell.

    Args:
        resolved: the tasks.
        facts: what the net is made for.

    Returns:
        A sentence for each doubt.

    Raises:
        DatabaseError: the label DB cannot be read.
    """
    tasks, source = resolved.file.tasks, resolved.file.data.train
    whole = {each.task.name: each for each in whole_tasks(facts.layout.tasks)}
    hardest = [
        task
        for task in tasks
        if task.loss == "triplet" and resolved.file.data.record.images == 1 and task.identity
    ]
    places = [task for task in tasks if task.points is not None]
    if source is None or not (hardest or places) or not Path(source.labels).exists():
        return
    stored = read_stored_labels(source.labels, widest=facts.layout.label_count)
    if stored.width != facts.layout.label_count or not len(stored.labels):
        return
    _, height, width = facts.record
    for task in places:
        labels = whole[task.name].weighing_items(stored.labels)
        yield from _of_points(task, labels, height, width)
    for task in hardest:
        identities = whole[str(task.identity)].items(stored.labels)[:, 0]
        yield from _of_identities(task, identities, source.batch_size)


def _of_points(task: Task, labels: NDArray[np.float32], height: int, width: int) -> Iterator[str]:
    points = labels.reshape(-1, 2)
    ignored = task.ignore_label
    known = points[np.isfinite(points).all(axis=1)]
    if ignored is not None:
        known = known[(known != ignored).all(axis=1)]
    if not len(known):
        return
    size = f"{width} x {height}"
    outside = ((known < -0.5) | (known > np.array([width, height]) - 0.5)).any(axis=1).mean()
    if outside > _MOST_OUTSIDE:
        yield (
            f"{outside:.0%} of the points of task '{task.name}' lie outside of the stored images, "
            f"which are {size} (width x height): points are pixels of the image as stored, not of "
            "the file before it was resized"
        )
    elif known.max() <= 1 and min(width, height) > 2:
        yield (
            f"no point of task '{task.name}' is above 1, in images of {size} (width x height): "
            "points are pixels of the stored image, not parts of it; multiply x by "
            f"{width - 1} and y by {height - 1}"
        )


def _of_identities(task: Task, identities: NDArray[np.float32], batch: int) -> Iterator[str]:
    whole = len(identities) // batch * batch
    rows = np.sort(identities[:whole].reshape(-1, batch), axis=1)
    if not rows.size:
        return
    alike = rows[:, 1:] == rows[:, :-1]
    none = np.zeros((len(rows), 1), np.bool_)
    alone = 1 - (np.hstack([none, alike]) | np.hstack([alike, none])).mean()
    if alone > _MOST_ALONE:
        yield (
            f"{alone:.0%} of the records are alone with their identity in their batch of {batch}, "
            f"so that task '{task.name}' has nothing to draw them to: order the list so that each "
            "batch has several images of an identity, or make triplets by list --triplets"
        )
