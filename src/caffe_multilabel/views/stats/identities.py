"""How the classes of a record's images go together: the balance of pairs and triplets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from caffe_multilabel.labels.contradictions import contradiction
from caffe_multilabel.labels.schema import image_name
from caffe_multilabel.labels.whole import WholeTask, whole_tasks
from caffe_multilabel.lists.tuples.names import SAME_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from caffe_multilabel.labels.contradictions import Contradiction
    from caffe_multilabel.labels.layout import LabelTask

__all__ = ["IdentityStats", "measure_identities"]


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityStats:
    """The classes of the images of records: their identities, or what else they have one of.

    Attributes:
        task: its name without the number of the image; or the task that only reads whether the two
            images of a pair are of one identity.
        columns: its label columns, one an image; or the one that says so.
        counted: records in which it is known of all images.
        missing: the other records.
        same: of the second image and each further one, in how many of the records counted it is
            that of the first.
        identities: how many occur, in those records and in the others; None where a column only
            says which are the same, and so are the next three.
        least: the records that the rarest of them is in, however many of their images; also None
            where none occurs, as the next two.
        median: those of the one in the middle; the mean of the two where there are two.
        greatest: those of the commonest.
        contradiction: of the column that only says which are the same, where it is not what the
            classes of the images say; else None.

    Example:
        >>> from caffe_multilabel import label_stats, load_tasks
        >>> pair = {"data": {"images_per_record": 2}, "tasks": [{"name": "verify",
        ...     "loss": "contrastive", "dim": 8, "columns": 2}]}
        >>> stats = label_stats("train_labels", tasks=load_tasks(pair))  # column 2 is yes or no
        >>> stats.identities[0].counted, stats.identities[0].same
        (90, (53,))
    """

    task: str
    columns: tuple[int, ...]
    counted: int
    missing: int
    same: tuple[int, ...]
    identities: int | None = None
    least: int | None = None
    median: float | None = None
    greatest: int | None = None
    contradiction: Contradiction | None = None

    @property
    def shares(self) -> tuple[float | None, ...]:
        """`same` as parts of the records counted; None where there are none."""
        return tuple(count / self.counted if self.counted else None for count in self.same)


def measure_identities(
    labels: NDArray[np.float32], tasks: Sequence[LabelTask], images: int
) -> tuple[IdentityStats, ...]:
    """Count what the images of a record have in common.

    Args:
        labels: float32 (N, L).
        tasks: who reads the columns.
        images: of a record.

    Returns:
        One for each task of classes of all images, and for each that says of pairs which are the
        same.
    """
    if images == 1:
        return ()
    found = []
    told = any(task.loss for task in tasks)
    wholes = whole_tasks(tasks) if told else tuple(_by_header(tasks, images))
    for whole in wholes:
        task = whole.task
        if len(whole.columns) == images and task.kind == "class":
            found.append(_of_classes(whole, labels))
        elif images == 2 and _says_same(task):
            contradicting = contradiction(task.name, whole.columns[0][0], wholes, labels)
            found.append(_of_same(task, whole.columns[0], labels, contradicting))
    return tuple(found)


def _by_header(tasks: Sequence[LabelTask], images: int) -> Iterator[WholeTask]:
    """Put columns together that nothing but a header tells of, where it names all images."""
    by_name = {task.name: task for task in tasks}
    ending = image_name("", 0)
    for task in tasks:
        name = task.name.removesuffix(ending)
        own = [by_name.get(image_name(name, image)) for image in range(images)]
        each = [one for one in own if one is not None and one.kind == "class"]
        if own[0] is task and len(each) == images:
            classes = tuple(sorted({label for one in each for label in one.classes}))
            whole = replace(task, name=name, columns=(0,), classes=classes)
            yield WholeTask(task=whole, columns=tuple(one.columns for one in each))
        else:
            yield WholeTask(task=task, columns=(task.columns,))


def _says_same(task: LabelTask) -> bool:
    told = task.loss == "contrastive" or task.name == SAME_NAME
    return told and task.kind != "real" and len(task.columns) == 1


def _of_same(
    task: LabelTask,
    columns: tuple[int, ...],
    labels: NDArray[np.float32],
    contradicting: Contradiction | None,
) -> IdentityStats:
    column = labels[:, columns[0]]
    same = int((column == 1).sum())
    counted = same + int((column == 0).sum())
    return IdentityStats(
        task=task.name,
        columns=columns,
        counted=counted,
        missing=len(column) - counted,
        same=(same,),
        contradiction=contradicting,
    )


def _of_classes(whole: WholeTask, labels: NDArray[np.float32]) -> IdentityStats:
    columns = tuple(column for (column,) in whole.columns)
    known = [whole.task.counts(labels[:, column]) for column in columns]
    codes = [
        np.where(there, labels[:, column], np.nan)
        for there, column in zip(known, columns, strict=True)
    ]
    of_all = np.logical_and.reduce(known)
    # An identity is in a record once, however many of its images are of it.
    once = [
        there & ~np.logical_or.reduce([codes[image] == other for other in codes[:image]])
        if image
        else there
        for image, there in enumerate(known)
    ]
    seen = np.concatenate([code[there] for code, there in zip(codes, once, strict=True)])
    records = np.unique(seen, return_counts=True)[1]
    return IdentityStats(
        task=whole.task.name,
        columns=columns,
        counted=int(of_all.sum()),
        missing=int((~of_all).sum()),
        same=tuple(int((of_all & (code == codes[0])).sum()) for code in codes[1:]),
        identities=len(records),
        least=int(records.min()) if len(records) else None,
        median=float(np.median(records)) if len(records) else None,
        greatest=int(records.max()) if len(records) else None,
    )
