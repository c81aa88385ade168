"""The labels of one record in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from caffe_multilabel.labels.layout import LabelTask

__all__ = ["describe_labels", "describe_labels_briefly"]

_MOST_NUMBERS = 16
_MOST_NAMES = 6
_MOST_WRITTEN_OUT = 1e7


def describe_labels(task: LabelTask, labels: NDArray[np.float32]) -> str:
    """Say what a record's labels of a task mean, as in `heart`, `young, not smiling`, `0.31 0.5`.

    Those that nobody knows are `missing`.

    Args:
        task: the task.
        labels: the labels of all columns of the record, float32 (L,).
    """
    own = labels[list(task.columns)]
    if task.kind == "class":
        return _class_text(task, own)
    missing = task.missing(own).tolist()
    names = task.value_names or (("",) * len(own))
    listed = zip(names, own.tolist(), missing, strict=True)
    if task.kind == "binary":
        return ", ".join(_answer(name, label, gone) for name, label, gone in listed)
    texts = [
        f"{name} {'missing' if gone else _number(label)}".lstrip() for name, label, gone in listed
    ]
    if len(texts) > _MOST_NUMBERS:
        texts = [*texts[:_MOST_NUMBERS], f"and {len(texts) - _MOST_NUMBERS} more"]
    return ", ".join(texts)


def describe_labels_briefly(task: LabelTask, labels: NDArray[np.float32]) -> str:
    """Say the same in less room: of yes/no values with names not those that are no.

    Args:
        task: the task.
        labels: the labels of all columns of the record, float32 (L,).
    """
    if task.kind != "binary" or not task.value_names:
        return describe_labels(task, labels)
    own = labels[list(task.columns)]
    missing = task.missing(own).tolist()
    listed = list(zip(task.value_names, own.tolist(), missing, strict=True))
    names = [_answer(name, label, gone) for name, label, gone in listed if label != 0 and not gone]
    unknown = [_answer(name, label, gone) for name, label, gone in listed if gone]
    if len(names) > _MOST_NAMES:
        names = [*names[: _MOST_NAMES - 1], f"and {len(names) - _MOST_NAMES + 1} more"]
    if len(names) + len(unknown) > _MOST_NAMES and len(unknown) > 1:
        unknown = [f"{len(unknown)} missing"]
    return ", ".join([*names, *unknown]) or "none"


def _class_text(task: LabelTask, own: NDArray[np.float32]) -> str:
    label = float(own[0])
    if task.missing(own)[0]:
        return "missing"
    index = int(task.indices(own)[0])
    if index < 0:
        return f"{_number(label)}, which is no class"
    return task.class_name(index)


def _answer(name: str, label: float, missing: bool) -> str:
    if missing:
        return f"{name} missing".lstrip()
    if label not in (0, 1):
        return f"{name} {_number(label)}, which is neither 0 nor 1".lstrip()
    if not name:
        return "yes" if label else "no"
    return name if label else f"not {name}"


def _number(label: float) -> str:
    if abs(label) < _MOST_WRITTEN_OUT and label == int(label):
        return str(int(label))
    return f"{label:.4g}"
