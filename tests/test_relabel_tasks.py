"""Relabelling with tasks: checks, class names, and the change task by task."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from caffe_multilabel import verify
from caffe_multilabel.data.relabel import relabel
from caffe_multilabel.errors import DatabaseError, ListError
from caffe_multilabel.labels import LabelLayout, LabelSchema, TaskLabels
from caffe_multilabel.tasks import parse_tasks
from relabel_tools import Pair, Rows, make_pair, write_list

if TYPE_CHECKING:
    from pathlib import Path

    from caffe_multilabel.tasks import TaskFile

COLOR = "{name: color, loss: softmax, classes: [red, green, blue], ignore_label: -1}"
CENTRE = "{name: centre, loss: euclidean, dim: [x, y]}"
SHINY = "{name: shiny, loss: sigmoid, dim: 1}"
ROWS: Rows = [("a.png", [0, 0.5, 0.25]), ("b.png", [1, 0.5, 0.5]), ("c.png", [-1, 0, 1])]


def tasks(*lines: str) -> TaskFile:
    return parse_tasks("tasks:\n" + "".join(f"  - {line}\n" for line in lines))


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    return make_pair(tmp_path, ROWS, tasks=tasks(COLOR, CENTRE))


def schema_of(pair: Pair) -> Any:
    return json.loads((pair.labels / "manifest.json").read_text())["job"]["label_schema"]


def test_change_is_told_by_task(pair: Pair) -> None:
    new: Rows = [("a.png", [1, 0.5, 0.3]), ("b.png", [1, 0.4, 0.4]), ("c.png", [-1, 0, 1])]
    report = relabel(pair.labels, new)
    assert [(task.name, task.columns, task.changed) for task in report.tasks] == [
        ("color", (0,), 1),
        ("centre", (1, 2), 2),
    ]
    assert [(column.name, column.changed) for column in report.columns] == [
        ("color", 1),
        ("centre.x", 1),
        ("centre.y", 2),
    ]


def test_tasks_of_the_manifest_read_class_names_and_check(tmp_path: Path, pair: Pair) -> None:
    (tmp_path / "new.txt").write_text("a.png blue 0 0\nb.png -1 0 0\nc.png red 0 0\n")
    before = schema_of(pair)
    relabel(pair.labels, tmp_path / "new.txt", images=pair.images)
    assert [row[0] for _, row in pair.label_rows()] == [2, -1, 0]
    assert schema_of(pair) == before
    (tmp_path / "bad.txt").write_text("a.png 3 0 0\nb.png 1 0 0\nc.png 1 0 0\n")
    with pytest.raises(ListError, match=r"line 1: label 1(.|\n)*in the label DB's manifest"):
        relabel(pair.labels, tmp_path / "bad.txt")
    with pytest.raises(ListError, match="record 1: label 1"):
        relabel(pair.labels, [("a.png", [3, 0, 0]), *ROWS[1:]])


def test_task_may_be_added_in_front(tmp_path: Path, pair: Pair) -> None:
    new = write_list(tmp_path / "new.txt", [(path, [1, *labels]) for path, labels in ROWS])
    more = tasks(SHINY, COLOR, CENTRE)
    report = relabel(pair.labels, new, tasks=more, images=pair.images)
    assert [(task.name, task.changed) for task in report.tasks] == [
        ("shiny", None),
        ("color", 0),
        ("centre", 0),
    ]
    assert [column.old_column for column in report.columns] == [None, 0, 1, 2]
    assert (report.old_label_count, report.label_count, report.changed_records) == (3, 4, 0)
    assert verify(pair.images, pair.labels, records=new, tasks=more).ok
    assert [task["name"] for task in schema_of(pair)["tasks"]] == ["shiny", "color", "centre"]


def test_task_may_be_taken_away(pair: Pair) -> None:
    report = relabel(
        pair.labels,
        [(path, labels[1:]) for path, labels in ROWS],
        tasks=tasks(CENTRE),
    )
    assert report.removed == ("color",)
    assert [(task.name, task.changed) for task in report.tasks] == [("centre", 0)]


def test_too_few_labels_for_the_tasks_of_the_manifest(pair: Pair) -> None:
    with pytest.raises(ListError, match="give the task file if they have changed"):
        relabel(pair.labels, [(path, labels[:2]) for path, labels in ROWS])


def test_column_of_no_task_may_be_added_without_a_task_file(pair: Pair) -> None:
    report = relabel(pair.labels, [(path, [*labels, 8]) for path, labels in ROWS])
    assert [(task.name, task.changed) for task in report.tasks] == [
        ("color", 0),
        ("centre", 0),
        ("column 3", None),
    ]
    assert schema_of(pair)["label_count"] == 4


def test_columns_are_told_by_the_header(tmp_path: Path) -> None:
    pair = make_pair(tmp_path, [("a.png", [0])])
    (tmp_path / "one.csv").write_text("path,age,size\na.png,30,2\n")
    (tmp_path / "two.csv").write_text("path,size,age\na.png,2,31\n")
    relabel(pair.labels, tmp_path / "one.csv")
    report = relabel(pair.labels, tmp_path / "two.csv")
    assert [(column.name, column.old_column, column.changed) for column in report.columns] == [
        ("size", 1, 0),
        ("age", 0, 1),
    ]
    # A list without a header keeps the names that the columns have.
    report = relabel(pair.labels, [("a.png", [2, 32])])
    assert [column.name for column in report.columns] == ["size", "age"]


def test_manifest_that_is_none_of_ours(pair: Pair) -> None:
    (pair.labels / "manifest.json").write_text("{}")
    with pytest.raises(DatabaseError, match="was not written by this tool"):
        relabel(pair.labels, ROWS)
    (pair.labels / "manifest.json").unlink()
    relabel(pair.labels, ROWS)
    assert not (pair.labels / "manifest.json").exists()


def test_old_columns_have_names_whatever_the_manifest_tells() -> None:
    task = TaskLabels(name="a", loss="euclidean", columns=(1,))
    schema = LabelSchema(label_count=2, tasks=(task,))
    assert LabelLayout.known(2, schema, ("x", "y")).names == ("x", "a")
    assert LabelLayout.known(4, schema, ("x", "y")).names == ("x", "a", "column 2", "column 3")
    assert LabelLayout.known(1, schema, ("x", "y")).names == ("x",)
    assert LabelLayout.known(2, None).names == ("column 0", "column 1")
