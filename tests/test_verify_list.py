"""A list tells paths and labels of the records of scripts, whose keys hold a number or a name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from caffe_multilabel import Error, ListError, convert, relabel, split, verify
from reader_tools import labels, raw, write_db

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from command_tools import RunCommand

    Layout = Callable[[NDArray[np.uint8]], NDArray[np.uint8]]

COUNT = 12


@pytest.fixture
def files(tmp_path: Path) -> list[tuple[str, NDArray[np.uint8]]]:
    """Images on the disk, and a list of them whose order is not that of their names."""
    random = np.random.default_rng(5)
    made = []
    for index in range(COUNT):
        pixels = random.integers(0, 256, (8, 8, 3), dtype=np.uint8)
        name = f"{(index * 5) % COUNT:02d}.png"
        cv2.imwrite(str(tmp_path / name), pixels)
        made.append((name, pixels))
    lines = [f"{name} {index} 0.5\n" for index, (name, _) in enumerate(made)]
    (tmp_path / "list.txt").write_text("".join(lines))
    return made


def planes(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return pixels.transpose(2, 0, 1)


def write_pair(
    folder: Path,
    files: list[tuple[str, NDArray[np.uint8]]],
    keys: list[str],
    layout: Layout = planes,
) -> tuple[Path, Path]:
    """Write both DBs with the same keys, one for each file."""
    encoded = [key.encode() for key in keys]
    write_db(folder / "i", [raw(layout(pixels)) for _, pixels in files], encoded)
    write_db(folder / "l", [labels(index, 0.5) for index in range(len(files))], encoded)
    return folder / "i", folder / "l"


@pytest.mark.parametrize("key", ["{:08d}", "{}", "{:04d}.png"])
def test_record_n_is_line_n_plus_1(
    tmp_path: Path, files: list[tuple[str, NDArray[np.uint8]]], key: str, run_command: RunCommand
) -> None:
    pair = write_pair(tmp_path, files, [key.format(index) for index in range(COUNT)])
    report = verify(*pair, records=tmp_path / "list.txt", root=tmp_path)
    assert report.problems == report.warnings == ()
    assert report.compared == COUNT
    done = run_command(
        "caffe-multilabel", "verify", *["i", "l", "--quiet", "--list", "list.txt", "--root", "."]
    )
    assert done.returncode == 0
    assert "by number and order, 12 images compared with their files" in done.stdout


def test_keys_may_be_paths_of_the_list(
    tmp_path: Path, files: list[tuple[str, NDArray[np.uint8]]]
) -> None:
    pair = write_pair(tmp_path, files, [name for name, _ in files])
    report = verify(*pair, records=tmp_path / "list.txt", root=tmp_path)
    assert report.problems == report.warnings == ()


def test_numbers_may_count_from_1(
    tmp_path: Path, files: list[tuple[str, NDArray[np.uint8]]]
) -> None:
    pair = write_pair(tmp_path, files, [f"{index + 1:06d}" for index in range(COUNT)])
    report = verify(*pair, records=tmp_path / "list.txt", root=tmp_path)
    assert report.ok
    assert "keys count from 1" in report.warnings[0].message


@pytest.mark.parametrize(
    "layout",
    [
        pytest.param(lambda pixels: planes(pixels[..., ::-1]), id="RGB"),
        pytest.param(lambda pixels: pixels.reshape(3, 8, 8), id="HWC"),
        pytest.param(lambda pixels: planes(pixels[::-1]), id="upside down"),
    ],
)
def test_pixels_in_another_order_differ(
    tmp_path: Path, files: list[tuple[str, NDArray[np.uint8]]], layout: Layout
) -> None:
    pair = write_pair(tmp_path, files, [f"{index:08d}" for index in range(COUNT)], layout)
    report = verify(*pair, records=tmp_path / "list.txt", root=tmp_path)
    assert report.problem_count == COUNT
    assert {problem.kind for problem in report.problems} == {"picture"}
    assert "differs from" in report.problems[0].message


def test_images_of_other_lines_differ(
    tmp_path: Path, files: list[tuple[str, NDArray[np.uint8]]]
) -> None:
    turned = [files[1], files[0], *files[2:]]
    pair = write_pair(tmp_path, turned, [f"{index:08d}" for index in range(COUNT)])
    report = verify(*pair, records=tmp_path / "list.txt", root=tmp_path)
    assert [problem.key for problem in report.problems] == ["00000000", "00000001"]


def test_names_that_tell_no_line_are_taken_in_order_with_a_warning(
    tmp_path: Path, files: list[tuple[str, NDArray[np.uint8]]]
) -> None:
    pair = write_pair(tmp_path, files, [f"shot-{index:02d}" for index in range(COUNT)])
    report = verify(*pair, records=tmp_path / "list.txt")
    assert report.ok
    assert "the keys of 12 records tell neither a path nor a number" in report.warnings[0].message
    report = verify(*pair, records=tmp_path / "list.txt", root=tmp_path)
    assert {problem.message for problem in report.problems} == {
        "its key tells neither its path nor its line of the list"
    }


def test_numbers_beyond_the_list(
    tmp_path: Path, files: list[tuple[str, NDArray[np.uint8]]]
) -> None:
    keys = [f"{index:02d}" for index in range(COUNT - 1)] + ["99"]
    report = verify(*write_pair(tmp_path, files, keys), records=tmp_path / "list.txt")
    assert [problem.key for problem in report.problems] == ["99", ""]
    assert "is not in the list" in report.problems[0].message


CLASSES = ("red", "dark blue", "\u7ea2")


def test_names_of_classes_in_paths_are_named_once(
    tmp_path: Path, files: list[tuple[str, NDArray[np.uint8]]]
) -> None:
    """With blanks, such names become a part of the paths, and no line is wrong by itself."""
    keys = [f"{index:08d}_{name}" for index, (name, _) in enumerate(files)]
    images, _ = write_pair(tmp_path, files, keys)
    label_keys = [key.replace("_", "label_", 1).encode() for key in keys]
    write_db(tmp_path / "m", [labels(index, 0.5) for index in range(COUNT)], label_keys)
    lines = [f"{name} {CLASSES[index % 3]} {index}\n" for index, (name, _) in enumerate(files)]
    path = tmp_path / "named.txt"
    path.write_text("".join(lines))
    hint = f"in the path '{files[0][0]} red' 'red' stands behind the name of an image: names of"
    report = verify(images, tmp_path / "m", records=path)
    assert [hint in problem.message for problem in report.problems].count(True) == 1
    assert hint in report.problems[0].message
    for refused in (
        lambda: relabel(tmp_path / "m", path),
        lambda: convert(path, root=tmp_path, images=tmp_path / "a", labels=tmp_path / "b"),
    ):
        with pytest.raises(Error, match="stands behind the name of an image") as caught:
            refused()
        assert hint in caught.value.message


def test_bad_lines_are_told_and_nothing_of_what_was_written(
    tmp_path: Path, files: list[tuple[str, NDArray[np.uint8]]]
) -> None:
    images, label_db = write_pair(tmp_path, files, [f"{index:08d}" for index in range(COUNT)])
    path = tmp_path / "bad.csv"
    path.write_text("".join(f"{name},{index},x\n" for index, (name, _) in enumerate(files)))
    with pytest.raises(ListError) as caught:
        verify(images, label_db, records=path)
    assert caught.value.message.splitlines()[0] == f"{path}: {COUNT} bad lines"
    for writing in (
        lambda: relabel(label_db, path),
        lambda: split(path, tmp_path / "parts", val=0.5),
        lambda: convert(path, root=tmp_path, images=tmp_path / "a", labels=tmp_path / "b"),
    ):
        with pytest.raises(ListError) as refused:
            writing()
        first = refused.value.message.splitlines()[0]
        assert first == f"{path}: {COUNT} bad lines, nothing was written"
        assert (refused.value.path, refused.value.line) == (str(path), 1)
