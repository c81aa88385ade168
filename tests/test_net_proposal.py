"""The net that a project begins with: its size, how its images are made, how long it trains."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from caffe_multilabel import OptionError, load_tasks
from caffe_multilabel.lists.infer import infer_tasks
from caffe_multilabel.lists.readers import read_table
from caffe_multilabel.project import Schedule, propose_net
from start_lists import RANDOM, draw, of_folders, write_csv

if TYPE_CHECKING:
    from collections.abc import Sequence


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("width", "height", "backbone", "resize", "crop", "mirror"),
    [
        (28, 24, "lenet", (28, 28), None, False),
        (64, 64, "lenet", (64, 64), None, False),
        (640, 480, "resnet18", (256, 256), 224, True),
    ],
)
def test_a_net_goes_by_the_size_of_images(
    folder: Path,
    width: int,
    height: int,
    backbone: str,
    resize: tuple[int, int],
    crop: int | None,
    mirror: bool,
) -> None:
    for index in range(10):
        draw(folder / "pets" / ("cat", "dog")[index % 2] / f"{index}.png", width, height)
    table = read_table("pets", root="pets")
    net = propose_net(table, infer_tasks(table), root="pets")
    assert (net.backbone, net.resize) == (backbone, resize)
    assert (net.crop_size, net.mirror, net.crops) == (crop, mirror, True)
    document = net.to_yaml("a: b") + infer_tasks(table).to_yaml()
    Path("tasks.yaml").write_text(document, encoding="utf-8")
    assert load_tasks("tasks.yaml").name == "a: b"


@pytest.mark.parametrize(
    ("records", "length"),
    [(1, 1000), (40, 1000), (1067, 1000), (5000, 4700), (12345, 12000), (200_000, 100_000)],
)
def test_training_is_as_long_as_there_are_records(records: int, length: int) -> None:
    plan = Schedule(records=records, batch_size=64)
    why, line = plan.lines("records")
    assert f"here {plan.epochs:,.0f} epochs." in why
    assert "e+" not in why
    keys = load_tasks(
        {
            "tasks": [{"name": "a", "loss": "softmax", "classes": 2}],
            "solver": yaml.safe_load(line)["solver"],
        }
    ).solver
    assert keys == plan.solver
    assert keys["max_iter"] == length
    # Two steps of the rate, and no test or snapshot that the end would cut.
    assert [length // keys["stepsize"], length % keys["test_interval"]] == [2, 0]
    assert (length // keys["test_interval"], length / keys["snapshot"]) == (20, 5)
    if 1000 < length < 100_000:
        assert plan.epochs == pytest.approx(60, rel=0.05)


def test_places_are_neither_cropped_nor_mirrored(folder: Path) -> None:
    rows: list[Sequence[object]] = [("path", "eye_x", "eye_y")]
    rows += [
        (draw(folder / f"{index}.png", 300, 200), *RANDOM.random(2).round(3)) for index in range(20)
    ]
    write_csv(folder / "list.csv", rows)
    table = read_table("list.csv")
    net = propose_net(table, infer_tasks(table))
    assert (net.resize, net.crop_size, net.mirror) == ((224, 224), None, False)
    assert not net.crops
    # Whatever the backbone and the size of images are changed to.
    assert "{defaults: backbone, crop_size: null, mirror: false}" in net.to_yaml("eyes")


def test_what_the_user_chooses(folder: Path) -> None:
    of_folders(folder)
    table = read_table("pets", root="pets")
    found = infer_tasks(table)
    net = propose_net(table, found, root="pets", backbone="caffenet", resize=(300, 280))
    assert (net.backbone, net.resize, net.crop_size) == ("caffenet", (300, 280), 227)
    with pytest.raises(OptionError, match=r"'resnet81', must be one of .*did you mean 'resnet18'"):
        propose_net(table, found, backbone="resnet81")


@pytest.mark.parametrize(
    ("count", "parts", "val", "train", "test_batch"),
    [
        (40, (), None, 36, 4),
        (2000, (), None, 1800, 50),
        (2000, (), "0.5", 1000, 50),
        (40, (), "1/8", 35, 5),
        (40, ("train", "train", "train", "val"), None, 30, 10),
        (40, ("train", "train", "train", "val"), "0.5", 20, 20),  # the user's choice leads
        (40, ("train", "test"), None, 20, 20),  # which are then to validate with
        (800, ("train", "val", "test", "test"), None, 200, 50),
        (240, ("train", "train", "train", "val"), None, 180, 60),  # 2 x 50 would count 40 twice
        (280, ("train", "train", "train", "val"), None, 210, 35),
        (404, ("train", "train", "train", "val"), None, 303, 51),  # 2 x 51, of 101
    ],
)
def test_what_is_trained_with_is_counted(
    folder: Path, count: int, parts: Sequence[str], val: str | None, train: int, test_batch: int
) -> None:
    names = ["path", "kind", *(["split"] if parts else [])]
    rows = [
        [f"{n}.png", ("cat", "dog")[n // 4 % 2], *([parts[n % len(parts)]] if parts else [])]
        for n in range(count)
    ]
    write_csv(folder / "list.csv", [names, *rows])
    table = read_table("list.csv")
    net = propose_net(table, infer_tasks(table), val=val)
    assert (net.schedule.records, net.test_batch_size) == (train, test_batch)
    Path("tasks.yaml").write_text(net.to_yaml("a") + infer_tasks(table).to_yaml(), encoding="utf-8")
    data = load_tasks("tasks.yaml").data
    assert data.test is not None
    assert data.test.batch_size == test_batch
