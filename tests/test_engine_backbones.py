"""All backbones and examples run in the engine; a backbone's gradient is the slope of its loss."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from backbone_tools import LABELS, SMALLEST, every_kind_of_task, fed_by_hand
from caffe_multilabel import generate, load_tasks
from caffe_multilabel.nets.generate import BACKBONES
from caffe_multilabel.tasks import ResolvedTasks

if TYPE_CHECKING:
    from caffe_multilabel.caffe.proto.types import NetParameter
    from caffe_multilabel.engine import Blob, Net

pytestmark = pytest.mark.torch

# Those of schemes read more than images and labels; test_scheme_examples.py trains them.
EXAMPLES = {
    path.stem: path
    for path in sorted((Path(__file__).parents[1] / "examples").rglob("*.yaml"))
    if path.parent.name != "schemes"
}


def ready(net: NetParameter, images: tuple[int, ...], labels: int, dtype: str = "float32") -> Net:
    """A net that draws nothing at random, fed with images and labels 0 and 1."""
    import torch  # noqa: PLC0415

    from caffe_multilabel.engine import Net  # noqa: PLC0415

    fed = fed_by_hand(net, [images, (images[0], labels, 1, 1)])
    for layer in fed.layer:
        if layer.type == "Dropout":
            layer.dropout_param.dropout_ratio = 0
    made = Net(fed, phase="TRAIN", dtype=getattr(torch, dtype), seed=1)
    random = np.random.default_rng(1)
    data, label = made.inputs
    made.blobs[data].data = random.normal(size=images)
    made.blobs[label].data = random.integers(2, size=(images[0], labels, 1, 1))
    return made


def learnt(net: Net) -> list[Blob]:
    """The blobs of weights that have a gradient."""
    return [blob for blobs in net.params.values() for blob in blobs if blob.diff.any()]


def check_slope(net: Net) -> None:
    """Along the gradient the loss must change at the rate of the gradient's own length."""
    net.forward()
    net.backward()
    blobs = learnt(net)
    steps = [blob.diff.clone() for blob in blobs]
    length = float(sum(step.square().sum() for step in steps)) ** 0.5
    assert np.isfinite(length)
    # So small a step that hardly a ReLU or a maximum goes over to another side.
    change = 1e-5
    losses = []
    for part in (change, -2 * change):
        for blob, step in zip(blobs, steps, strict=True):
            blob.data.add_(step, alpha=part / length**2)
        net.forward()
        losses.append(net.loss)
    assert losses[0] - losses[1] == pytest.approx(2 * change, rel=1e-5)


@pytest.mark.parametrize("name", BACKBONES)
def test_backbone_with_every_kind_of_task(name: str) -> None:
    size = SMALLEST[name]
    net = ready(every_kind_of_task(name).train_val, (2, 3, size, size), LABELS, "float64")
    check_slope(net)
    assert next(iter(net.params.values()))[0].diff.any()


@pytest.mark.parametrize("name", EXAMPLES)
def test_example(name: str) -> None:
    file = load_tasks(EXAMPLES[name])
    made = generate(file)
    (image,) = made.deploy.layer[0].input_param.shape
    width = ResolvedTasks.of(file).schema.width
    net = ready(made.train_val, (1, *image.dim[1:]), width)
    net.forward()
    net.backward()
    assert np.isfinite(net.loss)
    assert learnt(net)
    assert all(blob.diff.isfinite().all() for blob in learnt(net))
