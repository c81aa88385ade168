"""Records of scripts take the lines that the numbers in their keys say, as `verify` reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from caffe_multilabel import relabel, verify
from caffe_multilabel.errors import DatabaseError, ListError
from lmdb_tools import datums, records
from reader_tools import labels, raw, write_db

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from command_tools import RunCommand

COUNT = 12
ROWS = [(f"{index}.png", [10.0 * index]) for index in range(COUNT)]


def write_pair(folder: Path, keys: Sequence[str]) -> tuple[Path, Path]:
    """Write both DBs with these keys, whose order LMDB chooses; all labels are -1."""

    encoded = [key.encode() for key in keys]
    write_db(folder / "i", [raw(np.zeros((1, 2, 2), np.uint8))] * len(keys), encoded)
    write_db(folder / "l", [labels(-1.0)] * len(keys), encoded)
    return folder / "i", folder / "l"


def labels_by_key(folder: Path) -> dict[str, float]:
    return {
        key.decode(): datum.float_data[0]
        for (key, _), datum in zip(records(folder), datums(folder), strict=True)
    }


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("form", ["{}", "{:08d}", "{}.png-x"])
def test_number_tells_the_line(tmp_path: Path, form: str, first: int) -> None:
    keys = [form.format(first + index) for index in range(COUNT)]
    pair = write_pair(tmp_path, keys)
    report = relabel(pair[1], ROWS, images=pair[0])
    assert (report.lines_by, report.paths_in_keys) == ("number", False)
    assert labels_by_key(pair[1]) == {key: 10.0 * index for index, key in enumerate(keys)}
    assert verify(*pair, records=ROWS).ok


def test_gaps_are_images_that_were_left_out(tmp_path: Path) -> None:
    pair = write_pair(tmp_path, ["0", "3", "10"])
    with pytest.raises(ListError, match="9 lines of the list belong to no record"):
        relabel(pair[1], ROWS)
    report = relabel(pair[1], ROWS, allow_extra=True)
    assert (report.lines_by, report.extra_lines) == ("number", 9)
    assert labels_by_key(pair[1]) == {"0": 0, "3": 30, "10": 100}


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        (["000000000009", "000000581929"], "1 record has no line of its own"),
        (["0", "1", "99999999999999999999999"], "99999999999999999999999"),
        (["0", "1", "01"], "1, another record has its number"),
        (["1", "2", "3"], "whether number 1 is the first line or the second cannot be told"),
    ],
)
def test_numbers_that_are_no_lines(tmp_path: Path, keys: list[str], said: str) -> None:
    pair = write_pair(tmp_path, keys)
    before = (pair[1] / "data.mdb").read_bytes()
    with pytest.raises(ListError, match=said):
        relabel(pair[1], ROWS, allow_extra=True)
    assert (pair[1] / "data.mdb").read_bytes() == before


def test_keys_may_be_paths_of_the_list(tmp_path: Path) -> None:
    keys = ["000000000009", "000000581929", "1"]
    pair = write_pair(tmp_path, keys)
    rows = [(key, [float(index)]) for index, key in enumerate(keys)][::-1]
    assert relabel(pair[1], rows).lines_by == "path"
    assert labels_by_key(pair[1]) == {key: index for index, key in enumerate(keys)}
    assert verify(*pair, records=rows).ok
    with pytest.raises(DatabaseError, match="the key 1 tells a number, unlike the first one"):
        relabel(pair[1], rows[1:])


def test_names_among_numbers_leave_nothing_but_order(
    tmp_path: Path, run_command: RunCommand
) -> None:
    keys = ["00123456", "01ab23cd", "9f00beef"]
    pair = write_pair(tmp_path, keys)
    assert relabel(pair[1], ROWS[:3]).lines_by == "order"
    assert list(labels_by_key(pair[1]).values()) == [0, 10, 20]
    report = verify(*pair, records=ROWS[:3])
    assert report.ok
    assert "the keys of 3 records tell neither a path nor a number" in report.warnings[-1].message
    (tmp_path / "list.txt").write_text("".join(f"{path} 5\n" for path, _ in ROWS[:3]))
    done = run_command("caffe-multilabel", "relabel", pair[1], "list.txt")
    assert "lines were taken by their order alone" in done.stdout


def test_command_says_that_numbers_decided(tmp_path: Path, run_command: RunCommand) -> None:
    pair = write_pair(tmp_path, ["0", "1", "2"])
    (tmp_path / "list.txt").write_text("a.png 1\nb.png 2\nc.png 3\n")
    done = run_command("caffe-multilabel", "relabel", pair[1], "list.txt")
    assert done.returncode == 0, done.stderr
    assert "keys hold no paths, so lines were taken by the numbers in them" in done.stdout
    assert "count from 1" not in done.stdout


def test_command_says_that_numbers_count_from_one(tmp_path: Path, run_command: RunCommand) -> None:
    """As `verify` warns."""
    pair = write_pair(tmp_path, ["01", "02", "03"])
    report = relabel(pair[1], ROWS[:3], dry_run=True)
    assert (report.lines_by, report.counts_from_one) == ("number", True)
    (tmp_path / "list.txt").write_text("a.png 1\nb.png 2\nc.png 3\n")
    done = run_command("caffe-multilabel", "relabel", pair[1], "list.txt")
    said = "keys count from 1, so record number n"
    assert said + " took line n of the list" in done.stdout
    checked = run_command("caffe-multilabel", "verify", *pair, "--list", "list.txt")
    assert said + " was taken for line n of the list" in checked.stderr
    paths = [(key, [1.0]) for key in ("01", "02", "03")]
    assert not relabel(pair[1], paths, dry_run=True).counts_from_one


def test_one_line_and_one_record_are_told_as_one(tmp_path: Path, run_command: RunCommand) -> None:
    pair = write_pair(tmp_path, ["00000000_ant", "00000001_bee"])
    lines = ["ant 1\n", "bee 2\n", "cow 3\n"]
    (tmp_path / "more.txt").write_text("".join(lines))
    (tmp_path / "less.txt").write_text(lines[0] + lines[2])
    for name, said in (
        ("more.txt", ": 1 line of the list belongs to no record, and"),
        ("less.txt", ": 1 record has no line of its own in the list"),
    ):
        done = run_command("caffe-multilabel", "relabel", pair[1], name)
        assert (done.returncode, done.stderr.count(said)) == (1, 1)
    done = run_command("caffe-multilabel", "relabel", "--allow_extra", pair[1], "more.txt")
    assert "\n1 line of the list belongs to no record\n" in done.stdout
    done = run_command("caffe-multilabel", "verify", *pair, "--list", "more.txt")
    assert "1 line of the list has no record and is not among the rejected" in done.stderr
