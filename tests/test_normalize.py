"""Raw numbers under a EuclideanLoss: `normalize` in a task, from the labels to deploy."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from caffe_multilabel import convert, generate, infer_tasks, lint_net, load_tasks
from caffe_multilabel.errors import TaskFileError
from caffe_multilabel.views.figures import task_figures

if TYPE_CHECKING:
    from pathlib import Path

    from caffe_multilabel.nets.generate import GeneratedNet

COUNT = 60
SIDE = 28
LOW, HIGH = 20, 236
"""The number to learn: how far to the right a dot is, on an image 256 pixels wide."""


def draw(folder: Path) -> Path:
    """Write images of a dot, and a list of its color and place."""
    random = np.random.default_rng(5)
    lines = ["path,color,distance"]
    for index in range(COUNT):
        place, color = int(random.integers(LOW, HIGH + 1)), int(random.integers(2))
        image = np.zeros((SIDE, SIDE, 3), np.uint8)
        cv2.circle(image, (place * SIDE // 256, 14), 4, [(255, 0, 0), (0, 0, 255)][color], -1)
        cv2.imwrite(str(folder / f"{index}.png"), image)
        lines.append(f"{index}.png,{('blue', 'red')[color]},{place}")
    path = folder / "list.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def made(folder: Path, *, keep: bool = True, **solver: Any) -> GeneratedNet:
    """Convert the list by the tasks that are told from it, and generate the nets."""
    found = infer_tasks(draw(folder)).task_file()
    tasks = [task.model_dump(exclude_unset=True) for task in found.tasks]
    if not keep:
        del tasks[1]["normalize"]
    source = {"images": str(folder / "images"), "labels": str(folder / "labels"), "batch_size": 20}
    file = load_tasks(
        {
            "name": "dots",
            "backbone": "lenet",
            "data": {
                "transform": {"mean_value": 128, "scale": 0.0078125},
                "train": source,
                "test": source,
            },
            "tasks": tasks,
            "solver": {"random_seed": 2, "solver_mode": "CPU", "snapshot": 0, **solver},
        }
    )
    convert(
        folder / "list.csv",
        root=folder,
        images=source["images"],
        labels=source["labels"],
        tasks=file,
    )
    return generate(file)


def test_what_lint_advises_is_what_it_asks_for(tmp_path: Path) -> None:
    """And what is told from the list, which has the same numbers."""
    raw = made(tmp_path, keep=False)
    (finding,) = [
        each
        for each in lint_net(raw.train_val, labels=tmp_path / "labels")
        if each.rule == "loss-scale"
    ]
    (advice,) = re.findall(r"normalize: \{mean: [\d.]+, std: [\d.]+\}", finding.fix)
    assert advice in infer_tasks(tmp_path / "list.csv").to_yaml()
    for name in ("images", "labels"):
        (tmp_path / name).rename(tmp_path / f"raw_{name}")
    found = lint_net(made(tmp_path).train_val, labels=tmp_path / "labels")
    assert "loss-scale" not in {each.rule for each in found}


@pytest.mark.parametrize("loss", ["softmax", "sigmoid", "hinge"])
def test_classes_are_not_normalized(loss: str) -> None:
    size = {"dim": 2} if loss == "sigmoid" else {"classes": 2}
    task = {"name": "a", "loss": loss, "normalize": {"mean": 1}, **size}
    wanted = r"normalize: a \w+ task .* only euclidean and smooth_l1 tasks do"
    with pytest.raises(TaskFileError, match=wanted):
        load_tasks({"tasks": [task]})


@pytest.mark.parametrize("std", [0, -1, float("inf"), "wide"])
def test_a_width_is_above_0(std: object) -> None:
    task = {"name": "a", "loss": "euclidean", "dim": 1, "normalize": {"std": std}}
    with pytest.raises(TaskFileError, match=r"tasks\[0\]\.normalize\.std"):
        load_tasks({"tasks": [task]})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"std": 1e-45}, r"normalize: found .* fit a float32"),
        ({"std": 1e39}, r"normalize: found .* fit a float32"),
        ({"mean": -1e39}, r"normalize\.mean: found -1e\+39; must be -3\.40282e\+38 or more"),
        ({"mean": 1e30, "std": 1e-20}, r"normalize: found .* fit a float32"),
    ],
)
def test_what_the_layers_cannot_hold_is_refused(given: dict[str, float], said: str) -> None:
    """They would be written as `scale: inf` or `shift: -inf`."""
    task = {"name": "a", "loss": "euclidean", "dim": 1, "normalize": given}
    with pytest.raises(TaskFileError, match=rf"tasks\[0\]\.{said}"):
        load_tasks({"tasks": [task]})


@pytest.mark.parametrize("odd", ["1e200", "-1e308", "1e39"])
def test_numbers_that_no_label_can_be_are_told(tmp_path: Path, odd: str) -> None:
    path = tmp_path / "list.csv"
    rows = [f"{index}.jpg,{index / 8}" for index in range(40)]
    path.write_text("\n".join(["path,x", *rows, f"z.jpg,{odd}"]) + "\n")
    found = infer_tasks(path)
    (decision,) = found.decisions
    assert any("No label is larger than 3.4028e+38" in each for each in decision.cautions)
    assert found.task_file().tasks[0].loss == "euclidean"


@pytest.mark.torch
def test_the_net_reads_labels_so_and_deploy_turns_them_back(tmp_path: Path) -> None:
    """Two numbers, beside a task before them and columns of no task behind them."""
    from caffe_multilabel.engine import Net  # noqa: PLC0415

    mean, std = 120.0, 60.0
    file = load_tasks(
        {
            "backbone": "lenet",
            "data": {
                "shape": [1, SIDE, SIDE],
                "train": {"images": "images", "labels": "labels", "batch_size": 4},
                "test": {"images": "images", "labels": "labels", "batch_size": 4},
            },
            "tasks": [
                {"name": "a", "loss": "softmax", "classes": 2},
                {
                    "name": "place",
                    "loss": "euclidean",
                    "dim": 2,
                    "attach": ["ip1", "pool1"],
                    "normalize": {"mean": mean, "std": std},
                },
            ],
        }
    )
    net = generate(file)
    random = np.random.default_rng(1)
    images = random.normal(size=(4, 1, SIDE, SIDE)).astype(np.float32)
    labels = np.hstack([random.integers(2, size=(4, 1)), random.uniform(LOW, HIGH, (4, 2))])
    fed = type(net.train_val)()
    for name, shape in (("data", images.shape), ("label", (4, 3, 1, 1))):
        layer = fed.layer.add(name=name, type="Input", top=[name])
        layer.input_param.shape.add(dim=shape)
    fed.layer.extend(layer for layer in net.train_val.layer if layer.type != "Data")
    test = Net(fed, phase="TEST", seed=3)
    test.blobs["data"].data = images
    test.blobs["label"].data = labels.reshape(4, 3, 1, 1)
    test.forward()
    test.save(tmp_path / "net.caffemodel")
    wanted = (labels[:, 1:] - mean) / std
    for suffix in ("place", "place_aux1"):
        scores = np.asarray(test.blobs[f"fc_{suffix}"].data)
        loss = float(test.blobs[f"loss_{suffix}"].data)
        assert loss == pytest.approx(((scores - wanted) ** 2).sum() / 2 / 4, rel=1e-4)
        error = float(test.blobs[f"error_{suffix}"].data)
        answers = scores * std + mean
        assert error == pytest.approx(np.abs(answers - labels[:, 1:]).mean(), rel=1e-4)
    deploy = Net(net.deploy, phase="TEST", weights=tmp_path / "net.caffemodel")
    deploy.blobs["data"].data = images[:1]
    deploy.forward()
    scores = np.asarray(test.blobs["fc_place"].data)[:1]
    assert np.asarray(deploy.blobs["place"].data) == pytest.approx(scores * std + mean, rel=1e-4)


@pytest.mark.torch
def test_raw_numbers_are_learnt_where_they_were_nan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from caffe_multilabel.engine import train  # noqa: PLC0415

    monkeypatch.chdir(tmp_path)
    usual = {"base_lr": 0.001, "max_iter": 60, "test_interval": 60}
    made(tmp_path, **usual).write("net")
    report = train("net/solver.prototxt")
    figures = {one.output: one for one in task_figures("net/solver.prototxt", report.tests[0])}
    assert figures["loss_distance"].baseline == pytest.approx(0.5, abs=0.01)
    assert figures["loss_distance"].value < figures["loss_distance"].baseline / 2
    # In pixels: the numbers lie evenly in a range of 216.
    assert 40 < figures["error_distance"].baseline < 70
    assert figures["error_distance"].value < figures["error_distance"].baseline / 1.5
