"""What ties the records of two DBs, by their keys, and what is not said where nothing does."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from caffe_multilabel import (
    DatabaseError,
    MultilabelDataset,
    compute_mean,
    convert,
    export_files,
    label_stats,
    make_report,
    relabel,
    show_record,
    verify,
)
from reader_tools import datum, labels, write_db

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from caffe_multilabel import VerifyReport
    from command_tools import RunCommand
    from image_tools import ImageFolder

IMAGE = datum(channels=3, height=4, width=4, data=bytes(48))
LABEL = labels(1, 2)


def write_pair(
    folder: Path, image_keys: Sequence[str], label_keys: Sequence[str]
) -> tuple[Path, Path]:
    """Make a pair of these keys, which LMDB sorts."""
    for name, value, keys in (("images", IMAGE, image_keys), ("labels", LABEL, label_keys)):
        shutil.rmtree(folder / name, ignore_errors=True)
        write_db(folder / name, [value] * len(keys), [key.encode() for key in keys])
    return folder / "images", folder / "labels"


def check(folder: Path, image_keys: Sequence[str], label_keys: Sequence[str]) -> VerifyReport:
    return verify(*write_pair(folder, image_keys, label_keys))


@pytest.mark.parametrize(
    ("image_key", "label_key", "paired_by"),
    [
        ("{:08d}", "{:05d}", "number"),
        ("{:08d}", "{:09d}", "number"),
        ("{:08d}_a{}.jpg", "{:08d}", "number"),
        ("{:08d}_a{}.jpg", "{:08d}label_a{}.jpg", "path"),
        ("{:03d}.jpg", "{:04d}-labels", "number"),
        ("shot {:03d}", "shot {:03d}", "name"),
    ],
)
def test_what_ties_a_pair_is_said(
    tmp_path: Path, image_key: str, label_key: str, paired_by: str
) -> None:
    keys = [
        [form.replace("{}", str(i)).format(i) for i in range(12)] for form in (image_key, label_key)
    ]
    report = check(tmp_path, keys[0], keys[1])
    assert report.problems == report.warnings == ()
    assert (report.paired_by, report.unproven) == (paired_by, 0)
    assert report.paths_in_keys == (paired_by == "path")


def test_numbers_without_zeros_sort_as_text(tmp_path: Path) -> None:
    report = check(tmp_path, [f"{i:08d}" for i in range(12)], [str(i) for i in range(12)])
    assert not report.ok
    first = report.problems[0]
    assert (first.kind, first.key) == ("pair", "00000002")
    assert first.message == "stands beside 10 in the label DB (record 2)"
    assert check(tmp_path, [str(i) for i in range(12)], [str(i) for i in range(12)]).ok


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    numbers=st.sets(st.integers(0, 9999), min_size=1, max_size=8),
    widths=st.tuples(st.integers(5, 12), st.integers(5, 12)),
    shift=st.integers(1, 40),
)
def test_same_numbers_agree_in_any_widths_and_shifted_ones_do_not(
    tmp_path: Path, numbers: set[int], widths: tuple[int, int], shift: int
) -> None:
    images = [f"{number:0{widths[0]}d}" for number in sorted(numbers)]
    same = [f"{number:0{widths[1]}d}" for number in sorted(numbers)]
    shifted = [f"{number + shift:0{widths[1]}d}" for number in sorted(numbers)]
    assert check(tmp_path, images, same).ok
    report = check(tmp_path, images, shifted)
    assert report.problem_count == len(numbers)
    assert {problem.kind for problem in report.problems} == {"pair"}


NAMED = {
    "max_examples": 25,
    "deadline": None,
    "suppress_health_check": [HealthCheck.function_scoped_fixture],
}
STEMS = st.text("abxyz_-/.", min_size=1, max_size=6)
EXTENSIONS = st.sampled_from(["", ".jpg", ".png", ".jp2", ".json"])
WIDTHS = st.integers(5, 9)
NUMBERS = st.sets(st.integers(0, 9999), min_size=2, max_size=8)


@settings(**NAMED)
@given(
    stem=STEMS,
    numbers=NUMBERS,
    spellings=st.tuples(WIDTHS, EXTENSIONS, WIDTHS, EXTENSIONS),
    shift=st.integers(1, 40),
)
def test_numbers_in_names_agree_in_any_widths_and_shifted_ones_do_not(
    tmp_path: Path,
    stem: str,
    numbers: set[int],
    spellings: tuple[int, str, int, str],
    shift: int,
) -> None:
    def named(width: int, extension: str, by: int = 0) -> list[str]:
        return [f"{stem}{number + by:0{width}d}{extension}" for number in sorted(numbers)]

    images, same, shifted = (
        named(*spellings[:2]),
        named(*spellings[2:]),
        named(*spellings[2:], shift),
    )
    report = check(tmp_path, images, same)
    assert report.problems == report.warnings == ()
    assert report.paired_by == ("name" if images == same else "number")
    (problem,) = check(tmp_path, images, shifted).problems
    assert (problem.kind, problem.key) == ("pair", images[0])
    assert f"the first of {len(numbers)})" in problem.message


@settings(**NAMED)
@given(
    numbers=NUMBERS, extension=EXTENSIONS, other=st.sampled_from(["lab_", "images/img_", "IMG_"])
)
def test_numbers_of_other_names_say_nothing(
    tmp_path: Path, numbers: set[int], extension: str, other: str
) -> None:
    images = [f"img_{number:05d}{extension}" for number in numbers]
    report = check(tmp_path, images, [f"{other}{number + 1:05d}" for number in numbers])
    assert report.ok
    assert (report.paired_by, report.unproven) == ("order", len(numbers))


def test_names_with_and_without_zeros(tmp_path: Path, run_command: RunCommand) -> None:
    images = [f"img_{index}.jpg" for index in range(12)]
    pair = write_pair(tmp_path, images, [f"img_{index:05d}" for index in range(12)])
    done = run_command("caffe-multilabel", "verify", "--quiet", "images", "labels")
    assert done.returncode == 1
    assert "img_10.jpg: stands beside img_00002 in the label DB (record 2" in done.stderr
    with pytest.raises(DatabaseError, match=r"its record img_00002 stands beside img_10\.jpg"):
        MultilabelDataset(*pair)


def test_one_record_or_one_name_without_a_number_leaves_numbers_to_chance(tmp_path: Path) -> None:
    for images, label_keys in (
        (["img_1.jpg"], ["img_2"]),
        (["cat.jpg", "img_1.jpg"], ["dog", "img_2"]),
    ):
        report = check(tmp_path, images, label_keys)
        assert report.ok
        assert (report.paired_by, report.unproven) == ("order", len(images))
        MultilabelDataset(tmp_path / "images", tmp_path / "labels").close()


def test_names_contradict_each_other_where_the_dbs_share_some(tmp_path: Path) -> None:
    report = check(tmp_path, ["ant", "bee", "cow"], ["bee", "cow", "dog"])
    assert [problem.message for problem in report.problems] == [
        "stands beside bee in the label DB (record 0, the first of 3)"
    ]


@pytest.mark.parametrize("label_keys", [["l-0", "l-1"], ["0", "1"], ["a.txt", "b.txt"]])
def test_keys_that_cannot_be_compared_do_not_agree(
    tmp_path: Path, label_keys: list[str], run_command: RunCommand
) -> None:
    report = check(tmp_path, ["a.jpg", "b.jpg"], label_keys)
    assert report.ok
    assert (report.paired_by, report.unproven) == ("order", 2)
    (warning,) = report.warnings
    assert (warning.kind, warning.key) == ("pair", "a.jpg")
    assert f"cannot be compared with {label_keys[0]}" in warning.message
    done = run_command("caffe-multilabel", "verify", "--quiet", "images", "labels")
    assert done.returncode == 0
    assert "they match by order alone" in done.stdout
    assert "warning: pair: a.jpg: cannot be compared" in done.stderr
    document = json.loads(
        run_command("caffe-multilabel", "verify", "--json", "images", "labels").stdout
    )
    assert (document["paired_by"], document["unproven"]) == ("order", 2)
    assert document["warnings"][0]["key"] == "a.jpg"


def test_a_few_keys_that_cannot_be_compared_are_counted(
    tmp_path: Path, run_command: RunCommand
) -> None:
    report = check(tmp_path, ["0", "1", "x"], ["00", "01", "y"])
    assert (report.paired_by, report.unproven) == ("number", 1)
    assert "ties this pair of records" in report.warnings[0].message
    done = run_command("caffe-multilabel", "verify", "--quiet", "images", "labels")
    assert "by number and order, 1 of them by order alone" in done.stdout


def test_one_db_given_twice(tmp_path: Path) -> None:
    images, label_db = write_pair(tmp_path, ["0"], ["0"])
    for db in (images, label_db):
        (problem,) = verify(db, db).problems
        assert problem.kind == "pair"
        assert "both as the image DB and as the label DB" in problem.message


def test_swapped_dbs_of_another_tool(tmp_path: Path) -> None:
    images, label_db = write_pair(tmp_path, ["0", "1"], ["0", "1"])
    (problem,) = verify(label_db, images).problems
    assert problem.kind == "pair"
    assert "so they are swapped; give the image DB first" in problem.message
    with pytest.raises(DatabaseError, match="swapped"):
        MultilabelDataset(label_db, images)


@pytest.fixture
def converted(tmp_path: Path, image_folder: ImageFolder) -> tuple[Path, Path, Path]:
    """Images, labels and list of a pair of our own."""
    lines = [f"{name} {index % 3} 1\n" for index, name in enumerate(image_folder.names)]
    list_file = tmp_path / "list.txt"
    list_file.write_text("".join(lines))
    pair = tmp_path / "i", tmp_path / "l"
    convert(list_file, root=image_folder.folder, images=pair[0], labels=pair[1])
    return *pair, list_file


def test_swapped_dbs_of_our_own(converted: tuple[Path, Path, Path]) -> None:
    images, label_db, _ = converted
    (problem,) = verify(label_db, images).problems
    assert "as their manifests say; give the image DB first" in problem.message


TAKE_A_PAIR: dict[str, Callable[[Path, Path, Path], object]] = {
    "MultilabelDataset": lambda images, label_db, _: MultilabelDataset(images, label_db),
    "show_record": lambda images, label_db, _: show_record(images, label_db, 0),
    "make_report": lambda images, label_db, _: make_report(images, label_db),
    "export_files": export_files,
}
TAKE_ONE: dict[str, Callable[[Path, Path, Path], object]] = {
    "compute_mean": lambda _, label_db, __: compute_mean(label_db),
    "label_stats": lambda images, _, __: label_stats(images),
    "relabel": lambda images, _, out: relabel(images, out.with_name("list.txt")),
}


@pytest.mark.parametrize("name", TAKE_A_PAIR)
def test_a_manifest_says_that_dbs_are_swapped(
    converted: tuple[Path, Path, Path], name: str
) -> None:
    images, label_db, list_file = converted
    with pytest.raises(DatabaseError, match="as their manifests say"):
        TAKE_A_PAIR[name](label_db, images, list_file.with_name("out"))


@pytest.mark.parametrize("name", TAKE_ONE)
def test_a_manifest_says_which_db_it_is(converted: tuple[Path, Path, Path], name: str) -> None:
    images, label_db, list_file = converted
    with pytest.raises(DatabaseError, match="DB, as its manifest says, and is given as"):
        TAKE_ONE[name](images, label_db, list_file.with_name("out"))


@pytest.mark.parametrize("name", TAKE_A_PAIR)
def test_whoever_reads_a_pair_judges_its_keys_alike(tmp_path: Path, name: str) -> None:
    pair = write_pair(tmp_path, [f"{i:08d}" for i in range(12)], [str(i) for i in range(12)])
    with pytest.raises(DatabaseError, match="its record 10 stands beside 00000002"):
        TAKE_A_PAIR[name](*pair, tmp_path / "out")


def test_images_of_unlike_channels(tmp_path: Path) -> None:
    """Caffe: `Check failed: channels == datum_channels (3 vs. 1)`."""
    images, label_db = write_pair(tmp_path, "0123", "0123")
    gray = datum(channels=1, height=4, width=4, data=bytes(16))
    shutil.rmtree(images)
    write_db(images, [IMAGE, IMAGE, gray, IMAGE], [b"0", b"1", b"2", b"3"])
    (problem,) = verify(images, label_db).problems
    assert (problem.kind, problem.key) == ("image", "2")
    assert "has 1 channel, the first image 3" in problem.message


def test_channels_written_last_are_named(tmp_path: Path) -> None:
    images, label_db = write_pair(tmp_path, "01", "01")
    shutil.rmtree(images)
    turned = datum(channels=16, height=12, width=3, data=bytes(16 * 12 * 3))
    write_db(images, [turned, turned], [b"0", b"1"])
    report = verify(images, label_db)
    assert report.ok
    (warning,) = report.warnings
    assert "has 16 channels, not 1 or 3: Caffe reads it as 16 x 12 x 3" in warning.message
