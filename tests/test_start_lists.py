"""Lists that people have, and that a project has to get through: `caffe-multilabel start`."""

from __future__ import annotations

from pathlib import Path

import pytest

from caffe_multilabel import load_records, start
from start_lists import COUNT, draw, write_csv


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_numbers_with_blanks_and_parts_of_a_list_without_names(folder: Path) -> None:
    """The one task that lacks labels waits, and the third column splits the list."""
    rows = [
        (
            draw(folder / f"{index}.png"),
            ("red", "blue")[index // 2 % 2],
            "" if index % 9 == 4 else index * 1.25,
            ("train", "train", "val", "train")[index % 4],
        )
        for index in range(COUNT)
    ]
    write_csv(folder / "labels.csv", rows)
    report = start("labels.csv", "project", quiet=True)
    assert any(each.startswith("column 1: 4 records say nothing") for each in report.cautions)
    assert len(load_records("project/lists/val.csv", tasks="project/tasks.yaml")) == COUNT // 4
    held = Path("project/lists/val.csv").read_text(encoding="utf-8").splitlines()
    assert all(line.endswith(",val") for line in held)
    tasks = Path("project/tasks.yaml")
    assert "\n  # - {name: label_1, loss: euclidean" in tasks.read_text(encoding="utf-8")

    filled = [(*row[:2], row[2] or 0.5, row[3]) for row in rows]
    write_csv(folder / "labels.csv", filled)
    assert start("labels.csv", "project", quiet=True).cautions == ()
    assert "\n  - {name: label_1, loss: euclidean" in tasks.read_text(encoding="utf-8")
