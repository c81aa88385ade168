"""Builds the net that Caffe trains and tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel.nets.generate.data_layers import add_data_layers
from caffe_multilabel.nets.generate.label_layers import normalize_labels, slice_labels
from caffe_multilabel.nets.generate.layers import LayerBuilder
from caffe_multilabel.nets.generate.plan import naming
from caffe_multilabel.nets.generate.task_heads import (
    add_accuracies,
    add_error,
    add_head,
    add_loss,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from caffe_multilabel.caffe.proto.types import NetParameter
    from caffe_multilabel.labels import LabelLayout
    from caffe_multilabel.nets.generate.loss_weights import TaskWeight
    from caffe_multilabel.nets.generate.plan import Plan

__all__ = ["build_train_val"]


def build_train_val(
    plan: Plan, layout: LabelLayout, weights: Sequence[TaskWeight], infogain: Mapping[str, str]
) -> NetParameter:
    """Put the net together: data, label slices, backbone, groups, then each task.

    Args:
        plan: what hangs where.
        layout: whose the label columns of each record are.
        weights: the weight of each task.
        infogain: file of the infogain matrix, by the name of a task that has one.

    Raises:
        TaskFileError: the name of a task or group makes a layer that is there already.
    """
    tasks = plan.tasks
    net = LayerBuilder(tasks.name, phases=plan.phases)
    for phase in plan.phases:
        add_data_layers(net, tasks.data, phase, plan.backbone.image)
    with naming("tasks"):
        labels = slice_labels(net, layout)
    backbone = plan.backbone_for(head for heads in plan.heads for head in heads)
    with naming("backbone"):
        net.extend(backbone.layer)
    groups = plan.add_groups(net, training=True, stands_for={})
    for index, (heads, weight) in enumerate(zip(plan.heads, weights, strict=True)):
        with naming(f"tasks[{index}].name"):
            task = heads[0].task
            label = normalize_labels(net, task, labels[task.name])
        for head, loss_weight in zip(heads, weight.weights, strict=True):
            bottom = groups[str(head.task.group)] if head.blob is None else head.blob
            with naming(f"tasks[{index}].name"):
                scores = add_head(net, head, bottom, training=True)
                add_loss(
                    net, head, scores, label, loss_weight, infogain=infogain.get(head.task.name)
                )
                if "TEST" in plan.phases:
                    add_accuracies(net, head, scores, label)
                    add_error(net, head, scores, label)
    net.silence_unread({top for layer in backbone.layer for top in layer.top})
    return net.net
