"""Lists between semicolons, where a comma is that of decimals, or parts what a cell holds."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from caffe_multilabel import (
    ListError,
    infer_tasks,
    load_records,
    load_tasks,
    read_table,
    split,
    write_list,
)

RECORDS = 40


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(*cells: str, name: str = "x", records: int = RECORDS) -> str:
    """Write a list of a column of these cells over and over, and one of classes."""
    rows = [f"{each}.jpg;{cells[each % len(cells)]};{each % 3}" for each in range(records)]
    Path("l.csv").write_text("\n".join([f"path;{name};kind", *rows]) + "\n", encoding="utf-8")
    return "l.csv"


def labels(task: dict[str, object], path: str = "l.csv") -> list[list[float]]:
    records = load_records(path, tasks=load_tasks({"tasks": [task]}))
    found: list[list[float]] = records.core.labels().tolist()
    return found


NUMBERS: dict[str, object] = {"name": "x", "loss": "euclidean", "dim": 1}


def test_numbers_are_told_and_read() -> None:
    path = write("0,25", "-1,5e1", "3", ",5", "2,05")
    found = infer_tasks(path)
    decision = found.decisions[0]
    assert "with decimal commas as in '0,25'" in decision.why
    assert not any("several" in doubt.meaning for doubt in decision.doubts)
    assert [task.loss for task in found.tasks] == ["euclidean", "softmax"]
    records = load_records(path, tasks=found.task_file())
    assert records.core.labels()[:5, 0].tolist() == pytest.approx([0.25, -15, 3, 0.5, 2.05])
    assert "commas in x are decimal commas, as in 3,14" in records.notes


def test_several_labels_of_a_cell_stay_labels() -> None:
    path = write("1,2", "3", "2,3")
    [decision, _] = infer_tasks(path).decisions
    assert decision.task is not None
    assert (decision.kind, decision.task.dim) == ("several labels", ("1", "2", "3"))
    assert "numbers with decimal commas" in [doubt.meaning for doubt in decision.doubts]
    found = labels({"name": "x", "loss": "sigmoid", "dim": ["1", "2", "3"]}, path)
    assert [row[:3] for row in found[:3]] == [[1, 1, 0], [0, 0, 1], [0, 1, 1]]
    # Who says that they are numbers gets numbers.
    assert [row[0] for row in labels(NUMBERS, path)[:3]] == pytest.approx([1.2, 3, 2.3])


@pytest.mark.parametrize("cells", [("1,2", "3,4"), ("12,34", "56,78", "12,12")])
def test_what_may_be_a_point_is_a_doubt(cells: tuple[str, ...]) -> None:
    [decision, _] = infer_tasks(write(*cells)).decisions
    assert decision.task is not None
    assert decision.task.loss == "euclidean"
    assert any("several numbers, in a cell" in doubt.meaning for doubt in decision.doubts)
    [decision, _] = infer_tasks(write(*cells, name="width")).decisions  # its name tells
    assert not any("in a cell" in doubt.meaning for doubt in decision.doubts)


def test_without_a_task_nobody_knows_what_a_comma_is() -> None:
    with pytest.raises(ListError, match=r"'12,34' is not a number; it has a decimal comma"):
        load_records(write("12,34", "56,78"), kind="csv")


@pytest.mark.parametrize("cell", ["1,2,3", "1.000,5", "1,", "e5,", "1,e5", ",", "1;2", "eins,5"])
def test_other_commas_are_refused(cell: str) -> None:
    path = write("0,5", f'"{cell}"')
    with pytest.raises(ListError, match=re.escape(f"'{cell}' is not a number")):
        labels(NUMBERS, path)


def test_whole_numbers_written_so_are_classes_and_names_stay_names() -> None:
    path = write("1,0", "0,0")
    task: dict[str, object] = {"name": "x", "loss": "sigmoid", "dim": 1}
    assert [row[0] for row in labels(task, path)[:2]] == [1, 0]
    task = {"name": "x", "loss": "softmax", "classes": ["0,0", "1,0"]}
    assert [row[0] for row in labels(task, path)[:2]] == [1, 0]
    with pytest.raises(ListError, match="'0,5'"):
        labels({"name": "x", "loss": "sigmoid", "dim": 1}, write("0,5", "1,0"))


def test_commas_between_fields_are_no_decimals() -> None:
    """An English Excel writes a thousand so."""
    Path("l.csv").write_text('path,x\na.jpg,"1,000"\nb.jpg,"2,500"\n', encoding="utf-8")
    with pytest.raises(ListError, match="'1,000' is not a number"):
        labels(NUMBERS)
    assert infer_tasks("l.csv").decisions[0].kind != "number"


def test_lists_made_of_it_are_read_the_same() -> None:
    path = write("0,25", "red,blue", "7")
    table = read_table(path)
    write_list(table, "same.csv")
    same = read_table("same.csv")
    assert [column.cells() for column in same.columns] == [
        column.cells() for column in table.columns
    ]
    path = write("0,25", "1,5", "7")
    write_list(read_table(path), "numbers.csv")
    assert labels(NUMBERS, "numbers.csv") == labels(NUMBERS, path)
    tasks = infer_tasks(path).task_file()
    split(path, "parts", val=0.2, tasks=tasks)
    parts = [labels(NUMBERS, f"parts/{part}.csv") for part in ("train", "val")]
    assert sorted(parts[0] + parts[1]) == sorted(labels(NUMBERS, path))
