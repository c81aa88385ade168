"""Built-in backbones against the public nets whose weights they must take.

`prototxt_golden/public_models.json` holds, for each public net, where it stands, the shapes of its
weights by layer and how many numbers it learns. The counts agree with published figures: 60,965,224
for AlexNet and CaffeNet, 138,357,544 for VGG-16, 1,235,496 for SqueezeNet 1.1, 4,231,976 for
MobileNet, 13,378,280 for GoogLeNet with both auxiliary classifiers, 25,557,032 for ResNet-50 plus
the 64 biases of conv1 that only the Caffe model has, and 431,080 for LeNet.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from caffe_multilabel.nets.generate import BACKBONES
from caffe_multilabel.tasks import Backbone as BackboneKeys

PUBLIC = json.loads(
    (Path(__file__).parent / "prototxt_golden" / "public_models.json").read_text("utf-8")
)
MCNN_SCALES = {"bn1": "scale1", "bn2": "scale2"} | {
    f"bn3_{branch}": f"scale3_{branch}"
    for branch in ("g1_gender", "g2_Nose", "g3_Mouth", "g4_Eyes", "g5_Face", "g6_Other")
}


def public_weights(name: str) -> dict[str, list[list[int]]]:
    """The public net without its classifiers; MCNN with the Scale layers that it lacks."""
    public: dict[str, Any] = PUBLIC[name]
    weights = {
        layer: shapes
        for layer, shapes in public["weights"].items()
        if layer not in public["classifiers"]
    }
    if name == "mcnn":
        weights |= {scale: [weights[norm][0]] * 2 for norm, scale in MCNN_SCALES.items()}
    return weights


def test_every_backbone_of_a_task_file_is_there() -> None:
    names = BackboneKeys.model_json_schema()["properties"]["name"]["anyOf"][0]["enum"]
    assert sorted(names) == sorted(BACKBONES) == sorted(PUBLIC)


@pytest.mark.parametrize("name", BACKBONES)
def test_layers_and_weight_shapes_are_those_of_the_public_net(name: str) -> None:
    weights = {
        layer.name: [list(shape) for shape in layer.param_shapes]
        for layer in BACKBONES[name].shapes().layers
        if layer.param_shapes
    }
    assert weights == public_weights(name)


@pytest.mark.parametrize("name", BACKBONES)
def test_parameter_count_is_that_of_the_public_net(name: str) -> None:
    public = PUBLIC[name]
    classifiers = sum(
        math.prod(shape) for layer in public["classifiers"] for shape in public["weights"][layer]
    )
    scales = (
        sum(2 * math.prod(public["weights"][norm][0]) for norm in MCNN_SCALES)
        if name == "mcnn"
        else 0
    )
    learned = BACKBONES[name].parameter_count()
    assert learned + classifiers == public["learned"] + scales


@pytest.mark.parametrize("name", BACKBONES)
def test_features_are_one_vector(name: str) -> None:
    backbone = BACKBONES[name]
    shape = backbone.shapes().blobs[backbone.features]
    assert math.prod(shape[2:]) == 1


@pytest.mark.parametrize("name", BACKBONES)
def test_every_batch_norm_has_its_scale(name: str) -> None:
    layers = list(BACKBONES[name].net().layer)
    for index, layer in enumerate(layers):
        if layer.type == "BatchNorm":
            scale = layers[index + 1]
            assert scale.type == "Scale"
            assert list(scale.bottom) == list(scale.top) == list(layer.top)
            assert scale.scale_param.bias_term
            assert [spec.lr_mult for spec in layer.param] == [0, 0, 0]


@pytest.mark.parametrize(
    ("name", "blobs"),
    [
        ("caffenet", ["conv1", "pool1", "norm1", "conv2", "pool2", "norm2", "conv3"]),
        ("alexnet", ["conv1", "norm1", "pool1", "conv2", "norm2", "pool2", "conv3"]),
        ("squeezenet1.1", ["conv1", "pool1", "fire2/squeeze1x1", "fire2/expand1x1"]),
        ("resnet18", ["conv1", "pool1", "res2a_branch1", "res2a_branch2a", "res2a_branch2b"]),
    ],
)
def test_blobs_to_attach_to_go_from_shallow_to_deep(name: str, blobs: list[str]) -> None:
    assert list(BACKBONES[name].blobs()[: len(blobs)]) == blobs
