"""What hangs on the backbone for a task: hidden layers, the last layer, or its output."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from caffe_multilabel.nets.generate.layers import MSRA
from caffe_multilabel.nets.generate.recipes.embeddings import unit_length
from caffe_multilabel.nets.generate.recipes.gradients import scaled_gradient
from caffe_multilabel.nets.generate.recipes.records import joined_features

if TYPE_CHECKING:
    from collections.abc import Iterator

    from caffe_multilabel.nets.generate.builder import NetBuilder
    from caffe_multilabel.nets.generate.layers import LayerBuilder
    from caffe_multilabel.tasks import Group, Task

__all__ = [
    "TaskHead",
    "add_group",
    "add_head",
    "add_output",
    "heads_of",
    "unit_scores",
]


@dataclass(frozen=True, slots=True)
class TaskHead:
    """One place where a task hangs on the net.

    Attributes:
        task: the task.
        number: 0 for the head that deploy keeps, then 1, 2, ... for auxiliary ones.
        blob: the blob of the backbone that it hangs on, or None where a group stands between.
    """

    task: Task
    number: int
    blob: str | None

    @property
    def suffix(self) -> str:
        """What the names of its layers end with."""
        return f"{self.task.name}_aux{self.number}" if self.number else self.task.name

    @property
    def output(self) -> str:
        """Type of the layer that makes its output of its scores; empty where they are the same."""
        task = self.task
        if task.l2_normalize:
            return "Scale"
        # A task without a layer of its own gives a copy of the blob that it hangs on.
        return "Power" if task.normalize or not task.outputs else task.traits.output

    @property
    def last_layer(self) -> str:
        """Name of its last layer: the layer that makes a task's output is called as the task."""
        return f"fc_{self.suffix}" if self.output else self.suffix


def heads_of(task: Task, features: str) -> Iterator[TaskHead]:
    """Return a task's heads; one that names no blob hangs on `features`."""
    if task.group is not None:
        yield TaskHead(task, 0, None)
        return
    for number, blob in enumerate(task.attach or (features,)):
        yield TaskHead(task, number, blob)


def add_group(net: LayerBuilder, group: Group, bottom: str, *, training: bool) -> str:
    """Add the hidden layers of a group and return their blob.

    Args:
        net: the net.
        group: the group.
        bottom: the blob it hangs on.
        training: whether dropout is wanted.
    """
    return _add_hidden(net, group, group.name, bottom, training=training)


def add_head(net: LayerBuilder, head: TaskHead, bottom: str, *, images: int, training: bool) -> str:
    """Add the hidden layers and the last layer of a head and return the blob of its scores.

    Args:
        net: the net.
        head: the head.
        bottom: the blob it hangs on; an InnerProduct takes an image's blob as one long vector.
        images: images of a record, all of which are in the blob, one after the other.
        training: whether dropout is wanted.
    """
    task = head.task
    blob = scaled_gradient(net, head.suffix, bottom, task.gradient_scale) if training else bottom
    if task.images is not None and task.images != "each":
        blob = joined_features(net, head.suffix, blob, images=images, how=task.images)
    blob = _add_hidden(net, task, head.suffix, blob, training=training)
    if training and task.dropout is not None and not task.hidden:
        # Not in place: other tasks may hang on the same blob.
        name = f"drop_{head.suffix}"
        blob = net.dropout(name, blob, task.dropout, top=name)
    if not task.outputs:
        return blob
    return net.inner_product(
        head.last_layer,
        blob,
        task.outputs,
        lr_mult=task.lr_mult,
        decay_mult=task.decay_mult,
    )


def unit_scores(net: NetBuilder, head: TaskHead, scores: str, *, name: str = "") -> str:
    """Bring scores to length 1 where the task asks so; `name` is that of the blob of them."""
    if not head.task.l2_normalize:
        return scores
    return unit_length(net, head.suffix, scores, name=name)


def add_output(net: LayerBuilder, head: TaskHead, bottom: str, *, images: int) -> None:
    """Add a head for use; the layer and the blob of its output have the task's name."""
    task = head.task
    scores = add_head(net, head, bottom, images=images, training=False)
    wanted = task.normalize
    if task.l2_normalize:
        unit_scores(net, head, scores, name=task.name)
    elif wanted is not None:  # back to the units of the label DB
        fields = {"scale": wanted.std, "shift": wanted.mean}
        net.add(head.output, task.name, [scores], power_param=fields)
    elif head.output:
        net.add(head.output, task.name, [scores])


def _add_hidden(
    net: LayerBuilder, part: Task | Group, suffix: str, bottom: str, *, training: bool
) -> str:
    blob = bottom
    for number, outputs in enumerate(part.hidden, start=1):
        blob = net.inner_product(
            f"fc{number}_{suffix}",
            blob,
            outputs,
            weight=MSRA,
            lr_mult=part.lr_mult,
            decay_mult=part.decay_mult,
        )
        net.relu(f"relu{number}_{suffix}", blob)
        if training and part.dropout is not None:
            net.dropout(f"drop{number}_{suffix}", blob, part.dropout)
    return blob
