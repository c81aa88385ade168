"""The tasks in a label DB's manifest hold for `verify` as well, unless others are given."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from caffe_multilabel import convert, verify
from caffe_multilabel.errors import DatabaseError, ListError, OptionError
from reader_tools import labels, raw, write_db
from relabel_tools import Pair, draw

if TYPE_CHECKING:
    from pathlib import Path

    from command_tools import RunCommand

TASKS = """\
tasks:
  - {name: smiling, loss: sigmoid, dim: 1, map: {-1: 0}}
  - {name: shape, loss: softmax, classes: [round, square, star]}
"""
LIST = "a.png -1 square\nb.png 1 star\nc.png -1 round\nd.png 1 2\n"


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    """Labels whose list holds neither the stored numbers nor numbers alone."""
    (tmp_path / "tasks.yaml").write_text(TASKS)
    (tmp_path / "list.txt").write_text(LIST)
    draw(tmp_path, ["a.png", "b.png", "c.png", "d.png"])
    pair = Pair(tmp_path)
    convert(
        tmp_path / "list.txt",
        root=tmp_path,
        images=pair.images,
        labels=pair.labels,
        tasks=tmp_path / "tasks.yaml",
    )
    assert [row for _, row in pair.label_rows()] == [[0, 1], [1, 2], [0, 0], [1, 2]]
    return pair


def test_list_is_read_by_the_tasks_of_the_manifest(pair: Pair, run_command: RunCommand) -> None:
    flags = ("--list", "list.txt", "--root", ".")
    done = run_command("caffe-multilabel", "verify", *flags, pair.images, pair.labels)
    assert (done.returncode, done.stderr) == (0, "")
    assert "4 pairs" in done.stdout
    assert verify(pair.images, pair.labels, records=[("a.png", [-1, 1])]).problem_count == 3


def test_stored_numbers_in_a_list_hold_too(tmp_path: Path, pair: Pair) -> None:
    (tmp_path / "stored.txt").write_text("a.png 0 1\nb.png 1 2\nc.png 0 0\nd.png 1 2\n")
    assert verify(pair.images, pair.labels, records=tmp_path / "stored.txt").ok


def test_tasks_that_are_given_overrule_and_are_compared(tmp_path: Path, pair: Pair) -> None:
    others = TASKS.replace("round, square, star", "square, round, star")
    (tmp_path / "others.yaml").write_text(others)
    report = verify(
        pair.images, pair.labels, records=tmp_path / "list.txt", tasks=tmp_path / "others.yaml"
    )
    assert [problem.message for problem in report.problems] == [
        (
            "task 'shape': the task file says classes: [square, round, star], but "
            f"{pair.labels} was converted with classes: [round, square, star]; "
            "convert or relabel it again, or correct the task file"
        ),
        "labels are 0 1, the list's line 1 says 0 0",
        "labels are 0 0, the list's line 3 says 0 1",
    ]


def test_a_list_that_does_not_fit_says_whose_tasks_they_are(tmp_path: Path, pair: Pair) -> None:
    (tmp_path / "list.txt").write_text(LIST.replace("star", "triangle"))
    with pytest.raises(ListError, match="triangle") as caught:
        verify(pair.images, pair.labels, records=tmp_path / "list.txt")
    assert "the tasks are those in the label DB's manifest" in caught.value.message
    assert (caught.value.path, caught.value.line) == (str(tmp_path / "list.txt"), 2)
    with pytest.raises(ListError) as caught:
        verify(
            pair.images,
            pair.labels,
            records=tmp_path / "list.txt",
            tasks=tmp_path / "tasks.yaml",
        )
    assert "manifest" not in caught.value.message


def test_labels_must_be_what_the_manifest_tells_without_a_list(tmp_path: Path, pair: Pair) -> None:
    stored = [[0, 1], [1, 3], [0, 0], [1, 2]]  # no shape has number 3
    keys = [f"{index:08d}label_{name}.png".encode() for index, name in enumerate("abcd")]
    other = write_db(tmp_path / "other", [labels(*row) for row in stored], keys)
    assert verify(pair.images, other).ok  # another tool's: nothing is known of its tasks
    (other / "manifest.json").write_bytes((pair.labels / "manifest.json").read_bytes())
    report = verify(pair.images, other)
    assert [problem.kind for problem in report.problems] == ["label", "digest"]
    assert report.problems[0].key == "00000001label_b.png"


def test_columns_beyond_the_tasks_are_free(tmp_path: Path) -> None:
    (tmp_path / "tasks.yaml").write_text(TASKS)
    draw(tmp_path, ["a.png"])
    convert(
        [("a.png", [-1, 2, 7.5])],
        root=tmp_path,
        images=tmp_path / "i",
        labels=tmp_path / "l",
        tasks=tmp_path / "tasks.yaml",
    )
    assert verify(tmp_path / "i", tmp_path / "l", records=[("a.png", [-1, 2, 7.5])]).ok


def test_damaged_manifest_is_an_error_that_names_it(pair: Pair) -> None:
    path = pair.labels / "manifest.json"
    document = json.loads(path.read_text())
    document["job"]["label_schema"] = {"tasks": 5}
    path.write_text(json.dumps(document))
    with pytest.raises(DatabaseError) as caught:
        verify(pair.images, pair.labels)
    assert caught.value.path == str(path)


def test_arguments_keep_their_names_in_errors(tmp_path: Path) -> None:
    write_db(tmp_path / "i", [])
    with pytest.raises(OptionError, match="the label DB"):
        verify(tmp_path / "i", 7)  # type: ignore[arg-type]  # on purpose


def test_pairs_without_a_manifest_have_no_tasks(tmp_path: Path) -> None:
    images = write_db(tmp_path / "i", [raw(np.zeros((3, 1, 1), np.uint8))], [b"00000000_a.png"])
    own = write_db(tmp_path / "l", [labels(0, 1)], [b"00000000label_a.png"])
    (tmp_path / "list.txt").write_text("a.png 0 square\n")
    with pytest.raises(ListError, match="need a task file"):
        verify(images, own, records=tmp_path / "list.txt")
