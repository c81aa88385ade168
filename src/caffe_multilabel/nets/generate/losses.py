"""The layers behind the scores of a task: loss and accuracy for training, the output for use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from caffe_multilabel.nets.generate.task_heads import add_head

if TYPE_CHECKING:
    from caffe_multilabel.nets.generate.builder import NetBuilder
    from caffe_multilabel.nets.generate.layers import LayerBuilder
    from caffe_multilabel.nets.generate.task_heads import Head

__all__ = ["add_accuracies", "add_loss", "add_output"]


def add_loss(
    net: NetBuilder,
    head: Head,
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
    task = head.task
    kind, fields = task.traits.layer, _loss_param(head)
    if infogain is not None:
        kind = "InfogainLoss"
        fields["infogain_loss_param"] = {"source": infogain}
    net.add(kind, f"loss_{head.suffix}", [scores, label], loss_weight=[loss_weight], **fields)


def add_accuracies(net: NetBuilder, head: Head, scores: str, label: str) -> None:
    """Add the TEST accuracies of a head, if its task has classes."""
    task = head.task
    if not task.class_count:
        return
    for suffix, top_k in (("", 1), (f"_top{task.top_k}", task.top_k or 1)):
        if suffix and top_k == 1:
            continue
        fields: dict[str, Any] = {} if top_k == 1 else {"top_k": top_k}
        if task.ignore_label is not None:
            fields["ignore_label"] = task.ignore_label
        net.add(
            "Accuracy",
            f"accuracy_{head.suffix}{suffix}",
            [scores, label],
            include=[{"phase": "TEST"}],
            accuracy_param=fields or None,
        )


def add_output(net: LayerBuilder, head: Head, bottom: str) -> None:
    """Add a head for use; the layer and the blob of its output have the task's name."""
    scores = add_head(net, head, bottom, training=False)
    if head.output is not None:
        net.add(head.output, head.task.name, [scores])


def _loss_param(head: Head) -> dict[str, Any]:
    task = head.task
    fields: dict[str, Any] = {}
    if task.ignore_label is not None:
        fields["ignore_label"] = task.ignore_label
    if task.normalization is not None:
        fields["normalization"] = task.normalization
    return {"loss_param": fields} if fields else {}
