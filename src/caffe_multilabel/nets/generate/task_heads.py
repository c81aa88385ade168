"""What stands between the trunk and a loss: hidden layers and the last layer of each task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from caffe_multilabel.nets.generate.layers import MSRA

if TYPE_CHECKING:
    from collections.abc import Iterator

    from caffe_multilabel.nets.generate.layers import LayerBuilder
    from caffe_multilabel.tasks import Group, Task

__all__ = ["Head", "add_group", "add_head", "heads_of"]

# What turns scores into the output of deploy; other losses leave them as they are.
_OUTPUTS = {"softmax": "Softmax", "sigmoid": "Sigmoid"}


@dataclass(frozen=True, slots=True)
class Head:
    """One place where a task hangs on the net.

    Attributes:
        task: the task.
        number: 0 for the head that deploy keeps, then 1, 2, ... for auxiliary ones.
        blob: the blob of the trunk that it hangs on, or None where a group stands between.
    """

    task: Task
    number: int
    blob: str | None

    @property
    def suffix(self) -> str:
        """What the names of its layers end with."""
        return f"{self.task.name}_aux{self.number}" if self.number else self.task.name

    @property
    def output(self) -> str | None:
        """Type of the layer that makes its output of its scores; None where they are the same."""
        return _OUTPUTS.get(self.task.loss)

    @property
    def last_layer(self) -> str:
        """Name of its last layer: the layer that makes a task's output is called as the task."""
        return self.suffix if self.output is None else f"fc_{self.suffix}"


def heads_of(task: Task, features: str) -> Iterator[Head]:
    """Return a task's heads; one that names no blob hangs on `features`."""
    if task.group is not None:
        yield Head(task, 0, None)
        return
    for number, blob in enumerate(task.attach or (features,)):
        yield Head(task, number, blob)


def add_group(net: LayerBuilder, group: Group, bottom: str, *, training: bool) -> str:
    """Add the hidden layers of a group and return their blob.

    Args:
        net: the net.
        group: the group.
        bottom: the blob it hangs on.
        training: whether dropout is wanted.
    """
    return _add_hidden(net, group, group.name, bottom, training=training)


def add_head(net: LayerBuilder, head: Head, bottom: str, *, training: bool) -> str:
    """Add the hidden layers and the last layer of a head and return the blob of its scores.

    Args:
        net: the net.
        head: the head.
        bottom: the blob it hangs on; an InnerProduct takes a picture's blob as one long vector.
        training: whether dropout is wanted.
    """
    task = head.task
    blob = _add_hidden(net, task, head.suffix, bottom, training=training)
    if training and task.dropout is not None and not task.hidden:
        # Not in place: other tasks may hang on the same blob.
        name = f"drop_{head.suffix}"
        blob = net.dropout(name, blob, task.dropout, top=name)
    return net.inner_product(
        head.last_layer,
        blob,
        task.outputs,
        lr_mult=task.lr_mult,
        decay_mult=task.decay_mult,
    )


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
