"""The command `caffe-multilabel relabel`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from relabel_tools import Pair, Rows, make_pair, snapshot, write_list

if TYPE_CHECKING:
    from pathlib import Path

    from command_tools import RunCommand

ROWS: Rows = [("a.png", [0, 0.5]), ("b.png", [1, 0.25])]


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    return make_pair(tmp_path, ROWS)


def test_report_for_people(tmp_path: Path, pair: Pair, run_command: RunCommand) -> None:
    write_list(tmp_path / "new.txt", [("b.png", [1, 0.5, 7]), ("a.png", [0, 0.5, 8])])
    done = run_command("caffe-multilabel", "relabel", "--images=images", "labels", "new.txt")
    assert (done.returncode, done.stderr) == (0, "")
    lines = [line.split() for line in done.stdout.splitlines()]
    assert lines[:4] == [
        ["task", "columns", "changed", "%"],
        ["column", "0", "0", "0", "0.00"],
        ["column", "1", "1", "1", "50.00"],
        ["column", "2", "2", "new"],
    ]
    assert "labels a record: 3, was 2" in done.stdout
    assert "1 of 2 records of labels changed (" in done.stdout
    assert [row for _, row in pair.label_rows()] == [[0, 0.5, 8], [1, 0.5, 7]]


def test_dry_run_as_json(tmp_path: Path, pair: Pair, run_command: RunCommand) -> None:
    write_list(tmp_path / "new.txt", [("a.png", [0, 0.5]), ("b.png", [2, 0]), ("c.png", [0, 0])])
    before = snapshot(pair.root)
    done = run_command(
        "caffe-multilabel", "relabel", "labels", "new.txt", "-dry-run", "--allow_extra", "-json"
    )
    report = json.loads(done.stdout)
    assert report["dry_run"] is True
    assert report["extra_lines"] == 1
    assert [column["changed"] for column in report["columns"]] == [1, 1]
    assert snapshot(pair.root) == before


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("labels", "one.txt"), 1, "1 record has no line of its own in the list"),
        (("nowhere", "one.txt"), 1, "nowhere: is not there"),
        (("labels", "no.txt"), 1, "no.txt: No such file"),
        (("labels", "one.txt", "--label_count=0"), 2, "label_count is 0"),
        (("labels", "one.txt", "--image=x"), 2, "did you mean --images?"),
        (("labels",), 2, "LISTFILE"),
    ],
)
def test_refusals(
    tmp_path: Path,
    pair: Pair,
    run_command: RunCommand,
    arguments: tuple[str, ...],
    code: int,
    message: str,
) -> None:
    write_list(tmp_path / "one.txt", ROWS[:1])
    before = snapshot(pair.root)
    done = run_command("caffe-multilabel", "relabel", *arguments)
    assert done.returncode == code
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert snapshot(pair.root) == before
