"""Pairs of records of several images, and what every command makes of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from caffe_multilabel import (
    ImageError,
    ListError,
    MultilabelDataset,
    OptionError,
    compute_mean,
    convert,
    load_tasks,
    make_report,
    relabel,
    show_record,
    split,
    verify,
)
from command_tools import names_in
from image_tools import draw, encode, read
from lmdb_tools import datums, records

if TYPE_CHECKING:
    from pathlib import Path

    from caffe_multilabel import VerifyReport
    from command_tools import RunCommand

NAMES = [f"{index}.png" for index in range(5)]
PATHS = [["0.png", "1.png"], ["0.png", "2.png"], ["0.png", "3.png"], ["4.png", "0.png"]]
LABELS = [[0, 5], [1, 5], [0, 5], [1, 7]]
"""Those of the first three would be mixed up where the first path alone counts."""
SAME = {"name": "same", "loss": "sigmoid", "dim": 1}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for seed, name in enumerate(NAMES):
        (tmp_path / name).write_bytes(encode(draw(seed, 12, 9), ".png"))
    return tmp_path


def write_list(folder: Path, paths: Any = PATHS, labels: Any = LABELS) -> Path:
    lines = [",".join(map(str, [*own, *of_it])) for own, of_it in zip(paths, labels, strict=True)]
    path = folder / "pairs.csv"
    path.write_text("\n".join(["path_1,path_2,same,number", *lines, ""]))
    return path


def make(folder: Path, **options: Any) -> tuple[Path, Path]:
    images, labels = folder / "i", folder / "l"
    options = {"images_per_record": 2, "overwrite": True} | options
    convert(write_list(folder), root=folder, images=images, labels=labels, **options)
    return images, labels


def check(folder: Path, paths: Any = PATHS, labels: Any = LABELS, **options: Any) -> VerifyReport:
    listed = write_list(folder, paths, labels)
    return verify(folder / "i", folder / "l", records=listed, **options)


def test_a_record_is_the_planes_of_one_image_and_then_of_the_next(folder: Path) -> None:
    images, labels = make(folder)
    assert [key for key, _ in records(images)] == [
        b"%08d_%s" % (index, own[0].encode()) for index, own in enumerate(PATHS)
    ]
    for datum, own in zip(datums(images), PATHS, strict=True):
        assert (datum.channels, datum.height, datum.width) == (6, 12, 9)
        blue, green, red, *others = np.frombuffer(datum.data, np.uint8).reshape(6, 12, 9)
        for planes, name in (((blue, green, red), own[0]), (others, own[1])):
            pixels = read(folder / name)
            assert all(np.array_equal(planes[c], pixels[:, :, c]) for c in range(3))
    assert [list(datum.float_data) for datum in datums(labels)] == LABELS
    assert [datum.label for datum in datums(images)] == [own[0] for own in LABELS]


def test_images_are_resized_alike(folder: Path) -> None:
    (folder / "1.png").write_bytes(encode(draw(1, 30, 40), ".png"))
    images, _ = make(folder, resize=(9, 12))
    record = np.frombuffer(datums(images)[0].data, np.uint8).reshape(2, 3, 12, 9)
    scaled = cv2.resize(read(folder / "1.png"), (9, 12)).transpose(2, 0, 1)
    assert np.abs(record[1].astype(int) - scaled).max() <= 1
    assert np.array_equal(record[0], read(folder / "0.png").transpose(2, 0, 1))


def test_manifests_and_jobs_say_so_only_where_there_are_several(folder: Path) -> None:
    images, labels = make(folder)
    for directory in (images, labels):
        job = json.loads((directory / "manifest.json").read_text())["job"]
        assert job["images_per_record"] == 2
        assert len(job["path_digest"]) == 32
    convert([("0.png", [1])], root=folder, images=images, labels=labels, overwrite=True)
    job = json.loads((images / "manifest.json").read_text())["job"]
    assert not job.keys() & {"images_per_record", "path_digest"}


def test_images_of_two_sizes_reject_their_record(folder: Path, run_command: RunCommand) -> None:
    (folder / "2.png").write_bytes(encode(draw(1, 8, 8), ".png"))
    write_list(folder)
    arguments = ["--images_per_record=2", folder, "pairs.csv", "i", "l"]
    done = run_command("convert_multilabel", "--quiet", *arguments)
    why = "image 2, 2.png: is 3 x 8 x 8, but the record's first image is 3 x 12 x 9"
    assert done.returncode == 3
    assert f"  line 3, 0.png: {why}" in done.stderr
    assert f"3\t0.png\t{why}" in (folder / "i/rejects.tsv").read_text()
    assert len(records(folder / "i")) == len(records(folder / "l")) == 3
    assert check(folder, root=folder).ok


def test_what_goes_with_one_image_only(folder: Path) -> None:
    for options in ({"encoded": True}, {"encode_type": "png"}):
        with pytest.raises(OptionError, match=r"images_per_record is 2, and encoded .* are raw"):
            make(folder, **options)
    with pytest.raises(OptionError, match="too many for a Datum at this resize_width"):
        make(folder, resize=(20000, 20000))
    assert names_in(folder) == [*NAMES, "pairs.csv"]


def test_sizes_are_compared_by_record(folder: Path) -> None:
    for name in ("4.png", "0.png"):
        (folder / f"large {name}").write_bytes(encode(draw(9, 20, 20), ".png"))
    rows = [(("0.png", "1.png"), [1]), (("large 4.png", "large 0.png"), [1])]
    options: Any = {"root": folder, "images": folder / "i", "labels": folder / "l"}
    said = "is 6 x 20 x 20, but the first record is 6 x 12 x 9"
    with pytest.raises(ImageError, match=said):
        convert(rows, images_per_record=2, check_size=True, **options)
    report = convert(rows, images_per_record=2, **options)
    assert (report.other_sizes, report.images_per_record) == (1, 2)


def test_nothing_that_can_be_used_says_which_image_is_missing(folder: Path) -> None:
    rows = [(("0.png", f"{folder.name}/1.png"), [1])]
    said = r"none of the 1 records can be used; .*image 2, .*; it is there from the root folder "
    with pytest.raises(ImageError, match=said):
        convert(rows, root=folder, images=folder / "i", labels=folder / "l", images_per_record=2)


@pytest.mark.parametrize("seed", [None, 4])
def test_the_number_in_a_key_tells_its_line(folder: Path, seed: int | None) -> None:
    make(folder, shuffle=seed is not None, seed=seed or 0)
    report = check(folder, root=folder)
    assert (report.problems, report.warnings, report.compared) == ((), (), 8)
    # More lines may follow.
    assert check(folder, [*PATHS, ["1.png", "2.png"]], [*LABELS, [0, 0]]).problem_count == 1
    for line, wanted in enumerate(LABELS):
        labels = [*LABELS]
        labels[line] = [1 - wanted[0], wanted[1]]
        problem, *more = check(folder, labels=labels).problems
        assert (problem.kind, more) == ("list", [])
        assert f"the list's line {line + 2} says {labels[line][0]} {labels[line][1]}" in (
            problem.message
        )


OTHER_PATHS = {
    "two exchanged, of one first path": [PATHS[0], PATHS[2], PATHS[1], PATHS[3]],
    "another second path": [["0.png", "2.png"], *PATHS[1:]],
    "one left out": PATHS[1:],
    "paths turned": [PATHS[0], PATHS[1], PATHS[2], ["0.png", "4.png"]],
}


@pytest.mark.parametrize("change", OTHER_PATHS)
def test_cannot_tell_is_not_agrees(folder: Path, change: str) -> None:
    """Labels agree line by line, and first paths nearly everywhere."""
    make(folder)
    paths = OTHER_PATHS[change]
    labels = [LABELS[0]] * len(paths)
    convert(
        [(tuple(own), LABELS[0]) for own in PATHS],
        root=folder,
        images=folder / "i",
        labels=folder / "l",
        images_per_record=2,
        overwrite=True,
    )
    for options in ({}, {"root": folder, "sample": 1}):
        report = check(folder, paths, labels, **options)
        assert not report.ok
        assert any("cannot be told" in problem.message for problem in report.problems)
    report = check(folder, paths, labels, root=folder)
    assert not report.ok
    assert "their images tell" in report.warnings[0].message
    with pytest.raises(ListError, match="which line is whose cannot be told; nothing was written"):
        relabel(folder / "l", write_list(folder, paths, labels))


def test_without_a_manifest_the_images_tell(folder: Path) -> None:
    images, labels = make(folder)
    for directory in (images, labels):
        (directory / "manifest.json").unlink()
    listed = write_list(folder)
    report = verify(images, labels, records=listed, root=folder, images_per_record=2)
    assert report.ok
    assert "there is no manifest" in report.warnings[0].message
    assert not verify(images, labels, records=listed, images_per_record=2).ok
    with pytest.raises(ListError, match="there is no manifest, so which line"):
        relabel(labels, listed, images_per_record=2)


def test_another_image_of_a_record_is_found(folder: Path) -> None:
    make(folder)
    (folder / "3.png").write_bytes(encode(draw(77, 12, 9), ".png"))
    problem, *more = check(folder, root=folder).problems
    assert (problem.kind, problem.key, more) == ("picture", "00000002_0.png", [])
    assert "image 2: differs from" in problem.message


def test_images_are_read_again_by_a_list_that_tells_them(folder: Path) -> None:
    images, labels = make(folder)
    with pytest.raises(OptionError, match=r"its records hold 2 images.* wants the list"):
        verify(images, labels, root=folder)
    with pytest.raises(OptionError, match=r"images_per_record is 3, but .*manifest\.json says 2"):
        check(folder, images_per_record=3)
    assert verify(images, labels).warnings == ()
    tasks = {"data": {"images_per_record": 3}, "tasks": [SAME | {"images": "concat"}]}
    with pytest.raises(
        OptionError, match=r"is 2, but data\.images_per_record of the task file is 3"
    ):
        check(folder, tasks=load_tasks(tasks))


@pytest.mark.parametrize("seed", [None, 4])
def test_relabelling_gives_each_record_the_labels_of_its_line(
    folder: Path, seed: int | None
) -> None:
    images, labels = make(folder, shuffle=seed is not None, seed=seed or 0)
    new = [[index, 10 * index] for index in range(4)]
    report = relabel(labels, write_list(folder, labels=new), images=images)
    assert (report.changed_records, report.lines_by) == (4, "path")
    assert check(folder, labels=new, root=folder).ok
    assert not check(folder).ok
    # Again, by what the first relabelling left in the manifest.
    longer = [*PATHS, ["1.png", "2.png"]]
    relabel(labels, write_list(folder, longer, [*LABELS, [9, 9]]), images=images, allow_extra=True)
    assert check(folder, root=folder).ok


def test_a_dataset_tells_how_many_images_its_records_have(folder: Path) -> None:
    images, labels = make(folder)
    with MultilabelDataset(images, labels) as data:
        assert data.images_per_record == 2
        image, _ = data[3]
        assert np.array_equal(
            image.reshape(2, 3, 12, 9)[1], read(folder / "0.png").transpose(2, 0, 1)
        )
        batch, _ = next(data.batches(4, crop_size=8))
        assert batch.shape == (4, 6, 8, 8)
    convert([("0.png", [1])], root=folder, images=images, labels=labels, overwrite=True)
    assert MultilabelDataset(images, labels).images_per_record == 1


@pytest.mark.parametrize("gray", [False, True])
def test_images_of_a_record_are_shown_side_by_side(folder: Path, gray: bool) -> None:
    triplets = [(("0.png", "1.png", "2.png"), [1])]
    images, labels = folder / "i", folder / "l"
    convert(triplets, root=folder, images=images, labels=labels, images_per_record=3, gray=gray)
    record = show_record(images, labels)
    assert record.images == 3
    mode = cv2.IMREAD_GRAYSCALE if gray else cv2.IMREAD_COLOR
    wanted = [read(folder / name, mode) for name in NAMES[:3]]
    beside = np.concatenate([np.dstack([each] * 3) if gray else each for each in wanted], axis=1)
    assert np.array_equal(record.viewable(), beside.transpose(2, 0, 1))


def test_commands_say_how_many_images(folder: Path, run_command: RunCommand) -> None:
    make(folder)
    arguments = ["i", "l", "--index=3", "-o", "record.png"]
    shown = run_command("caffe-multilabel", "show", *arguments)
    assert "9 x 12, 6 channels: 2 images, side by side" in shown.stdout
    assert shown.stdout.count(".png") == 2
    shown = run_command("caffe-multilabel", "show", *arguments, "--list", "pairs.csv")
    rows = [line.split() for line in shown.stdout.splitlines()]
    assert [row[2] for row in rows if row[0] == "image" and row[1] in "12"] == PATHS[3]
    assert read(folder / "record.png").shape == (12, 18, 3)
    mean = run_command("caffe-multilabel", "mean", "i/data.mdb")
    assert mean.stdout.count(",") == 2
    assert mean.stderr == "over the 2 images of each record, as a task file takes it\n"
    means = compute_mean(folder / "i").channel_means
    firsts = np.concatenate([read(folder / own[0]) for own in PATHS])
    assert np.allclose(means[:3], firsts.mean(axis=(0, 1)))


def test_a_list_tells_the_paths_of_a_record(folder: Path) -> None:
    pair = make(folder, shuffle=True, seed=4)
    for index, key in enumerate(MultilabelDataset(*pair).keys()):
        record = show_record(*pair, index, records=write_list(folder))
        assert len(record.paths) == 2
        assert key.decode().endswith(record.paths[0])
        beside = [read(folder / path).transpose(2, 0, 1) for path in record.paths]
        assert np.array_equal(record.image, np.concatenate(beside))
    assert show_record(*pair).paths == (PATHS[0][0],)
    with pytest.raises(ListError, match=r"so which line is whose cannot be told$"):
        show_record(*pair, records=write_list(folder, PATHS[::-1]))


def test_a_report_takes_records_as_wholes(folder: Path) -> None:
    """Three of them share their first image, and look no more alike for that."""
    images, labels = make(folder)
    page = make_report(images, labels)
    assert page.html.count('width="18" height="12"') == 4
    assert page.html.count("2 of 9 \N{MULTIPLICATION SIGN} 12") == 4
    assert "No two images look the same" in page.html


def test_a_report_counts_the_classes_of_all_images_together(folder: Path) -> None:
    """One that only second images have in training is no news where first images have it."""
    person = {"name": "person", "loss": "softmax", "classes": list("abcde"), "images": "each"}
    tasks = load_tasks({"data": {"images_per_record": 2}, "tasks": [person]})
    sets = {"t": ["ab", "ac", "aa", "bb"], "v": ["ca", "bc"]}
    for name, people in sets.items():
        convert(
            list(zip(PATHS, map(list, people), strict=False)),
            root=folder,
            images=folder / f"{name}i",
            labels=folder / f"{name}l",
            tasks=tasks,
        )

    def label_notes(val: str) -> list[tuple[str, str]]:
        report = make_report(
            folder / "ti", folder / "tl", val=(folder / f"{val}i", folder / f"{val}l")
        )
        return [(note.severity, note.text) for note in report.notes if note.section == "labels"]

    assert label_notes("v") == [("warn", "person: 2 classes of 5 never in training.")]
    convert(
        [(PATHS[0], ["a", "e"])],
        root=folder,
        images=folder / "oi",
        labels=folder / "ol",
        tasks=tasks,
    )
    assert label_notes("o") == [("bad", "person: e in validation, never in training.")]


def test_lines_pass_through_a_split_whole(folder: Path) -> None:
    paths = [[f"{index}/a.png", f"{index}/b.png"] for index in range(20)]
    paths += [[f"{index}/b.png", f"{index}/c.png"] for index in range(20)]
    listed = write_list(folder, paths, [[index, 0] for index in range(40)])
    report = split(listed, folder / "parts", val=0.25, images_per_record=2)
    lines = listed.read_text().splitlines()
    parts = [
        (folder / "parts" / name).read_text().splitlines() for name in ("train.csv", "val.csv")
    ]
    assert [len(part) for part in parts] == [31, 11]
    assert sorted({*parts[0], *parts[1]}) == sorted(lines)
    images = [{path for line in part[1:] for path in line.split(",")[:2]} for part in parts]
    assert not images[0] & images[1]
    assert report.notes == (
        "20 records with an image of an earlier one: all of one image are in one part",
    )
    with pytest.raises(OptionError, match=r"would be empty.*split the list of single images"):
        split(write_list(folder), folder / "more", val=0.25, images_per_record=2)
