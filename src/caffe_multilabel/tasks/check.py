"""What the keys of a task file must be to each other, beyond what each must be by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel._base.text import key_path, shown, suggestion
from caffe_multilabel.labels.layout import LabelTask
from caffe_multilabel.labels.rule import agree
from caffe_multilabel.tasks.check_task import problems_of_task
from caffe_multilabel.tasks.label_side import reader_names, task_labels
from caffe_multilabel.tasks.problem import Problem
from caffe_multilabel.tasks.record_shape import MOST_PLACES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caffe_multilabel.labels.rule import LabelRule
    from caffe_multilabel.tasks.model import Group, Task
    from caffe_multilabel.tasks.problem import Problems
    from caffe_multilabel.tasks.shared_keys import Backbone, Data, Transform

__all__ = ["problems_of_parts"]

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
        *_backbone(backbone, data),
        *_transform(data.transform, backbone),
        *_several_images(data),
        *_stored_shape(data),
        *_ramps(data),
        *_tasks(data, tasks),
        *_identities(tasks),
        *_names(tasks, groups, data.record.images),
        *_groups(tasks, groups),
        *_center_groups(tasks),
        *_loss_weights(tasks, loss_weights),
    ]
    return found or list(_shared_columns(tasks, data.record.images))


def _backbone(backbone: Backbone | None, data: Data) -> Problems:
    if backbone is None:
        return
    if (backbone.name is None) == (backbone.file is None):
        found = "none of them" if backbone.file is None else "both"
        message = f"takes either name, a built-in, or file, a prototxt of your own; found {found}"
        yield Problem(("backbone",), message)
    elif backbone.file is not None and backbone.features is None:
        yield Problem(("backbone", "features"), "missing; a backbone from a file needs it")
    if backbone.towers and data.record.images == 1:
        message = "found with one image a record; data.images_per_record is 1"
        yield Problem(("backbone", "towers"), message)


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


def _several_images(data: Data) -> Problems:
    if data.record.images == 1:
        return
    for key in ("mean_file", "force_color", "force_gray"):
        if getattr(data.transform, key):
            message = "found beside several images a record, whose channels Caffe takes as one"
            yield Problem(("data", "transform", key), message)


def _stored_shape(data: Data) -> Problems:
    if data.shape is None:
        return
    channels, height, width = data.shape
    if data.resize not in (None, (width, height)):
        message = f"found {width} x {height} (width x height) beside another data.resize"
        yield Problem(("data", "shape"), message)
    colours = data.record.image_channels(channels)
    if colours is None:
        message = f"found {channels} channels, which are not those of {data.record}"
        yield Problem(("data", "shape"), message)
    elif data.gray is not None and (colours == 1) != data.gray:
        message = f"found {channels} channels beside data.gray: {str(data.gray).lower()}"
        yield Problem(("data", "shape"), message)


def _ramps(data: Data) -> Problems:
    if not data.ramps:
        return
    if data.record.images > 1:
        message = "found beside several images a record, which are cropped as one"
        yield Problem(("data", "ramps"), message)
    for key in ("mean_file", "force_color", "force_gray"):
        if getattr(data.transform, key):
            message = "found beside data.ramps, whose channels it would change"
            yield Problem(("data", "transform", key), message)
    if data.resize is not None and max(data.resize) > MOST_PLACES:
        message = (
            f"found beside data.resize of {data.resize[0]} x {data.resize[1]}; a byte tells "
            f"{MOST_PLACES} columns and rows apart"
        )
        yield Problem(("data", "ramps"), message)


def _tasks(data: Data, tasks: Sequence[Task]) -> Problems:
    for index, task in enumerate(tasks):
        for problem in problems_of_task(task, data):
            yield Problem(("tasks", index, *problem.loc), problem.message)


def _identities(tasks: Sequence[Task]) -> Problems:
    classes = {
        task.name: task
        for task in tasks
        if task.loss == "softmax" and task.images in (None, "each")
    }
    for index, task in enumerate(tasks):
        if task.identity is None:
            continue
        if task.identity not in classes:
            known = f"one of {', '.join(classes)}" if classes else "a softmax task of each image"
            message = (
                f"found {shown(task.identity)}; must be {known}{suggestion(task.identity, classes)}"
            )
            yield Problem(("tasks", index, "identity"), message)
        elif classes[task.identity].ignore_label is not None:
            message = (
                f"found {shown(task.identity)}, which has an ignore_label: images that nobody "
                "knows would be of one identity; leave them out of the list"
            )
            yield Problem(("tasks", index, "identity"), message)


def _names(tasks: Sequence[Task], groups: Sequence[Group], images: int) -> Problems:
    names = [(("tasks", index), task.name) for index, task in enumerate(tasks)]
    names += [(("groups", index), group.name) for index, group in enumerate(groups)]
    seen: dict[str, str] = {}
    for loc, name in names:
        if name in seen:
            yield Problem((*loc, "name"), f"found {shown(name)}, the name of {seen[name]} already")
        seen.setdefault(name, key_path(loc))
    for index, task in enumerate(tasks):
        for reader in reader_names(task, images):
            if reader != task.name and reader in seen:
                message = (
                    f"its label columns are called {shown(reader)}, the name of {seen[reader]}"
                )
                yield Problem(("tasks", index, "name"), message)


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


def _center_groups(tasks: Sequence[Task]) -> Problems:
    """Find groups whose layers only centers teach: all images at one point is the best there."""
    held = {task.group for task in tasks if task.loss != "center"}
    for index, task in enumerate(tasks):
        if task.loss == "center" and task.group is not None and task.group not in held:
            message = (
                f"found {shown(task.group)}, whose layers only centers teach: nothing would keep "
                f"them from making all images alike; give {shown(task.identity)} the same group"
            )
            yield Problem(("tasks", index, "group"), message)


def _loss_weights(tasks: Sequence[Task], rule: str) -> Problems:
    loss_weights = [task.weights for task in tasks]
    if rule != "given":
        for index, weights in enumerate(loss_weights):
            if weights is not None:
                message = f"found beside loss_weights: {rule}, which sets it"
                yield Problem(("tasks", index, "loss_weight"), message)
        if rule == "learned":
            yield from _unbounded(tasks)
        return
    total = sum(sum(weights) for weights in loss_weights if weights is not None)
    if None in loss_weights and total > 1 - _LEAST_SHARE:
        index = loss_weights.index(None)
        message = f"missing; the weights of the other tasks sum to {total:g} and leave nothing of 1"
        yield Problem(("tasks", index, "loss_weight"), message)


def _unbounded(tasks: Sequence[Task]) -> Problems:
    """Find losses whose learnt weight, 1 / 2L at best, nothing bounds."""
    for index, task in enumerate(tasks):
        if task.traits.comes_to_0:
            message = (
                f"found {task.loss} beside loss_weights: learned; its loss is 0 "
                f"{task.traits.comes_to_0}, and its weight would grow for ever: log, equal or "
                "given weigh it"
            )
            yield Problem(("tasks", index, "loss"), message)


def _shared_columns(tasks: Sequence[Task], images: int) -> Problems:
    readers: dict[int, list[LabelRule]] = {}
    indices = {
        name: index for index, task in enumerate(tasks) for name in reader_names(task, images)
    }
    for task in map(LabelTask.of, task_labels(tasks, images)):
        index = indices[task.name]
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
