"""Stratified splits: every label of every task gets its share, groups stay together."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pytest

from caffe_multilabel.data.split import SplitReport, split
from caffe_multilabel.errors import ListError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray


def write_list(path: Path, names: Sequence[str], labels: NDArray[np.floating | np.integer]) -> Path:
    rows = zip(names, labels.tolist(), strict=True)
    path.write_text(
        "".join(f"{name} {' '.join(map(str, row))}\n" for name, row in rows), encoding="utf-8"
    )
    return path


def skewed(records: int, seed: int = 0) -> NDArray[np.int64]:
    """Labels of six tasks, some classes rare, the second hanging on the first."""
    random = np.random.default_rng(seed)
    first = random.choice(5, records, p=[0.6, 0.2, 0.1, 0.07, 0.03])
    second = (first + random.integers(0, 2, records)) % 5
    flags = random.random((records, 4)) < [0.5, 0.1, 0.02, 0.9]
    return np.column_stack([first, second, flags]).astype(np.int64)


def most_astray(report: SplitReport, part: int, share: float) -> float:
    """The most records that any label has too many or too few in a part."""
    return max(abs(label.parts[part] - share * label.records) for label in report.labels)


@pytest.mark.parametrize("seed", range(5))
def test_every_label_gets_its_share(tmp_path: Path, seed: int) -> None:
    names = [f"{number}.png" for number in range(2000)]
    path = write_list(tmp_path / "list.txt", names, skewed(2000, seed))
    report = split(path, tmp_path, val=0.1, test=0.05, stratify=True, seed=seed)
    assert [part.records for part in report.parts] == [1700, 200, 100]
    assert most_astray(report, 1, 0.1) < 3
    assert most_astray(report, 2, 0.05) < 3
    by_chance = split(path, tmp_path, val=0.1, test=0.05, seed=seed, overwrite=True)
    assert most_astray(by_chance, 1, 0.1) > 3


def test_real_columns_are_balanced_by_their_deciles(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    sizes = random.lognormal(0, 2, (1000, 2)).round(4)
    path = write_list(tmp_path / "list.txt", [f"{number}.png" for number in range(1000)], sizes)
    report = split(path, tmp_path, val=0.2, stratify=True)
    assert len(report.labels) == 20
    assert all(90 <= label.records <= 110 for label in report.labels)
    assert most_astray(report, 1, 0.2) <= 2


def test_task_file_tells_what_columns_are(tmp_path: Path) -> None:
    (tmp_path / "tasks.yaml").write_text(
        "tasks:\n"
        "  - {name: color, loss: softmax, classes: [red, green, blue], ignore_label: -1}\n"
        "  - {name: centre, loss: euclidean, dim: [x, y]}\n"
    )
    rows = [f"{n}.png {('red', 'blue', '-1')[n % 3]} {n % 4} 7\n" for n in range(120)]
    (tmp_path / "list.txt").write_text("".join(rows))
    report = split(
        tmp_path / "list.txt", tmp_path, val=0.25, stratify=True, tasks=tmp_path / "tasks.yaml"
    )
    assert [(label.task, label.label, label.records) for label in report.labels] == [
        ("color", "left out", 40),
        ("color", "red", 40),
        ("color", "blue", 40),
        ("centre.x", "0 to 1", 30),
        ("centre.x", "1 to 2", 30),
        ("centre.x", "2 to 3", 30),
        ("centre.x", "3 to 3", 30),
        ("centre.y", "7 to 7", 120),
    ]
    assert most_astray(report, 1, 0.25) <= 1


def test_seed_gives_the_same_lists_everywhere(tmp_path: Path) -> None:
    names = [f"{number:02}.png" for number in range(40)]
    path = write_list(tmp_path / "list.txt", names, skewed(40))
    taken: dict[int, list[str]] = {}
    for seed in (0, 0, 7):
        split(path, tmp_path, val=0.25, stratify=True, seed=seed, overwrite=True)
        found = [line.split(".")[0] for line in (tmp_path / "val.txt").read_text().splitlines()]
        assert taken.setdefault(seed, found) == found
    assert taken == {0: EXPECTED_0.split(), 7: EXPECTED_7.split()}


EXPECTED_0 = "00 08 12 15 20 26 30 31 35 38"
EXPECTED_7 = "01 03 05 10 13 21 24 28 29 34"


def parts_by_group(report: SplitReport, pattern: str) -> dict[str, set[str]]:
    parts: dict[str, set[str]] = {}
    for part in report.parts:
        with open(part.path, encoding="utf-8") as lines:  # noqa: PTH123  (a path as text)
            for line in lines:
                found = re.search(pattern, line)
                assert found is not None
                parts.setdefault(found[1], set()).add(part.name)
    return parts


def test_groups_of_a_pattern_stay_together(tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    persons = random.integers(0, 150, 3000)
    names = [f"faces/p{person}/{number}.png" for number, person in enumerate(persons)]
    path = write_list(tmp_path / "list.txt", names, skewed(3000))
    report = split(path, tmp_path, val=0.2, stratify=True, group=r"p(\d+)/")
    parts = parts_by_group(report, r"p(\d+)/")
    assert len(parts) == 150
    assert all(len(names) == 1 for names in parts.values())
    assert [part.groups for part in report.parts] == [
        sum(names == {name} for names in parts.values()) for name in ("train", "val")
    ]
    assert abs(report.parts[1].records - 600) < 20
    assert most_astray(report, 1, 0.2) < 20


@pytest.mark.parametrize("group", ["1", "person"])
def test_groups_of_a_column_stay_together(tmp_path: Path, group: str) -> None:
    rows = [f"{number}.png,{number % 2},{number % 30}\n" for number in range(300)]
    (tmp_path / "list.csv").write_text("path,shiny,person\n" + "".join(rows))
    report = split(tmp_path / "list.csv", tmp_path, val=0.1, stratify=True, group=group)
    (tmp_path / "train.csv").write_text((tmp_path / "train.csv").read_text().split("\n", 1)[1])
    (tmp_path / "val.csv").write_text((tmp_path / "val.csv").read_text().split("\n", 1)[1])
    parts = parts_by_group(report, r",(\d+)$")
    assert len(parts) == 30
    assert all(len(names) == 1 for names in parts.values())
    assert {label.task for label in report.labels} == {"shiny"}
    assert report.parts[1].records == 30


def test_paths_outside_every_group_are_named(tmp_path: Path) -> None:
    path = write_list(tmp_path / "list.txt", ["p1/a", "p2/b", "q/c"], np.zeros((3, 1), np.int64))
    with pytest.raises(ListError, match=r"not found in 1 of 3 paths\n  q/c"):
        split(path, tmp_path, val=0.3, group=r"p(\d)/")


def test_one_large_group_goes_where_there_is_room(tmp_path: Path) -> None:
    names = [f"{'big' if number < 60 else f'g{number}'}/{number}" for number in range(100)]
    path = write_list(tmp_path / "list.txt", names, np.zeros((100, 1), np.int64))
    report = split(path, tmp_path, val=0.3, stratify=True, group="^[^/]+")
    assert [part.records for part in report.parts] == [70, 30]
    assert "big/" not in (tmp_path / "val.txt").read_text()
