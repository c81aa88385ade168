"""The command `caffe-multilabel split`."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from command_tools import start

if TYPE_CHECKING:
    from pathlib import Path

    from command_tools import RunCommand


@pytest.fixture(autouse=True)
def list_file(tmp_path: Path) -> None:
    rows = [f"p{number // 10}/{number}.png {number % 25} {number % 2}\n" for number in range(1000)]
    (tmp_path / "list.txt").write_text("".join(rows))


def test_report_for_people(tmp_path: Path, run_command: RunCommand) -> None:
    done = run_command(
        "caffe-multilabel", "split", "list.txt", "--val=0.2", "--stratify", "--seed", "1"
    )
    assert (done.returncode, done.stderr) == (0, "")
    lines = [line.split() for line in done.stdout.splitlines()]
    assert lines[0] == ["task", "label", "records", "train%", "val%"]
    assert lines[1] == ["column", "0", "0", "40", "80.00", "20.00"]
    assert lines[21] == ["column", "0", "...", "5", "more,", "--json", "lists", "them"]
    assert lines[23][:4] == ["column", "1", "1", "500"]
    assert lines[24:26] == [
        ["train.txt:", "800", "records,", "80.00", "%"],
        ["val.txt:", "200", "records,", "20.00", "%"],
    ]
    assert len((tmp_path / "val.txt").read_text().splitlines()) == 200


def test_a_brief_report_has_what_is_rare_or_lacking(
    tmp_path: Path, run_command: RunCommand
) -> None:
    rows = [f"{number}.png {number % 2} {min(number, 3) % 3}\n" for number in range(200)]
    (tmp_path / "list.txt").write_text("".join(rows))
    done = run_command("caffe-multilabel", "split", "list.txt", "--val=0.2", "--brief")
    lines = done.stdout.splitlines()
    assert lines[0].split("  ")[0] == "task"
    assert [line.split()[:4] for line in lines[1:3]] == [
        ["column", "1", "1", "1"],
        ["column", "0", "0", "100"],
    ]
    lacking = [line for line in lines if ": none of " in line]
    assert lacking
    assert all(
        re.fullmatch(r"column 1 [12]: none of 1 record in (val|train)", line) for line in lacking
    )
    assert lines[-3].startswith("train.txt: 160 records")


def test_report_as_json(tmp_path: Path, run_command: RunCommand) -> None:
    done = run_command(
        "caffe-multilabel", "split", "list.txt", "--val", ".1", "--test", ".2", "-json",
        "--group", "^p[0-9]+", "--output", "new/lists",
    )  # fmt: skip
    report = json.loads(done.stdout)
    assert report["records"] == 1000
    assert report["stratified"] is False
    assert [(part["path"], part["records"], part["groups"]) for part in report["parts"]] == [
        ("new/lists/train.txt", 700, 70),
        ("new/lists/val.txt", 100, 10),
        ("new/lists/test.txt", 200, 20),
    ]
    assert (tmp_path / "new" / "lists" / "test.txt").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("list.txt",), 2, "--val is wanted"),
        (("list.txt", "--val", "2"), 2, "val must be more than 0"),
        (("--val", "0.1"), 2, "LISTFILE"),
        (("list.txt", "--val=.1", "--stratified"), 2, "did you mean --stratify?"),
        (("none.txt", "--val", "0.1"), 1, "none.txt: No such file"),
        (("list.txt", "--val", "0.1", "--output", "list.txt"), 1, "list.txt"),
    ],
)
def test_refusals(
    tmp_path: Path, run_command: RunCommand, arguments: tuple[str, ...], code: int, message: str
) -> None:
    done = run_command("caffe-multilabel", "split", *arguments)
    assert done.returncode == code
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["list.txt"]


@pytest.mark.parametrize("flags", [(), ("--overwrite",)])
def test_two_at_once(tmp_path: Path, flags: tuple[str, ...]) -> None:
    """One is refused, or both did their work one after the other; the lists are those of one."""
    lines = [f"{number}.png {number % 7}" for number in range(5000)]
    (tmp_path / "list.txt").write_text("\n".join(lines))
    for round_number in range(3):
        output = f"--output=parts{round_number}"
        arguments = ("split", "list.txt", "--val=0.3", output, "--quiet", *flags)
        runs = [
            start("caffe-multilabel", *arguments, f"--seed={seed}", cwd=tmp_path) for seed in (1, 2)
        ]
        ends = [(run.communicate()[1], run.returncode) for run in runs]
        assert any(code == 0 for _, code in ends), ends
        refusals = [text for text, code in ends if code != 0]
        assert flags or len(refusals) == 1
        assert all("is writing to it" in text or "is there already" in text for text in refusals)
        folder = tmp_path / f"parts{round_number}"
        assert sorted(path.name for path in folder.iterdir()) == ["train.txt", "val.txt"]
        parts = [(folder / f"{name}.txt").read_text().splitlines() for name in ("train", "val")]
        assert sorted(parts[0] + parts[1]) == sorted(lines)
