"""`defaults: backbone`: what is done to images follows the backbone."""

from __future__ import annotations

from typing import Any

import pytest

from caffe_multilabel import generate, load_tasks
from caffe_multilabel.errors import TaskFileError
from caffe_multilabel.nets.generate import BACKBONES

IMAGENET = [104, 117, 123]


def transform(backbone: str, shape: list[int] | None, **keys: Any) -> dict[str, Any]:
    """The image layer's transform_param in TRAIN, without mirror."""
    data = {
        "transform": {"defaults": "backbone", **keys},
        "train": {"images": "images", "labels": "labels"},
        **({} if shape is None else {"shape": shape}),
    }
    task = {"name": "a", "loss": "softmax", "classes": 3}
    net = generate({"backbone": backbone, "data": data, "tasks": [task]})
    fields = net.train_val.layer[0].transform_param
    found: dict[str, Any] = {"mean_value": [round(mean, 3) for mean in fields.mean_value]}
    if fields.HasField("scale"):
        found["scale"] = round(fields.scale, 7)
    if fields.HasField("crop_size"):
        found["crop_size"] = fields.crop_size
    settled = net.transform  # what readers take
    assert [round(mean, 3) for mean in settled.mean_value] == found["mean_value"]
    assert round(settled.scale, 7) == found.get("scale", 1)
    assert settled.crop_size == found.get("crop_size")
    assert not any("scale" in warning for warning in net.warnings)
    deploy = net.deploy.layer[0].input_param.shape[0].dim
    assert list(deploy[1:]) == list(_cropped(shape or [3, 0, 0], found.get("crop_size")))
    return found


def _cropped(shape: list[int], side: int | None) -> list[int]:
    return shape if side is None else [shape[0], side, side]


@pytest.mark.parametrize(
    ("backbone", "shape", "wanted"),
    [
        ("resnet18", [3, 256, 256], {"mean_value": IMAGENET, "crop_size": 224}),
        ("caffenet", [3, 256, 256], {"mean_value": IMAGENET, "crop_size": 227}),
        ("caffenet", [3, 227, 300], {"mean_value": IMAGENET, "crop_size": 227}),
        ("resnet18", [3, 223, 300], {"mean_value": IMAGENET}),  # too small to be cropped
        ("resnet18", None, {"mean_value": IMAGENET, "crop_size": 224}),
        ("resnet18", [1, 64, 64], {"mean_value": [114.67]}),
        ("lenet", [3, 64, 64], {"mean_value": [128], "scale": 0.0078125}),
        ("lenet", [1, 28, 28], {"mean_value": [128], "scale": 0.0078125}),
        (
            "mobilenet",
            [3, 256, 256],
            {"mean_value": [103.94, 116.78, 123.68], "scale": 0.017, "crop_size": 224},
        ),
    ],
)
def test_the_same_file_on_any_backbone(
    backbone: str, shape: list[int] | None, wanted: dict[str, Any]
) -> None:
    assert transform(backbone, shape) == wanted


def test_keys_that_are_written_lead() -> None:
    shape = [3, 256, 256]
    whole = transform("resnet18", shape, crop_size=None)
    assert whole == {"mean_value": IMAGENET}
    own = transform("lenet", shape, mean_value=[1, 2, 3], scale=0.004, crop_size=200)
    assert own == {"mean_value": [1, 2, 3], "scale": 0.004, "crop_size": 200}
    assert transform("lenet", shape, mean_file="m.binaryproto")["mean_value"] == []


@pytest.mark.parametrize("backbone", [None, {"file": "own.prototxt", "features": "fc7"}])
def test_only_a_built_in_knows_what_it_was_made_for(backbone: object) -> None:
    content = {
        "backbone": backbone,
        "data": {"transform": {"defaults": "backbone"}},
        "tasks": [{"name": "a", "loss": "softmax", "classes": 3}],
    }
    with pytest.raises(TaskFileError, match=r"transform\.defaults: found with (no|a) backbone"):
        load_tasks(content)


@pytest.mark.parametrize(
    ("backbone", "scale", "told"),
    [
        ("lenet", 1.0, True),
        ("lenet", 0.00390625, False),  # as Caffe's own example
        ("mobilenet", 1.0, True),
        ("resnet18", 1.0, False),
        ("resnet18", 0.0078125, True),
    ],
)
def test_another_backbone_s_scale_is_told(backbone: str, scale: float, told: bool) -> None:
    net = generate(
        {
            "backbone": backbone,
            "data": {
                "shape": [3, 64, 64],
                "transform": {"scale": scale},
                "train": {"images": "images", "labels": "labels"},
            },
            "tasks": [{"name": "a", "loss": "softmax", "classes": 3}],
        }
    )
    found = [text for text in net.warnings if text.startswith("data.transform.scale")]
    assert len(found) == told
    for text in found:
        assert f"pixels times {BACKBONES[backbone].scale:g}" in text
