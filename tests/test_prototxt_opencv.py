"""Deploy nets in OpenCV 4, whose Caffe importer is a parser that nobody here wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from backbone_tools import every_kind_of_task
from caffe_multilabel.caffe.proto import to_text
from caffe_multilabel.caffe.proto.blobs import array_to_blob
from caffe_multilabel.caffe.shapes import infer_shapes
from caffe_multilabel.nets.generate import BACKBONES, generate
from caffe_multilabel.tasks import load_tasks

READ_NET = getattr(cv2.dnn, "readNetFromCaffe", None)
pytestmark = [pytest.mark.opencv4, pytest.mark.torch]

# OpenCV has no Reduction, of which a deploy net makes features of length 1.
EXAMPLES = {
    path.stem: path
    for path in sorted((Path(__file__).parents[1] / "examples").rglob("*.yaml"))
    if not any(task.l2_normalize for task in load_tasks(path).tasks)
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


def check_in_opencv(net: Any, folder: Path) -> None:
    """OpenCV reads the net as the shape rules do, and the engine computes the same with it."""
    from caffe_multilabel.engine import Net  # noqa: PLC0415  (torch)

    shapes = infer_shapes(net, "TEST")
    weights = folder / "net.caffemodel"
    weights.write_bytes(random_weights(net).SerializeToString())
    assert READ_NET is not None
    loaded = READ_NET(
        np.frombuffer(to_text(net).encode(), np.uint8),
        np.frombuffer(weights.read_bytes(), np.uint8),
    )
    (image,) = net.layer[0].top
    values = np.random.default_rng(1).random(shapes.blobs[image], dtype=np.float32)
    loaded.setInput(values)
    engine = Net(net, weights=weights).forward(**{image: values})
    assert set(loaded.getUnconnectedOutLayersNames()) == set(shapes.outputs) == set(engine)
    for name, output in zip(shapes.outputs, loaded.forward(list(shapes.outputs)), strict=True):
        assert output.shape == shapes.blobs[name]
        assert np.isfinite(output).all()
        np.testing.assert_allclose(engine[name], output, rtol=1e-4, atol=1e-6)
        if any(layer.name == name and layer.type == "Softmax" for layer in net.layer):
            assert output.sum() == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples(name: str, tmp_path: Path) -> None:
    check_in_opencv(generate(load_tasks(EXAMPLES[name])).deploy, tmp_path)


@pytest.mark.parametrize("name", BACKBONES)
def test_backbones_with_every_kind_of_task(name: str, tmp_path: Path) -> None:
    check_in_opencv(every_kind_of_task(name).deploy, tmp_path)
