"""What the keys of a task file must be to each other, beyond what each must be by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from caffe_multilabel._base.text import key_path, shown, suggestion
from caffe_multilabel.labels.layout import LabelTask
from caffe_multilabel.labels.rule import LabelRule, agree
from caffe_multilabel.labels.schema import label_problems
from caffe_multilabel.tasks.losses import LOSS_KEYS, LOSSES
from caffe_multilabel.tasks.model import task_labels

if TYPE_CHECKING:
    from caffe_multilabel.tasks.model import Backbone, Data, Group, Task, Transform

__all__ = ["Problem", "problems_of_parts"]


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong at one key.

    Attributes:
        loc: the way to the key, names and list indices (from 0).
        message: what was found and what is allowed.
    """

    loc: tuple[str | int, ...]
    message: str

    @property
    def key(self) -> str:
        """The key as text, `tasks[2].loss_weight`."""
        return key_path(self.loc)

    def __str__(self) -> str:
        return f"{self.key}: {self.message}"


Problems = Iterator[Problem]

_LEAST_SHARE = 1e-6
"""A smaller rest of 1 is rounding, and no weight for a task."""


def problems_of_parts(
    *,
    backbone: Backbone | None,
    data: Data,
    tasks: Sequence[Task],
    groups: Sequence[Group],
    loss_weights: str,
) -> list[Problem]:
    """Return everything that does not fit together in the parts of a task file."""
    found = [
        *_backbone(backbone),
        *_transform(data.transform, backbone),
        *_stored_shape(data),
        *chain.from_iterable(_task(index, task) for index, task in enumerate(tasks)),
        *_names(tasks, groups),
        *_groups(tasks, groups),
        *_loss_weights(tasks, loss_weights),
    ]
    return found or list(_shared_columns(tasks))


def _backbone(backbone: Backbone | None) -> Problems:
    if backbone is None:
        return
    if (backbone.name is None) == (backbone.file is None):
        found = "none of them" if backbone.file is None else "both"
        message = f"takes either name, a built-in, or file, a prototxt of your own; found {found}"
        yield Problem(("backbone",), message)
    elif backbone.file is not None and backbone.features is None:
        yield Problem(("backbone", "features"), "missing; a backbone from a file needs it")


def _transform(transform: Transform, backbone: Backbone | None) -> Problems:
    if transform.defaults is not None and (backbone is None or backbone.name is None):
        found = "no backbone" if backbone is None else "a backbone of your own"
        message = (
            f"found with {found}; only a built-in one knows what it was made for: write "
            "mean_value, scale and crop_size instead"
        )
        yield Problem(("data", "transform", "defaults"), message)
    for first, second in (("mean_value", "mean_file"), ("force_color", "force_gray")):
        if getattr(transform, first) and getattr(transform, second):
            message = f"found beside {first}; Caffe takes only one of them"
            yield Problem(("data", "transform", second), message)


def _stored_shape(data: Data) -> Problems:
    if data.shape is None:
        return
    channels, height, width = data.shape
    if data.resize not in (None, (width, height)):
        message = f"found {width} x {height} (width x height) beside another data.resize"
        yield Problem(("data", "shape"), message)
    if data.gray is not None and (channels == 1) != data.gray:
        message = f"found {channels} channels beside data.gray: {str(data.gray).lower()}"
        yield Problem(("data", "shape"), message)


def _task(index: int, task: Task) -> Problems:
    for check in (_loss_keys, _size, _class_names, _labels, _head):
        for problem in check(task):
            yield Problem(("tasks", index, *problem.loc), problem.message)


def _loss_keys(task: Task) -> Problems:
    for key in sorted(task.model_fields_set & LOSS_KEYS - task.traits.keys):
        if getattr(task, key) is None:
            continue
        takers = " and ".join(loss for loss, traits in LOSSES.items() if key in traits.keys)
        message = f"a {task.loss} task ({task.traits.layer}) takes none; only {takers} tasks do"
        yield Problem((key,), message)


def _size(task: Task) -> Problems:
    size = task.traits.size
    columns = len(task.columns or ())
    if size == "classes" and task.classes is None:
        yield Problem(("classes",), f"missing; a {task.loss} task needs a number or names")
    if size == "dim" and task.dim is None and not columns:
        yield Problem(("dim",), f"missing; a {task.loss} task needs dim or columns")
    if columns and task.width and columns != task.width:
        wanted = "one column" if task.width == 1 else f"{task.width} columns"
        yield Problem(("columns",), f"found {columns} columns; the task has {wanted}")


def _class_names(task: Task) -> Problems:
    for key, names in (("classes", task.class_names), ("dim", task.value_names)):
        seen: dict[str, int] = {}
        for index, name in enumerate(names):
            if (first := seen.setdefault(name, index)) < index:
                yield Problem(
                    (key, index), f"found {shown(name)} again; it is {key}[{first}] already"
                )


def _labels(task: Task) -> Problems:
    found = label_problems(task.traits.kind, task.class_count, task.ignore_label, task.map)
    for key, message in found:
        yield Problem((key,), message)


def _head(task: Task) -> Problems:
    if task.top_k is not None and task.class_count and task.top_k > task.class_count:
        message = f"found {task.top_k}; must be at most the {task.class_count} classes"
        yield Problem(("top_k",), message)
    if task.attach and len(set(task.attach)) < len(task.attach):
        yield Problem(("attach",), "names a blob twice; each place makes one head")
    if isinstance(task.loss_weight, tuple) and len(task.loss_weight) != len(task.attach or ("",)):
        heads = len(task.attach or ("",))
        message = f"found {len(task.loss_weight)} weights; attach makes {heads} of them"
        yield Problem(("loss_weight",), message)


def _names(tasks: Sequence[Task], groups: Sequence[Group]) -> Problems:
    names = [(("tasks", index), task.name) for index, task in enumerate(tasks)]
    names += [(("groups", index), group.name) for index, group in enumerate(groups)]
    seen: dict[str, str] = {}
    for loc, name in names:
        if name in seen:
            yield Problem((*loc, "name"), f"found {shown(name)}, the name of {seen[name]} already")
        seen.setdefault(name, key_path(loc))


def _groups(tasks: Sequence[Task], groups: Sequence[Group]) -> Problems:
    known_groups = [group.name for group in groups]
    for index, task in enumerate(tasks):
        if task.group is None:
            continue
        if task.group not in known_groups:
            known = f"one of {', '.join(known_groups)}" if known_groups else "a group under groups"
            message = (
                f"found {shown(task.group)}; must be {known}{suggestion(task.group, known_groups)}"
            )
            yield Problem(("tasks", index, "group"), message)
        if task.attach:
            message = f"found beside group; the task hangs on group '{task.group}' already"
            yield Problem(("tasks", index, "attach"), message)
    used = {task.group for task in tasks}
    for index, name in enumerate(known_groups):
        if name not in used:
            yield Problem(("groups", index, "name"), f"no task has group: {name}")


def _loss_weights(tasks: Sequence[Task], rule: str) -> Problems:
    loss_weights = [task.weights for task in tasks]
    if rule != "given":
        for index, weights in enumerate(loss_weights):
            if weights is not None:
                message = f"found beside loss_weights: {rule}, which sets it"
                yield Problem(("tasks", index, "loss_weight"), message)
        return
    total = sum(sum(weights) for weights in loss_weights if weights is not None)
    if None in loss_weights and total > 1 - _LEAST_SHARE:
        index = loss_weights.index(None)
        message = f"missing; the weights of the other tasks sum to {total:g} and leave nothing of 1"
        yield Problem(("tasks", index, "loss_weight"), message)


def _shared_columns(tasks: Sequence[Task]) -> Problems:
    readers: dict[int, list[LabelRule]] = {}
    for index, task in enumerate(map(LabelTask.of, task_labels(tasks))):
        for column, rule in zip(task.columns, task.rules, strict=True):
            others = readers.setdefault(column, [])
            other = next((other for other in others if not agree(other, rule)), None)
            if other is not None:
                message = (
                    f"column {column} is read by task '{other.task}' too; tasks that share one "
                    "need the same classes, ignore_label and map"
                )
                yield Problem(("tasks", index, "columns"), message)
                break
            others.append(rule)
