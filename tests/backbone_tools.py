"""Nets of all backbones with every kind of task, and train nets fed by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from caffe_multilabel import generate, load_tasks
from caffe_multilabel.nets.generate import BACKBONES

if TYPE_CHECKING:
    from caffe_multilabel.caffe.proto.types import NetParameter
    from caffe_multilabel.nets.generate import GeneratedNet

__all__ = ["LABELS", "SMALLEST", "every_kind_of_task", "fed_by_hand"]

# Images as small as each net takes them: weights behind them are fewer then.
SMALLEST = {
    "lenet": 28,
    "caffenet": 67,
    "alexnet": 67,
    "vgg16": 32,
    "googlenet": 96,
    "resnet18": 64,
    "resnet50": 64,
    "squeezenet1.1": 64,
    "mobilenet": 64,
    "mcnn": 95,
}
LABELS = 1 + 5 + 8 + 1
"""Numbers in a label of `every_kind_of_task`."""


def every_kind_of_task(backbone: str) -> GeneratedNet:
    """Nets with a task of each loss: of several depths, in a group, at a layer of their own."""
    side: dict[str, Any] = {"name": "side", "loss": "hinge", "classes": 3}
    if "conv1" in BACKBONES[backbone].blobs():
        side["attach"] = "conv1"
    return generate(
        load_tasks(
            {
                "backbone": backbone,
                "data": {
                    "transform": {"crop_size": SMALLEST[backbone]},
                    "train": {"images": "images", "labels": "labels"},
                },
                "groups": [{"name": "g", "hidden": 6}],
                "tasks": [
                    {"name": "color", "loss": "softmax", "classes": 4, "dropout": 0.5},
                    {"name": "flags", "loss": "sigmoid", "dim": 5, "hidden": 16, "group": "g"},
                    {"name": "corners", "loss": "euclidean", "dim": 8, "hidden": [8, 4]},
                    side,
                ],
            }
        )
    )


def fed_by_hand(net: NetParameter, shapes: list[tuple[int, ...]]) -> NetParameter:
    """The TRAIN phase of a net, with an Input layer of such a shape for each Data layer."""
    fed = type(net)()
    fed.CopyFrom(net)
    kept = [layer for layer in net.layer if layer.type != "Data"]
    del fed.layer[:]
    data = [layer for layer in net.layer if layer.type == "Data" and layer.include[0].phase == 0]
    for layer, shape in zip(data, shapes, strict=True):
        made = fed.layer.add(name=layer.name, type="Input", top=layer.top)
        made.input_param.shape.add(dim=shape)
    fed.layer.extend(kept)
    return fed
