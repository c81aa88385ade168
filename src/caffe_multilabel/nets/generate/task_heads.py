"""What hangs on the backbone for a task: hidden layers, the last layer, its loss or its output."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from caffe_multilabel.nets.generate.layers import MSRA

if TYPE_CHECKING:
    from collections.abc import Iterator

    from caffe_multilabel.nets.generate.builder import NetBuilder
    from caffe_multilabel.nets.generate.layers import LayerBuilder
    from caffe_multilabel.tasks import Group, Task

__all__ = [
    "TaskHead",
    "add_accuracies",
    "add_error",
    "add_group",
    "add_head",
    "add_loss",
    "add_output",
    "heads_of",
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
        return "Power" if self.task.normalize else self.task.traits.type.output

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


def add_head(net: LayerBuilder, head: TaskHead, bottom: str, *, training: bool) -> str:
    """Add the hidden layers and the last layer of a head and return the blob of its scores.

    Args:
        net: the net.
        head: the head.
        bottom: the blob it hangs on; an InnerProduct takes an image's blob as one long vector.
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


def add_loss(
    net: NetBuilder,
    head: TaskHead,
    scores: str,
    label: str,
    loss_weight: float,
    *,
    infogain: str | None = None,
) -> None:
    """Add the loss of a head; its weight is always written.

    Args:
        net: the net.
        head: the head.
        scores: the blob of its scores.
        label: the blob of the task's labels.
        loss_weight: its weight in the sum.
        infogain: file of the task's infogain matrix, if it has one.
    """
    net.add(
        head.task.traits.layer if infogain is None else "InfogainLoss",
        f"loss_{head.suffix}",
        [scores, label],
        loss_weight=[loss_weight],
        loss_param=_loss_param(head) or None,
        infogain_loss_param=None if infogain is None else {"source": infogain},
    )


def add_accuracies(net: NetBuilder, head: TaskHead, scores: str, label: str) -> None:
    """Add the TEST accuracies of a head, if its task has classes."""
    task = head.task
    if not task.class_count:
        return
    for suffix, top_k in (("", 1), (f"_top{task.top_k}", task.top_k or 1)):
        if suffix and top_k == 1:
            continue
        fields: dict[str, object] = {} if top_k == 1 else {"top_k": top_k}
        if task.ignore_label is not None:
            fields["ignore_label"] = task.ignore_label
        net.add(
            "Accuracy",
            f"accuracy_{head.suffix}{suffix}",
            [scores, label],
            include=[{"phase": "TEST"}],
            accuracy_param=fields or None,
        )


def add_error(net: NetBuilder, head: TaskHead, scores: str, label: str) -> None:
    """Add the TEST figure of a head that learns normalized numbers: its mean absolute error.

    Its loss is in squares of standard deviations; the error is in the units of the label DB.
    """
    wanted = head.task.normalize
    if wanted is None:
        return
    include = [{"phase": "TEST"}]
    # Labels have axes of height and width, which the scores lack and Eltwise wants.
    flat = net.add("Flatten", f"labels_{head.suffix}", [label], include=include)
    fields = {"operation": "SUM", "coeff": [1.0, -1.0]}
    name = f"difference_{head.suffix}"
    blob = net.add("Eltwise", name, [scores, flat], include=include, eltwise_param=fields)
    blob = net.add("AbsVal", f"distance_{head.suffix}", [blob], include=include)
    mean = {"operation": "MEAN", "axis": 0, "coeff": wanted.std}
    net.add("Reduction", f"error_{head.suffix}", [blob], include=include, reduction_param=mean)


def add_output(net: LayerBuilder, head: TaskHead, bottom: str) -> None:
    """Add a head for use; the layer and the blob of its output have the task's name."""
    scores = add_head(net, head, bottom, training=False)
    wanted = head.task.normalize
    if wanted is not None:  # back to the units of the label DB
        fields = {"scale": wanted.std, "shift": wanted.mean}
        net.add(head.output, head.task.name, [scores], power_param=fields)
    elif head.output:
        net.add(head.output, head.task.name, [scores])


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


def _loss_param(head: TaskHead) -> dict[str, object]:
    task = head.task
    fields: dict[str, object] = {}
    if task.ignore_label is not None:
        fields["ignore_label"] = task.ignore_label
    if task.normalization is not None:
        fields["normalization"] = task.normalization
    return fields
