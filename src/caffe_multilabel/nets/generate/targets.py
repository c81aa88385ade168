"""What a task's loss and scores compare with: its labels, which are known, and their weights."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from caffe_multilabel.nets.generate.label_layers import normalize_labels
from caffe_multilabel.nets.generate.recipes.moved_points import (
    exchanged_points,
    mirrored_crop,
    moved_points,
)
from caffe_multilabel.nets.generate.recipes.records import labels_of_images
from caffe_multilabel.nets.generate.recipes.reducing import known_labels

if TYPE_CHECKING:
    from caffe_multilabel.nets.generate.builder import NetBuilder
    from caffe_multilabel.nets.generate.recipes.moved_points import Crop
    from caffe_multilabel.nets.generate.task_heads import TaskHead
    from caffe_multilabel.tasks import Task

__all__ = ["LabelBlobs", "ScoredHead", "Targets", "add_targets", "weight_name"]

LabelBlobs = dict[str, str]
"""The blob of the label columns of each task, and of its weights by `weight_name`."""


def weight_name(task: str) -> str:
    """Return what `LabelBlobs` and label schemas call the weights of a task."""
    return f"{task}_weight"


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """Blobs that a task's loss and scores read beside its scores.

    Attributes:
        labels: its labels as it learns them; None where it reads none.
        known: a mask N x D of the labels that are known; None where all are, or where the loss's
            own layer leaves out the others.
        weights: the weights of the values, N x M; None without.
        crop: of points, height and width of the crop in which `labels` are places; else None.
        identities: of a task of pairs, triplets or centers, the labels that tell which images are
            of one identity.
    """

    labels: str | None
    known: str | None
    weights: str | None
    crop: tuple[int, int] | None
    identities: str | None


@dataclass(frozen=True, slots=True)
class ScoredHead:
    """A head whose scores are there to be compared.

    Attributes:
        head: the head.
        scores: the blob of its scores.
        targets: what they are compared with.
    """

    head: TaskHead
    scores: str
    targets: Targets

    @property
    def task(self) -> Task:
        """The task that it is of."""
        return self.head.task

    @property
    def suffix(self) -> str:
        """What the names of its layers end with."""
        return self.head.suffix


def add_targets(net: NetBuilder, task: Task, labels: LabelBlobs, crop: Crop | None) -> Targets:
    """Add what makes of label columns that which a task compares with.

    Args:
        net: a net that has the blobs of the labels.
        task: the task.
        labels: the blobs.
        crop: where the images were cut, for tasks with `points`.
    """
    own, known = labels.get(task.name), None
    if own is not None:
        if task.images == "each":
            own = labels_of_images(net, task.name, own, columns=task.width)
        if task.ignore_label is not None and task.is_value_by_value:
            known = known_labels(net, task.name, own, ignore_label=task.ignore_label)
    stored = Targets(
        labels=own,
        known=known,
        weights=labels.get(weight_name(task.name)),
        crop=None,
        identities=None if task.identity is None else labels[task.identity],
    )
    if own is None:
        return stored
    if task.points is None or crop is None:
        return replace(stored, labels=normalize_labels(net, task, own))
    return _of_the_crop(net, task, stored, crop)


def _of_the_crop(net: NetBuilder, task: Task, stored: Targets, crop: Crop) -> Targets:
    """Return points as places in the crop, and what goes with each: both swapped where asked."""
    assert task.points is not None
    points, pairs = task.width // 2, task.points.swap
    labels = moved_points(net, task.name, str(stored.labels), crop, points=points)
    targets = replace(stored, labels=labels, crop=crop.size)
    if not pairs:
        return targets
    mirrored = mirrored_crop(net, task.name, crop)

    def exchanged(name: str, columns: str | None) -> str | None:
        if columns is None:
            return None
        return exchanged_points(net, name, columns, mirrored, points=points, pairs=pairs)

    one_each = task.weight_width == task.width
    weights = targets.weights
    return replace(
        targets,
        labels=exchanged(task.name, labels),
        known=exchanged(f"known_{task.name}", targets.known),
        weights=exchanged(weight_name(task.name), weights) if one_each else weights,
    )
