"""Builds the net for use: an Input, the backbone, one named output a task, nothing of training."""

from __future__ import annotations

from typing import TYPE_CHECKING

from google.protobuf.message import Message

from caffe_multilabel.caffe.layers import LAYER_TYPES
from caffe_multilabel.caffe.net_state import select_layers
from caffe_multilabel.nets.generate.data_layers import add_input
from caffe_multilabel.nets.generate.layers import LayerBuilder
from caffe_multilabel.nets.generate.plan import naming
from caffe_multilabel.nets.generate.record_layers import RECORDS, add_images
from caffe_multilabel.nets.generate.task_heads import add_output
from caffe_multilabel.tasks import RecordShape

if TYPE_CHECKING:
    from caffe_multilabel.caffe.proto.types import LayerParameter, NetParameter
    from caffe_multilabel.nets.generate.plan import Plan

__all__ = ["build_deploy"]

_FILLERS = ("weight_filler", "bias_filler", "filler")


def build_deploy(plan: Plan, image: tuple[int, int, int]) -> NetParameter:
    """Put the net together for one image of channels x height x width.

    Where a task makes one answer of the images of a record, it is for one record: its images one
    behind the other, channels being those of all of them. Of a task with several heads, the first
    one is its output.

    Raises:
        TaskFileError: the name of a task or group is that of a layer or blob of the backbone.
    """
    net = LayerBuilder(plan.tasks.name)
    heads = [of_task[0] for of_task in plan.heads]
    images = plan.tasks.data.record.images
    if any(head.task.images not in (None, "each") for head in heads):
        shape = RecordShape(images)
        add_input(net, RECORDS, (shape.channels(image[0]), *image[1:]))
        add_images(net, shape, plan.backbone.image, image)
    else:
        add_input(net, plan.backbone.image, image)
    backbone, stands_for = _without_bypassed(plan.backbone_for(heads))
    for layer in backbone.layer:
        _strip(layer)
    net.extend(backbone.layer)
    groups = plan.add_groups(net, training=False, stands_for=stands_for)
    for index, head in enumerate(heads):
        blob = groups[str(head.task.group)] if head.blob is None else head.blob
        with naming(f"tasks[{index}].name"):
            add_output(net, head, stands_for.get(blob, blob), images=images)
    net.silence_unread({top for layer in backbone.layer for top in layer.top})
    for layer in net.net.layer:
        _strip(layer)
    return net.net


def _without_bypassed(net: NetParameter) -> tuple[NetParameter, dict[str, str]]:
    """Return the TEST layers of a net without those that do nothing there, as Dropout.

    Returns:
        The net, and for each blob that such a layer made the blob that stands for it now.
    """
    kept: NetParameter = type(net)(name=net.name)
    stands_for: dict[str, str] = {}
    for _, layer in select_layers(net, "TEST"):
        bottoms = [stands_for.get(bottom, bottom) for bottom in layer.bottom]
        if layer.type in LAYER_TYPES and LAYER_TYPES[layer.type].deploy == "bypassed":
            stands_for.update(zip(layer.top, bottoms, strict=True))
            continue
        copy = kept.layer.add()
        copy.CopyFrom(layer)
        copy.bottom[:] = bottoms
    return kept, stands_for


def _strip(layer: LayerParameter) -> None:
    """Take fillers, multipliers and phases off a layer; names of shared weights stay."""
    for field in ("include", "exclude", "propagate_down"):
        layer.ClearField(field)
    if any(spec.name for spec in layer.param):
        for spec in layer.param:
            spec.ClearField("lr_mult")
            spec.ClearField("decay_mult")
    else:
        layer.ClearField("param")
    for _, value in layer.ListFields():
        if isinstance(value, Message):
            for filler in _FILLERS:
                if filler in value.DESCRIPTOR.fields_by_name:
                    value.ClearField(filler)
    if layer.type == "BatchNorm":
        layer.batch_norm_param.use_global_stats = True
