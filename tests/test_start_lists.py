"""Lists that people have, and that a project has to get through: `caffe-multilabel start`."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from caffe_multilabel import ListError, MultilabelDataset, OptionError, load_records, start
from start_lists import COUNT, draw, write_csv


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_numbers_with_blanks_and_parts_of_a_list_without_names(folder: Path) -> None:
    """What nobody knows is left out, and the third column splits the list."""
    rows = [
        (
            draw(folder / f"{index}.png"),
            ("red", "blue")[index // 2 % 2],
            "" if index % 9 == 4 else "none yet" if index == 7 else index * 1.25,
            ("train", "train", "val", "train")[index % 4],
        )
        for index in range(COUNT)
    ]
    write_csv(folder / "labels.csv", rows)
    report = start("labels.csv", "project", quiet=True)
    assert any(each.startswith("column 1: 1 record holds something") for each in report.cautions)
    assert len(load_records("project/lists/val.csv", tasks="project/tasks.yaml")) == COUNT // 4
    held = Path("project/lists/val.csv").read_text(encoding="utf-8").splitlines()
    assert all(line.endswith(",val") for line in held)
    tasks = Path("project/tasks.yaml")
    assert "\n  # - {name: label_1, loss: euclidean" in tasks.read_text(encoding="utf-8")

    mended = [(*row[:2], "" if row[2] == "none yet" else row[2], row[3]) for row in rows]
    write_csv(folder / "labels.csv", mended)
    assert start("labels.csv", "project", quiet=True).cautions == ()
    assert "\n  - {name: label_1, loss: euclidean" in tasks.read_text(encoding="utf-8")


def kinds(folder: Path, name: str, numbers: range, root: str = "photos") -> None:
    """Write a list whose ids are names of files too, of other images than its column `photo`."""
    rows = [
        (index, draw(folder / root / f"{index}.png"), ("bus", "car")[index // 2 % 2])
        for index in numbers
    ]
    other = [(index, f"{numbers[-1] - index + numbers[0]}.png", kind) for index, _, kind in rows]
    write_csv(folder / name, [("id", "photo", "kind"), *other])


def listed(path: str) -> list[str]:
    return Path(path).read_text(encoding="utf-8").splitlines()


def test_a_second_list_to_validate_with(folder: Path) -> None:
    kinds(folder, "train.csv", range(30))
    kinds(folder, "val.csv", range(30, 40))
    report = start("train.csv", "project", val_list="val.csv", root="photos", quiet=True)
    assert [line.split(",")[0] for line in listed("project/lists/val.csv")[1:]] == [
        f"{number}.png" for number in range(39, 29, -1)
    ]
    assert len(listed("project/lists/train.csv")) == 31
    assert "batch_size: 10}" in Path("project/tasks.yaml").read_text(encoding="utf-8")

    assert report.cautions == ()
    kinds(folder, "val.csv", range(30, 36))
    text = Path("val.csv").read_text(encoding="utf-8").replace(",bus", ",Bus")
    Path("val.csv").write_text(text, encoding="utf-8")
    again = start("train.csv", "project", val_list="val.csv", root="photos", quiet=True)
    assert len(listed("project/lists/val.csv")) == 7
    assert "kind: no record to train with has 'Bus', which others have" in again.cautions
    assert [step.name for step in again.steps] == [step.name for step in report.steps]
    with pytest.raises(OptionError, match="leave out val"):
        start("train.csv", "project", val_list="val.csv", val="0.2")


def test_the_column_of_the_paths_holds_in_every_step(folder: Path) -> None:
    kinds(folder, "labels.csv", range(40))
    start("labels.csv", "project", root="photos", path_column="id", path_suffix=".png", quiet=True)
    paths = [line.split(",")[0] for line in listed("project/lists/val.csv")[1:]]
    keys = MultilabelDataset("project/val_images", "project/val_labels").keys()
    assert [key.decode().split("_", 1)[1] for key in keys] == paths


def test_images_that_are_not_there_are_said_first(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    kinds(folder, "labels.csv", range(40))
    (folder / "empty").mkdir()
    lines: list[str] = []
    with pytest.raises(ListError, match=r"none of its 40 images .*did you mean --root=photos\?"):
        start("labels.csv", "project", root="empty", quiet=True, say=lines.append)
    assert [line.split()[1] for line in lines[1:]] == ["list:"]

    for number in (3, 17):
        (folder / f"photos/{number}.png").unlink()
    report = start("labels.csv", "project", root="photos", quiet=True, say=lines.append)
    assert any(line.startswith("-- images: 2 of 40 images are not there") for line in lines)
    assert any("images were rejected" in each for each in report.cautions)
    assert "cannot open" in capfd.readouterr().err


def test_the_task_file_leads_and_what_it_does_not_take_is_said(folder: Path) -> None:
    kinds(folder, "labels.csv", range(40))
    start("labels.csv", "project", root="photos", quiet=True)
    shutil.copytree("project/val_images", "own_images")
    shutil.copytree("project/val_labels", "own_labels")
    tasks = Path("project/tasks.yaml")
    text = tasks.read_text(encoding="utf-8")
    text = text.replace(
        "images: val_images,   labels: val_labels", "images: ../own_images, labels: ../own_labels"
    )
    tasks.write_text(text, encoding="utf-8")
    lines: list[str] = []
    report = start(
        "labels.csv",
        "project",
        root="photos",
        backbone="mobilenet",
        resize=(64, 48),
        quiet=True,
        say=lines.append,
    )
    warnings = [line for line in lines if "warning" in line]
    assert ["--backbone=mobilenet" in warnings[0], "--resize=64,48" in warnings[1]] == [True, True]
    (page,) = [step for step in report.steps if step.name == "report"]
    assert " --val ../own_images ../own_labels " in page.command
    assert page.status == "done"
    assert '"../own_images"' in Path("project/net/train_val.prototxt").read_text(encoding="utf-8")
