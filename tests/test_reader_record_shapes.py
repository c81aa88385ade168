"""Means and batches of records of several images, and of images with ramps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
import yaml

from caffe_multilabel import MultilabelDataset, OptionError, compute_mean, convert
from caffe_multilabel.errors import DatabaseError
from caffe_multilabel.nets.generate import generate
from caffe_multilabel.tasks import load_tasks

if TYPE_CHECKING:
    from pathlib import Path

    from command_tools import RunCommand

HEIGHT, WIDTH = 28, 30
MEANS = [10.5, 20.25, 30.0]


@pytest.fixture(autouse=True)
def images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(0)
    for index in range(4):
        pixels = random.integers(0, 90 + 50 * index, (HEIGHT, WIDTH, 3), np.uint8)
        cv2.imwrite(f"{index}.png", pixels)


def make(images: int = 1, **options: Any) -> MultilabelDataset:
    """Records of the images 0 and 1, and 2 and 3; or of 0, 1 and so on."""
    names = [f"{index}.png" for index in range(4)]
    rows: Any = [(name, [0]) for name in names]
    if images > 1:
        rows = [(names[:2], [0]), (names[2:], [1])]
    convert(rows, root=".", images="i", labels="l", images_per_record=images, **options)
    return MultilabelDataset("i", "l")


def test_a_dataset_tells_of_ramps() -> None:
    data = make(ramps=True)
    assert (data.ramps, data.images_per_record) == (True, 1)
    column, row = data[0][0][-2:]
    assert column[3, 7], row[3, 7] == (7, 3)
    assert not make(overwrite=True).ramps


@pytest.mark.parametrize("means", [MEANS, [50.0], 50.0])
def test_nothing_is_taken_from_ramps(means: Any) -> None:
    data = make(ramps=True)
    (batch, _), stored = next(data.batches(4, mean_value=means)), np.stack([one for one, _ in data])
    taken = np.broadcast_to(means, 3).reshape(1, 3, 1, 1)
    assert np.array_equal(batch[:, 3:], stored[:, 3:])
    assert np.array_equal(batch[:, :3], stored[:, :3] - taken.astype(np.float32))


def test_a_gray_image_keeps_its_ramps_too() -> None:
    data = make(ramps=True, gray=True)
    batch, _ = next(data.batches(4, mean_value=7))
    stored = np.stack([one for one, _ in data])
    assert np.array_equal(batch[:, 1:], stored[:, 1:])
    assert np.array_equal(batch[:, 0], stored[:, 0] - np.float32(7))


@pytest.mark.parametrize("means", [MEANS, MEANS * 2, [50.0]])
def test_the_means_of_an_image_are_those_of_each(means: list[float]) -> None:
    data = make(2)
    batch, _ = next(data.batches(2, mean_value=means))
    taken = np.resize(np.array(means, np.float32), 6).reshape(1, 6, 1, 1)
    assert np.array_equal(batch, np.stack([one for one, _ in data]) - taken)


def test_what_changes_ramps_is_refused() -> None:
    data = make(ramps=True)
    with pytest.raises(OptionError, match="mean_file would change the ramps of i; give mean_value"):
        data.batches(4, mean_file=np.zeros((5, HEIGHT, WIDTH)))
    with pytest.raises(DatabaseError, match="mean_value has 4 values"):
        next(data.batches(4, mean_value=[1, 2, 3, 4]))


@pytest.mark.parametrize("options", [{"images": 2}, {"ramps": True}, {"ramps": True, "gray": True}])
def test_the_line_of_means_is_one_of_a_task_file(
    options: dict[str, Any], run_command: RunCommand
) -> None:
    gray = options.get("gray", False)
    data = make(**options)
    line = compute_mean("i").mean_value_line
    flag = cv2.IMREAD_GRAYSCALE if gray else cv2.IMREAD_COLOR
    pixels = np.stack([np.atleast_3d(cv2.imread(f"{index}.png", flag)) for index in range(4)])  # type: ignore[arg-type]
    found = yaml.safe_load(line)["mean_value"]
    assert found == pytest.approx(pixels.mean(axis=(0, 1, 2)), rel=1e-5)
    task: dict[str, Any] = {"name": "a", "loss": "softmax", "classes": 2}
    if data.images_per_record > 1:
        task["images"] = "concat"
    file = load_tasks(
        {
            "backbone": "lenet",
            "data": {
                "images_per_record": data.images_per_record,
                "ramps": data.ramps,
                "gray": gray,
                "transform": {"mean_value": found},
                "train": {"images": "i", "labels": "l", "batch_size": 2},
            },
            "tasks": [task],
        }
    )
    (layer, *_) = generate(file).train_val.layer
    batch, _ = next(data.batches(2, mean_value=list(layer.transform_param.mean_value)))
    assert np.array_equal(batch, next(data.batches(2, mean_value=found))[0])
    printed = run_command("caffe-multilabel", "mean", "i")
    assert printed.stdout == f"{line}\n"
    assert ("ramps are left out" in printed.stderr) == data.ramps
