"""The nets that the engine's benchmark runs: of generated backbones, fed with constants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from caffe_multilabel import generate, load_tasks
from caffe_multilabel.caffe.proto import to_text

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["NETS", "NetCase", "write_net"]

_TASKS = """
name: bench
backbone: {backbone}
data:
  transform: {{crop_size: {size}}}
  train: {{images: train_images, labels: train_labels, batch_size: {batch}}}
  test: {{images: val_images, labels: val_labels, batch_size: {batch}}}
tasks:
  - {{name: color, loss: softmax, classes: 8}}
  - {{name: flags, loss: sigmoid, dim: 5}}
solver: {{base_lr: 0.01, max_iter: 100}}
"""


class NetCase(NamedTuple):
    """A backbone, and how wide its square images are."""

    backbone: str
    size: int


NETS = (
    NetCase("lenet", 64),
    NetCase("caffenet", 227),
    NetCase("googlenet", 224),
    NetCase("resnet18", 224),
    NetCase("mobilenet", 224),
)


def write_net(folder: Path, case: NetCase, batch: int) -> Path:
    """Write a net to train whose data layers give constants, so that none reads a disk.

    Returns:
        The prototxt, which the engine and a real Caffe both take.
    """
    stem = f"{case.backbone}_{batch}"
    tasks = folder / f"{stem}.yaml"
    tasks.write_text(_TASKS.format(backbone=case.backbone, size=case.size, batch=batch))
    net = generate(load_tasks(tasks)).train_val
    shapes: dict[str, list[int]] = {
        "image": [batch, 3, case.size, case.size],
        "labels": [batch, 1 + 5, 1, 1],
    }
    kept = [layer for layer in net.layer if layer.type != "Data"]
    made = [layer for layer in net.layer if layer.type == "Data"]
    tops = [str(layer.top[0]) for layer in made if _in_train(layer)]
    del net.layer[:]
    for top, shape in zip(tops, shapes.values(), strict=True):
        layer = net.layer.add(name=top, type="DummyData", top=[top])
        layer.dummy_data_param.shape.add(dim=shape)
        layer.dummy_data_param.data_filler.add(type="constant", value=float(shape[1] == 3))
    net.layer.extend(kept)
    path = folder / f"{stem}.prototxt"
    path.write_text(to_text(net))
    return path


def _in_train(layer: Any) -> bool:
    return any(rule.phase == 0 for rule in layer.include)
