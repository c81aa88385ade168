"""The task file that goes with the sample."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel.data.sample.outlines import KINDS
from caffe_multilabel.data.sample.palette import COLORS

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["LABEL_COLUMNS", "task_file_text"]

LABEL_COLUMNS = ("kind", "color", "filled", "size", "x", "y")

_TEMPLATE = """\
# The five tasks of the sample images; their columns stand in the lists in this order.
name: shapes
backbone: lenet
data:
  # Written for images converted at 64x64, so that the crop takes nothing off: a crop or a mirror
  # image would move the shape, and its centre in the labels would no longer be right.
  transform: {{crop_size: 64, mirror: false, mean_value: [160, 162, 163], scale: 0.0078125}}
  train: {{images: train_images, labels: train_labels, batch_size: 64}}
  test:  {{images: val_images,   labels: val_labels,   batch_size: 50}}
tasks:
  - {{name: kind,   loss: softmax,   classes: [{kinds}]}}
  - {{name: color,  loss: softmax,   classes: [{colors}]}}
  - {{name: filled, loss: sigmoid,   dim: 1}}
  # Where a shape lies is plainer in the maps of pool2 than in what the classes make of them, so the
  # two tasks that measure have a hidden layer of their own there.
  # size: diameter over the shorter side. centre: x over the width, y over the height.
  - {{name: size,   loss: euclidean, dim: 1, attach: pool2, hidden: 64}}
  - {{name: centre, loss: euclidean, dim: 2, attach: pool2, hidden: 64}}
# A few minutes on a CPU, after which each task is better than its baseline. Adam, for the tasks
# that measure have far smaller losses than those that tell classes apart; the weight decay, for
# a net learns two thousand images by heart.
solver: {{type: Adam, base_lr: 0.001, weight_decay: 0.005, lr_policy: step, stepsize: 400,
  gamma: 0.1, max_iter: 600, test_interval: 200, snapshot: 200}}
"""


def task_file_text() -> str:
    """The text of `tasks.yaml`; its databases are looked for beside it."""
    return _TEMPLATE.format(kinds=_names(KINDS), colors=_names(COLORS))


def _names(names: Iterable[str]) -> str:
    return ", ".join(names)
