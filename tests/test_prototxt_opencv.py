"""Deploy nets in OpenCV 4, whose Caffe importer is a parser that nobody here wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from caffe_multilabel.caffe.proto import to_text
from caffe_multilabel.caffe.proto.blobs import array_to_blob
from caffe_multilabel.caffe.shapes import infer_shapes
from caffe_multilabel.nets.generate import BACKBONES, generate
from caffe_multilabel.tasks import load_tasks

READ_NET = getattr(cv2.dnn, "readNetFromCaffe", None)
pytestmark = pytest.mark.opencv4

EXAMPLES = {
    path.stem: path for path in sorted((Path(__file__).parents[1] / "examples").rglob("*.yaml"))
}
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


def random_weights(net: Any) -> Any:
    """A caffemodel with small positive weights, so that nothing overflows or vanishes."""
    generator = np.random.default_rng(0)
    model = type(net)(name=net.name)
    for layer in infer_shapes(net, "TEST").layers:
        if layer.param_shapes:
            blobs = [
                array_to_blob(generator.random(shape, dtype=np.float32) * 0.01 + 0.001)
                for shape in layer.param_shapes
            ]
            model.layer.add(name=layer.name, type=layer.type, blobs=blobs)
    return model


def check_in_opencv(net: Any) -> None:
    shapes = infer_shapes(net, "TEST")
    assert READ_NET is not None
    loaded = READ_NET(
        np.frombuffer(to_text(net).encode(), np.uint8),
        np.frombuffer(random_weights(net).SerializeToString(), np.uint8),
    )
    (image,) = net.layer[0].top
    loaded.setInput(np.random.default_rng(1).random(shapes.blobs[image], dtype=np.float32))
    assert set(loaded.getUnconnectedOutLayersNames()) == set(shapes.outputs)
    for name, output in zip(shapes.outputs, loaded.forward(list(shapes.outputs)), strict=True):
        assert output.shape == shapes.blobs[name]
        assert np.isfinite(output).all()
        if any(layer.name == name and layer.type == "Softmax" for layer in net.layer):
            assert output.sum() == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples(name: str) -> None:
    check_in_opencv(generate(load_tasks(EXAMPLES[name])).deploy)


@pytest.mark.parametrize("name", BACKBONES)
def test_backbones_with_every_kind_of_task(name: str) -> None:
    tasks = load_tasks(
        {
            "backbone": name,
            "data": {
                "transform": {"crop_size": SMALLEST[name]},
                "train": {"images": "images", "labels": "labels"},
            },
            "groups": [{"name": "g", "hidden": 6}],
            "tasks": [
                {"name": "color", "loss": "softmax", "classes": 4, "dropout": 0.5},
                {"name": "flags", "loss": "sigmoid", "dim": 5, "hidden": 16, "group": "g"},
                {"name": "corners", "loss": "euclidean", "dim": 8, "hidden": [8, 4]},
                {"name": "side", "loss": "hinge", "classes": 3, "attach": "conv1"}
                if "conv1" in BACKBONES[name].blobs()
                else {"name": "side", "loss": "hinge", "classes": 3},
            ],
        }
    )
    check_in_opencv(generate(tasks).deploy)
