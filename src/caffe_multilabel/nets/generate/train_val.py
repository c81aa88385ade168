"""Builds the net that Caffe trains and tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel.nets.generate.backbone_layers import add_backbone
from caffe_multilabel.nets.generate.data_layers import add_data_layers, number_blob
from caffe_multilabel.nets.generate.label_layers import LABEL, slice_labels
from caffe_multilabel.nets.generate.layers import LayerBuilder
from caffe_multilabel.nets.generate.plan import naming
from caffe_multilabel.nets.generate.recipes.alignment import canary
from caffe_multilabel.nets.generate.record_layers import records_blob
from caffe_multilabel.nets.generate.targets import ScoredHead, add_targets, weight_name
from caffe_multilabel.nets.generate.task_heads import add_head, unit_scores
from caffe_multilabel.nets.generate.task_losses import add_loss
from caffe_multilabel.nets.generate.task_scores import add_scores

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caffe_multilabel.caffe.proto.types import NetParameter
    from caffe_multilabel.nets.generate.backbone_facts import BackboneFacts
    from caffe_multilabel.nets.generate.facts import Facts
    from caffe_multilabel.nets.generate.loss_weights import TaskWeight
    from caffe_multilabel.nets.generate.plan import Plan
    from caffe_multilabel.nets.generate.task_losses import LossAid
    from caffe_multilabel.tasks import ResolvedTasks

__all__ = ["build_train_val"]


def build_train_val(
    plan: Plan,
    resolved: ResolvedTasks,
    facts: Facts,
    weights: Sequence[TaskWeight],
    *,
    backbone: BackboneFacts,
    aid: LossAid,
) -> NetParameter:
    """Put the net together: data, label slices, backbone, groups, then each task.

    Args:
        plan: what hangs where.
        resolved: the tasks, with the label columns that each reads.
        facts: what the net is made for.
        weights: the weight of each task.
        backbone: what is known of the backbone.
        aid: what losses take from elsewhere.

    Raises:
        TaskFileError: the name of a task or group makes a layer that is there already.
    """
    tasks, image = plan.tasks, plan.backbone.image
    shape = tasks.data.record
    net = LayerBuilder(tasks.name, phases=plan.phases)
    for phase in plan.phases:
        add_data_layers(net, tasks.data, phase, image, channels=facts.image[0])
    if tasks.data.canary:
        numbers = (number_blob(records_blob(shape, image)), number_blob(LABEL))
        canary(net, "canary", numbers)
    with naming("tasks"):
        labels = slice_labels(net, facts.layout.label_count, _columns(resolved))
    added = add_backbone(net, plan, facts.image, backbone)
    groups = plan.add_groups(net, training=True, stands_for=added.stands_for)
    for index, (heads, weight) in enumerate(zip(plan.heads, weights, strict=True)):
        task = heads[0].task
        with naming(f"tasks[{index}].name"):
            targets = add_targets(net, task, labels, added.crop)
        for head, loss_weight in zip(heads, weight.weights, strict=True):
            bottom = (
                groups[str(task.group)]
                if head.blob is None
                else added.stands_for.get(head.blob, head.blob)
            )
            with naming(f"tasks[{index}].name"):
                scores = add_head(net, head, bottom, images=shape.images, training=True)
                scored = ScoredHead(head, unit_scores(net, head, scores), targets)
                add_loss(net, scored, loss_weight, aid)
                if tasks.data.test is not None:
                    items = shape.images if task.images == "each" else 1
                    batch = items * tasks.data.test.batch_size
                    add_scores(net, scored, batch=batch)
    net.silence_unread(added.blobs)
    return net.net


def _columns(resolved: ResolvedTasks) -> dict[str, Sequence[int]]:
    """Return who reads which label columns: the tasks, and their weights."""
    columns: dict[str, Sequence[int]] = {}
    for task, own in resolved.with_columns():
        if own.labels:
            columns[task.name] = own.labels
        if own.weights:
            columns[weight_name(task.name)] = own.weights
    return columns
