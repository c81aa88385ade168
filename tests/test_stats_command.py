"""Statistics of label DBs, by API and by command."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from caffe_multilabel import convert
from caffe_multilabel.errors import DatabaseError, TaskFileError
from caffe_multilabel.views.stats import ClassStats, label_stats
from lint_tools import label_db

if TYPE_CHECKING:
    from pathlib import Path

    from command_tools import RunCommand
    from image_tools import ImageFolder

TASKS = """\
tasks:
  - {name: kind, loss: softmax, classes: [cat, dog, bird], ignore_label: -1}
  - {name: flags, loss: sigmoid, dim: [old, new]}
  - {name: corner, loss: euclidean, dim: 2}
"""
ROWS = [[0, 0, 1, 0.5, 3], [1, 1, 1, 0.25, 3], [1, 0, 1, 0.75, 3], [-1, 1, 1, 0.5, 3]]


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    (tmp_path / "tasks.yaml").write_text(TASKS)
    return label_db(tmp_path / "labels", ROWS)


def test_a_table_for_each_task(labels: Path, run_command: RunCommand) -> None:
    done = run_command("caffe-multilabel", "stats", labels, "--schema", "tasks.yaml")
    assert (done.returncode, done.stderr) == (0, "")
    assert "4 records of 5 labels" in done.stdout
    assert re.search(r"^ +1  dog +2  66\.7 %$", done.stdout, re.MULTILINE)
    assert re.search(r"^ +2  bird +0   0\.0 %$", done.stdout, re.MULTILINE)
    assert "1 class never occurs" in done.stdout
    assert "1 label missing (ignore_label)" in done.stdout
    assert "accuracy 66.7 % (always dog)" in done.stdout
    assert re.search(r"^old +1 +2 +50\.0 % +0 +0$", done.stdout, re.MULTILINE)
    assert re.search(r"^0 +3 +0\.25 +0\.75 +0\.5 +0\.1768 +0 +0$", done.stdout, re.MULTILINE)
    assert "constant columns: 2, 4" in done.stdout


def test_json_is_what_the_api_says(labels: Path, run_command: RunCommand) -> None:
    done = run_command("caffe-multilabel", "stats", labels, "--schema=tasks.yaml", "-json")
    measured = label_stats(labels, tasks=labels.parent / "tasks.yaml")
    assert json.loads(done.stdout) == json.loads(json.dumps(measured.to_dict()))
    assert [task.task for task in measured.tasks] == ["kind", "flags", "corner"]


def test_the_manifest_tells_the_tasks(image_folder: ImageFolder, tmp_path: Path) -> None:
    names = {"name": "kind", "loss": "softmax", "classes": ["even", "odd"], "columns": 0}
    (tmp_path / "tasks.yaml").write_text(json.dumps({"tasks": [names]}))
    records = [(name, [index % 2, 7]) for index, name in enumerate(image_folder.names)]
    convert(
        records,
        root=image_folder.folder,
        images=tmp_path / "images",
        labels=tmp_path / "labels",
        tasks=tmp_path / "tasks.yaml",
    )
    (kind,) = label_stats(tmp_path / "labels").tasks
    assert isinstance(kind, ClassStats)
    assert [(each.name, each.count) for each in kind.classes] == [("even", 6), ("odd", 6)]
    assert label_stats(tmp_path / "labels").unread_columns == (1,)


def test_without_tasks_columns_have_the_names_of_the_list(
    image_folder: ImageFolder, tmp_path: Path
) -> None:
    rows = [f"{name},{index % 3},{index / 7}" for index, name in enumerate(image_folder.names)]
    (tmp_path / "list.csv").write_text("path,kind,size\n" + "\n".join(rows) + "\n")
    convert(
        tmp_path / "list.csv",
        root=image_folder.folder,
        images=tmp_path / "images",
        labels=tmp_path / "labels",
    )
    measured = label_stats(tmp_path / "labels")
    assert [(task.task, task.kind, task.loss) for task in measured.tasks] == [
        ("kind", "class", None),
        ("size", "real", None),
    ]


def test_many_classes_are_shown_from_both_ends(tmp_path: Path, run_command: RunCommand) -> None:
    # Class n occurs n times more often than class 0.
    rows = [[float(kind)] for kind in range(120) for _ in range(kind + 1)]
    db = label_db(tmp_path / "labels", rows)
    done = run_command("caffe-multilabel", "stats", db)
    listed = re.findall(r"^ *(\d+) +\d+ +[\d.]+ %$", done.stdout, re.MULTILINE)
    assert listed == [*map(str, range(119, 99, -1)), *map(str, range(19, -1, -1))]


def test_what_is_no_label_db_is_refused(
    labels: Path, tmp_path: Path, run_command: RunCommand
) -> None:
    done = run_command("caffe-multilabel", "stats", "nowhere")
    assert done.returncode == 1
    assert "nowhere" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    with pytest.raises(DatabaseError):
        label_stats(tmp_path / "nowhere")
    with pytest.raises(DatabaseError):
        label_stats(label_db(tmp_path / "ragged", [[1, 2], [1]]))
    too_many = {"tasks": [{"name": "x", "loss": "euclidean", "dim": 9}]}
    (tmp_path / "wide.yaml").write_text(json.dumps(too_many))
    with pytest.raises(TaskFileError, match="records have 5 labels"):
        label_stats(labels, tasks=tmp_path / "wide.yaml")
