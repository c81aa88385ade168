"""Label vectors cut up by task."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from caffe_multilabel.errors import DatabaseError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from caffe_multilabel.labels import LabelLayout

__all__ = ["Labels", "labels_by_task", "labels_of_record"]

# A union would make every user of a typed program tell the two apart at every record.
Labels: TypeAlias = Any
"""A dict by task name where the dataset has tasks, else one float32 array of all labels."""


def labels_by_task(layout: LabelLayout, labels: NDArray[np.float32]) -> dict[str, NDArray[Any]]:
    """Cut the labels of many records up by task.

    Args:
        layout: which columns each task reads.
        labels: (N, L).

    Returns:
        For each task an int64 array (N,) of classes where its loss takes one (softmax, hinge), with
        the fraction cut off as Caffe does; else a float32 array (N, k) of its columns.

    Raises:
        DatabaseError: the label of a class is not finite.
    """
    found: dict[str, NDArray[Any]] = {}
    for task in layout.tasks:
        values = labels[:, task.columns]
        if task.kind == "class":
            values = values[:, 0]
            bad = values[~np.isfinite(values)]
            if bad.size:
                raise DatabaseError(
                    f"task '{task.name}' has the label {bad[0]}, which is no class; "
                    "caffe-multilabel verify names the records"
                )
            found[task.name] = values.astype(np.int64)
        else:
            found[task.name] = values
    return found


def labels_of_record(layout: LabelLayout, labels: NDArray[np.float32]) -> dict[str, Any]:
    """Cut the labels (L,) of one record up by task: an int a class, else a float32 array (k,)."""
    by_task = labels_by_task(layout, labels.reshape(1, -1))
    return {
        name: int(values[0]) if values.ndim == 1 else values[0] for name, values in by_task.items()
    }
