"""One record of a pair: the right one, its image, and what its labels mean."""

from __future__ import annotations

import os
import pty
import re
import subprocess
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from caffe_multilabel import convert
from caffe_multilabel.errors import DatabaseError, OptionError, OutputError
from caffe_multilabel.views.images import half_blocks, viewable
from caffe_multilabel.views.show import show_record
from command_tools import command_line, environment
from lint_tools import datum, label_db, write_db

if TYPE_CHECKING:
    from pathlib import Path

    from command_tools import RunCommand
    from image_tools import ImageFolder

TASKS = """\
tasks:
  - {name: kind, loss: softmax, classes: [a, b, c, d, e, f, g, h, i, j, k, l]}
  - {name: size, loss: euclidean, dim: 1}
"""
ESCAPE = "\x1b"


@pytest.fixture
def pair(image_folder: ImageFolder, tmp_path: Path) -> tuple[Path, Path]:
    (tmp_path / "tasks.yaml").write_text(TASKS)
    images, labels = tmp_path / "images", tmp_path / "labels"
    convert(
        image_folder.write_list(tmp_path / "list.txt"),
        root=image_folder.folder,
        images=images,
        labels=labels,
        tasks=tmp_path / "tasks.yaml",
    )
    return images, labels


def file_of(image_folder: ImageFolder, index: int) -> np.ndarray:
    image = cv2.imread(str(image_folder.folder / image_folder.names[index]))
    assert image is not None
    return image


def test_a_record_by_its_index(pair: tuple[Path, Path], image_folder: ImageFolder) -> None:
    record = show_record(*pair, 7)
    assert (record.index, record.key) == (7, f"00000007_{image_folder.names[7]}")
    assert record.image.transpose(1, 2, 0) == pytest.approx(file_of(image_folder, 7))
    assert record.labels.tolist() == [7, 1.75]
    assert record.meanings == (("kind", "h"), ("size", "1.75"))
    assert show_record(*pair).index == 0
    assert show_record(*pair, -1).index == len(image_folder.names) - 1


def test_a_record_by_its_key_or_path(pair: tuple[Path, Path], image_folder: ImageFolder) -> None:
    assert show_record(*pair, key="00000003_03.jpg").index == 3
    assert show_record(*pair, key="03.jpg").index == 3
    with pytest.raises(OptionError, match=r"no record of key '3\.jpg'; did you mean"):
        show_record(*pair, key="3.jpg")
    with pytest.raises(OptionError, match="exclude each other"):
        show_record(*pair, 3, key="03.jpg")
    for index in (len(image_folder.names), -len(image_folder.names) - 1):
        with pytest.raises(OptionError, match="must be from 0 to 11"):
            show_record(*pair, index)


def test_two_dbs_that_are_no_pair_are_refused(pair: tuple[Path, Path], tmp_path: Path) -> None:
    other = label_db(tmp_path / "other", [[1], [2]])
    with pytest.raises(DatabaseError, match="they are no pair"):
        show_record(pair[0], other)


def test_a_pair_of_no_records_has_none_to_show(tmp_path: Path) -> None:
    images, labels = write_db(tmp_path / "images", []), write_db(tmp_path / "labels", [])
    for asked in ({}, {"index": -1}, {"key": "a.png"}):
        wanted: Any = asked
        with pytest.raises(DatabaseError, match="images: the database has no record"):
            show_record(images, labels, **wanted)


def test_a_first_record_without_labels_does_not_hide_the_others(tmp_path: Path) -> None:
    image = datum(channels=1, height=1, width=1, data=b"x")
    images = write_db(tmp_path / "images", [("0", image), ("1", image)])
    broken = datum(encoded=True, data=b"x")
    labels = write_db(
        tmp_path / "labels",
        [("0", broken), ("1", datum(channels=1, height=1, width=1, float_data=[3]))],
    )
    assert show_record(images, labels, 1).labels.tolist() == [3]
    with pytest.raises(DatabaseError):
        show_record(images, labels, 0)


def test_the_image_is_written_as_it_is(
    pair: tuple[Path, Path], image_folder: ImageFolder, tmp_path: Path
) -> None:
    record = show_record(*pair, 7)
    record.write_image(tmp_path / "seven.png")
    written = cv2.imread(str(tmp_path / "seven.png"))
    assert written is not None
    assert (written == file_of(image_folder, 7)).all()
    record.write_image(tmp_path / "seven.JPG")
    assert (tmp_path / "seven.JPG").read_bytes().startswith(b"\xff\xd8")
    with pytest.raises(OptionError, match=r"ends in none of \.png, \.jpg, \.jpeg"):
        record.write_image(tmp_path / "seven.gif")
    with pytest.raises(OutputError):
        record.write_image(tmp_path / "nowhere" / "seven.png")


def test_images_of_any_kind_can_be_looked_at(tmp_path: Path) -> None:
    numbers = np.array([[[-1.0, 0.0], [1.0, np.nan]]], dtype=np.float32)
    gray = viewable(numbers)
    assert gray.shape == (3, 2, 2)
    assert gray[0].tolist() == [[0, 128], [255, 128]]
    assert (gray[0] == gray[1]).all()
    two = np.arange(2 * 3 * 2 * 2, dtype=np.uint8).reshape(6, 2, 2)
    assert viewable(two).shape == (3, 2, 4)
    assert (viewable(two)[:, :, 2:] == two[3:]).all()
    planes = np.arange(8, dtype=np.uint8).reshape(2, 2, 2)
    assert viewable(planes)[0].tolist() == [[0, 1, 4, 5], [2, 3, 6, 7]]

    values = np.linspace(-3, 5, 6).tolist()
    float_datum = datum(channels=1, height=2, width=3, float_data=values)
    images = write_db(tmp_path / "floats", [("0", float_datum)])
    record = show_record(images, label_db(tmp_path / "labels", [[4]]))
    assert record.viewable()[0].tolist() == [[0, 51, 102], [153, 204, 255]]
    assert record.meanings == (("column 0", "4"),)


def test_half_blocks_hold_two_pixels_each() -> None:
    image = np.zeros((3, 2, 3), dtype=np.uint8)
    image[:, 0, 1] = (1, 2, 3)  # blue, green, red
    image[:, 1, 1] = (4, 5, 6)
    (line,) = half_blocks(image, 80, 24)
    assert line.count("\N{UPPER HALF BLOCK}") == 3
    assert f"{ESCAPE}[38;2;3;2;1;48;2;6;5;4m" in line
    assert line.endswith(f"{ESCAPE}[0m")


def test_a_large_image_is_made_to_fit() -> None:
    lines = half_blocks(np.zeros((3, 300, 200), dtype=np.uint8), 80, 24)
    assert len(lines) == 24
    assert {line.count("\N{UPPER HALF BLOCK}") for line in lines} == {32}
    assert len(half_blocks(np.zeros((3, 1, 900), dtype=np.uint8), 80, 24)) == 1


def test_without_a_terminal_no_escape_codes(
    pair: tuple[Path, Path], run_command: RunCommand, tmp_path: Path
) -> None:
    done = run_command("caffe-multilabel", "show", *pair, "--index", "7")
    assert done.returncode == 0
    assert ESCAPE not in done.stdout + done.stderr
    assert "-o FILE.png" in done.stderr
    assert re.search(r"^kind +h$", done.stdout, re.MULTILINE)
    assert re.search(r"^image +13 x 15, 3 channels$", done.stdout, re.MULTILINE)

    done = run_command("caffe-multilabel", "show", *pair, "--index", "-5", "-o", "seven.png")
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "seven.png").is_file()
    assert re.search(r"^record +7$", done.stdout, re.MULTILINE)

    done = run_command("caffe-multilabel", "show", *pair, "--index", "12")
    assert done.returncode == 2
    assert "must be from 0 to 11" in done.stderr


@pytest.mark.parametrize("terminal", ["xterm-256color", "dumb"])
def test_a_terminal_shows_the_image_if_it_can(pair: tuple[Path, Path], terminal: str) -> None:
    controller, screen = pty.openpty()
    arguments = command_line("caffe-multilabel", "show", *pair, "--index", "7")
    colored = {key: value for key, value in environment().items() if key != "NO_COLOR"}
    done = subprocess.run(
        arguments,
        stdout=screen,
        stderr=subprocess.PIPE,
        env=colored | {"TERM": terminal, "PYTHONIOENCODING": "utf-8"},
        timeout=120,
        check=False,
    )
    os.close(screen)
    seen = b""
    try:
        while part := os.read(controller, 65536):
            seen += part
    except OSError:
        pass  # Linux tells so that the other side is closed.
    finally:
        os.close(controller)
    assert done.returncode == 0
    text = seen.decode()
    assert re.search(r"^kind +h\r$", text, re.MULTILINE)
    assert ("\N{UPPER HALF BLOCK}" in text) is (terminal != "dumb")
    assert (ESCAPE in text) is (terminal != "dumb")
    assert (b"-o FILE.png" in done.stderr) is (terminal == "dumb")
