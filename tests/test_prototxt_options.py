"""A task file from command-line options."""

from __future__ import annotations

from typing import Any

import pytest

from caffe_multilabel.errors import OptionError, TaskFileError
from caffe_multilabel.nets.generate import generate, tasks_from_options

TRAIN = ("train_images", "train_labels")


def test_each_kind_of_task() -> None:
    made = tasks_from_options(
        backbone="caffenet",
        tasks=["color:softmax:8", "flags:sigmoid:5", "corners:euclidean:8", "side:hinge:2"],
        train=TRAIN,
        test=("val_images", "val_labels"),
        batch_size=32,
        test_batch_size=10,
        name="quick",
        loss_weights="equal",
        solver={"max_iter": 10},
    )
    assert [(task.name, task.loss, task.outputs) for task in made.tasks] == [
        ("color", "softmax", 8),
        ("flags", "sigmoid", 5),
        ("corners", "euclidean", 8),
        ("side", "hinge", 2),
    ]
    net = generate(made)
    assert net.train_val.name == "quick"
    assert net.train_val.layer[0].transform_param.crop_size == 227
    assert [layer.data_param.batch_size for layer in net.train_val.layer[:4]] == [32, 32, 10, 10]
    assert net.solver.max_iter == 10


def test_a_backbone_without_a_size_takes_images_whole() -> None:
    made = tasks_from_options(
        backbone="lenet", tasks=["a:softmax:3"], train=TRAIN, shape=(3, 48, 64)
    )
    assert made.data.transform.crop_size is None
    assert made.data.test is None
    assert list(generate(made).deploy.layer[0].input_param.shape[0].dim) == [1, 3, 48, 64]


def test_a_crop_of_one_s_own() -> None:
    made = tasks_from_options(
        backbone="resnet18",
        tasks=["a:softmax:3"],
        train=TRAIN,
        transform={"crop_size": 112, "mirror": True},
    )
    assert made.data.transform.crop_size == 112
    assert made.data.transform.mirror


@pytest.mark.parametrize("text", ["color", "color:softmax", "color:softmax:x", ":softmax:3", "::"])
def test_a_task_that_is_no_name_loss_size(text: str) -> None:
    with pytest.raises(OptionError, match="must be NAME:LOSS:SIZE"):
        tasks_from_options(backbone="lenet", tasks=[text], train=TRAIN)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"backbone": "cafenet"}, "did you mean 'caffenet'"),
        ({"tasks": ["a:sofmax:3"]}, "did you mean 'softmax'"),
    ],
)
def test_misspelt_words_get_a_suggestion(keys: dict[str, Any], message: str) -> None:
    options: dict[str, Any] = {"backbone": "lenet", "tasks": ["a:softmax:3"], "train": TRAIN}
    with pytest.raises(OptionError, match=message):
        tasks_from_options(**options | keys)


def test_values_are_checked_as_in_a_task_file() -> None:
    with pytest.raises(TaskFileError) as caught:
        tasks_from_options(backbone="lenet", tasks=["a:softmax:1"], train=TRAIN)
    assert caught.value.key == "tasks[0].classes"
