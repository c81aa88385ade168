"""Whole numbers that a float32 cannot hold are refused, not rounded to another one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from caffe_multilabel import ListError, convert, load_records
from lmdb_tools import datums

if TYPE_CHECKING:
    from pathlib import Path

    from command_tools import RunCommand
    from image_tools import ImageFolder

HELD = ["16777216", "16777218", "-16777216", "300000000", "300000000.0", "+0033554432.", "1e20"]
HELD += ["4294967296", "18446744073709551616", "123456789.5", "1.23456789e8", "-0", "0.1"]
ROUNDED = ["16777217", "-16777217", "+16777217", "16777217.0", "00123456789.", "4294967297"]
ROUNDED += ["9007199254740993", "18446744073709551617", "340282346638528859811704183484516925441"]


@pytest.mark.parametrize("label", HELD)
def test_text_that_a_float_holds_is_taken(tmp_path: Path, label: str) -> None:
    (tmp_path / "list.txt").write_text(f"a.jpg {label}\n")
    assert load_records(tmp_path / "list.txt").core.labels().tolist() == [
        [float(np.float32(label))]
    ]


@pytest.mark.parametrize("label", ROUNDED)
@pytest.mark.parametrize("name", ["list.txt", "list.csv"])
def test_text_that_would_be_rounded_is_refused_with_its_line(
    tmp_path: Path, label: str, name: str
) -> None:
    between = "," if name.endswith("csv") else " "
    lines = [between.join(row) + "\n" for row in (("a.jpg", "1", "2"), ("b.jpg", "3", label))]
    (tmp_path / name).write_text("".join(lines))
    said = f"line 2: label 2: '{label}' does not fit a 32-bit float, which would make it"
    with pytest.raises(ListError) as caught:
        load_records(tmp_path / name)
    assert said in str(caught.value)
    assert caught.value.line == 2


def test_every_command_that_reads_a_list_refuses_it(
    run_command: RunCommand, image_folder: ImageFolder, tmp_path: Path
) -> None:
    (tmp_path / "good.txt").write_text("00.png 1\n")
    (tmp_path / "bad.txt").write_text("00.png 16777217\n")
    root = image_folder.folder
    assert run_command("convert_multilabel", root, "good.txt", "i", "l").returncode == 0
    for arguments in (
        ("verify", "i", "l", "--list", "bad.txt"),
        ("relabel", "l", "bad.txt"),
        ("convert", root, "bad.txt", "i2", "l2"),
    ):
        done = run_command("caffe-multilabel", *arguments)
        assert done.returncode == 1
        assert "'16777217' does not fit a 32-bit float, which would make it 16777216" in done.stderr


ARRAYS: list[tuple[Any, int | None]] = [
    (np.array([[1], [2**24 + 1]]), 2**24 + 1),
    (np.array([[1], [-(2**24) - 1]], np.int32), -(2**24) - 1),
    (np.array([[1], [2**24 + 1]], np.uint32), 2**24 + 1),
    (np.array([[1], [2**63 + 1]], np.uint64), 2**63 + 1),
    (np.array([[1], [2**53 + 1]]), 2**53 + 1),
    (np.array([[1.0], [2.0**24 + 1]]), 16777217.0),
    ([[1], [2**24 + 1]], 2**24 + 1),
    ([[1], [2**70 + 1]], 2**70 + 1),
    (np.array([[1], [2**63]], np.uint64), None),
    (np.array([[1], [-(2**63)]]), None),
    (np.array([[0], [2**24]]), None),
    (np.array([[1], [0.1 + 2**24]]), None),
    (np.array([[1], [1.23456789e20]]), None),
    (np.array([[1], [2**24 + 1]], np.float32), None),
    (np.array([[True], [False]]), None),
    ([[1], [2**70]], None),
]


@pytest.mark.parametrize(("labels", "bad"), ARRAYS)
def test_arrays_are_held_to_the_same(labels: Any, bad: int | None) -> None:
    if bad is None:
        wanted = np.asarray(labels, np.float32).tolist()
        assert load_records((["a", "b"], labels)).core.labels().tolist() == wanted
        return
    said = f"^record 2: label 1: {bad} does not fit a 32-bit float, which would make it -?[0-9]+$"
    with pytest.raises(ListError, match=said) as caught:
        load_records((["a", "b"], labels))
    assert caught.value.line == 2


def test_the_first_of_many_is_named() -> None:
    labels = np.full((3, 2), 2**24 + 1)
    labels[0] = 0
    said = "^record 2: label 1: 16777217 .* 16777216; 3 more are rounded$"
    with pytest.raises(ListError, match=said):
        load_records((["a", "b", "c"], labels))


def test_the_label_of_the_image_db_ends_where_int32_does(
    image_folder: ImageFolder, tmp_path: Path
) -> None:
    labels = [2.0**31, -(2.0**31), 3e38, -3e38, 2147483520.0, -1.75]
    rows = [(image_folder.names[0], [label]) for label in labels]
    convert(rows, root=image_folder.folder, images=tmp_path / "i", labels=tmp_path / "l")
    most, least = 2**31 - 1, -(2**31)
    wanted = [most, least, most, least, 2147483520, -1]
    assert [datum.label for datum in datums(tmp_path / "i")] == wanted
