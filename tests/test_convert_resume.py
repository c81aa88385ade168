"""--resume: refused with other options and after damage; a commit cut in two is mended."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from caffe_multilabel import DatabaseError, Error, ImageError, OutputError, convert
from command_tools import names_in
from image_tools import draw, encode
from lmdb_tools import pair_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

    from command_tools import RunCommand
    from image_tools import ImageFolder

# A commit is made every 1000 records. A conversion that fails at an image which is not there is
# stopped at a place of the test's choice, and the image that appears lets it go on.
RECORDS = 3300
STOPS = {1500: "first stop.png", 2600: "second stop.png"}
ABSENT = (3, 700, 1000, 1001, 1400, 2599, 3299)


@pytest.fixture(params=[1, 2, "marks"])
def job(tmp_path: Path, request: pytest.FixtureRequest) -> dict[str, Any]:
    """Records that stop twice under on_bad_image="fail", where rejects are files by then.

    The parameter is how many images a record has, of which the last one is the one that may not be
    there; or "marks" for one with ramps and its number.
    """
    root = tmp_path / "root"
    root.mkdir()
    (root / "a.png").write_bytes(encode(draw(0, 3, 4), ".png"))
    (root / "b.jpg").write_bytes(encode(draw(1, 3, 4), ".jpg")[:-2])  # counted in the manifest
    names = ["a.png" if index % 3 else "b.jpg" for index in range(RECORDS)]
    for index, name in STOPS.items():
        names[index] = name
    for index in ABSENT:
        names[index] = "absent.png"
    marks = request.param == "marks"
    paths = names if request.param != 2 else [["a.png", name] for name in names]
    return {
        "records": (paths, [[index, index % 7] for index in range(RECORDS)]),
        "images_per_record": 1 if marks else request.param,
        "ramps": marks,
        "canary": marks,
        "root": root,
        "images": tmp_path / "images",
        "labels": tmp_path / "labels",
        "threads": 2,
    }


def stop_at(job: dict[str, Any], rejects: int, **options: Any) -> None:
    with pytest.raises(ImageError, match=f"stopped after {rejects} bad images"):
        convert(**job, max_bad=rejects, **options)


def appear(job: dict[str, Any], name: str) -> None:
    shutil.copy(job["root"] / "a.png", job["root"] / name)


def finish(job: dict[str, Any], **options: Any) -> list[dict[str, bytes]]:
    convert(**job, **options)
    return pair_bytes(job["images"], job["labels"])


def unbroken(job: dict[str, Any], folder: Path) -> list[dict[str, bytes]]:
    for name in STOPS.values():
        appear(job, name)
    files = finish(job | {"images": folder / "whole images", "labels": folder / "whole labels"})
    for name in STOPS.values():
        (job["root"] / name).unlink()
    return files


def test_stopped_twice_it_ends_with_the_same_bytes(job: dict[str, Any], tmp_path: Path) -> None:
    wanted = unbroken(job, tmp_path)
    stop_at(job, 6)
    appear(job, STOPS[1500])
    stop_at(job, 7, resume=True)
    appear(job, STOPS[2600])
    report = convert(**job, resume=True)
    assert (report.total, report.converted, report.rejected) == (RECORDS, RECORDS - 7, 7)
    assert report.resumed_at >= 2000
    assert pair_bytes(job["images"], job["labels"]) == wanted


@pytest.mark.parametrize("commits_behind", [1, 2])
def test_a_label_db_that_is_behind_catches_up_with_the_image_db(
    job: dict[str, Any], tmp_path: Path, commits_behind: int
) -> None:
    """A kill can put it one commit behind, the end of the machine more."""
    wanted = unbroken(job, tmp_path)
    labels = tmp_path / "labels.partial/data.mdb"
    stop_at(job, 6)
    before = labels.read_bytes()
    appear(job, STOPS[1500])
    stop_at(job, 7, resume=True)
    appear(job, STOPS[2600])
    if commits_behind == 1:
        labels.write_bytes(before)
    else:
        labels.unlink()
    assert finish(job, resume=True) == wanted


def cut_last_line(journal: Path) -> None:
    journal.write_bytes(journal.read_bytes()[:-30])


def add_torn_line(journal: Path) -> None:
    with journal.open("ab") as file:
        file.write(b'{"next_index": 99')


def test_a_torn_journal_line_is_no_line(job: dict[str, Any], tmp_path: Path) -> None:
    wanted = unbroken(job, tmp_path)
    stop_at(job, 6)
    add_torn_line(tmp_path / "images.partial/journal")
    for name in STOPS.values():
        appear(job, name)
    assert finish(job, resume=True) == wanted


def overwrite_bytes(path: Path) -> None:
    """Into the last page, which is a leaf: the pages of the meta data and the root stay."""
    data = bytearray(path.read_bytes())
    data[-40:-20] = bytes(20)
    path.write_bytes(data)


DAMAGE: dict[str, tuple[str, Callable[[Path], object]]] = {
    "no journal": ("images.partial/journal", Path.unlink),
    "journal cut": ("images.partial/journal", cut_last_line),
    "journal of anything": ("images.partial/journal", lambda path: path.write_text("[1]\n{}\n")),
    "images changed": ("images.partial/data.mdb", overwrite_bytes),
    "labels changed": ("labels.partial/data.mdb", overwrite_bytes),
    "images cut": ("images.partial/data.mdb", lambda path: os.truncate(path, 9000)),
    "labels cut": ("labels.partial/data.mdb", lambda path: os.truncate(path, 9000)),
    "images no LMDB": ("images.partial/data.mdb", lambda path: path.write_bytes(b"x" * 20000)),
    "job of anything": ("images.partial/job.json", lambda path: path.write_text("[]")),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_refused_and_overwrite_helps(
    job: dict[str, Any], tmp_path: Path, damage: str
) -> None:
    wanted = unbroken(job, tmp_path)
    stop_at(job, 6)
    for name in STOPS.values():
        appear(job, name)
    damaged, spoil = DAMAGE[damage]
    spoil(tmp_path / damaged)
    with pytest.raises(Error) as caught:
        convert(**job, resume=True)
    assert isinstance(caught.value, DatabaseError | OutputError)
    assert damaged.partition("/")[0] in caught.value.message
    assert not job["images"].exists()
    assert finish(job, overwrite=True) == wanted


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"gray": True}, "gray is true, was false"),
        ({"resize": (8, 9)}, "resize_width is 8, was 0"),
        ({"encoded": True}, "encoded is true, was false"),
        ({"encode_type": "png"}, "encoded is true, was false"),
        ({"check_size": True}, "check_size is true, was false"),
        ({"label_shape": (1, 2, 1)}, r"label_shape is \[1,2,1\], was \[2,1,1\]"),
        ({"shuffle": True}, "shuffle is true, was false"),
        ({"ramps": True}, "ramps is true, was false"),
        ({"canary": True}, "canary is true, was false"),
        ({"root": "elsewhere"}, 'root is "elsewhere", was '),
        ({"records": (["a.png"], [[1, 2]])}, "list_digest is "),
        ({"records": (["a.png"], [[1]])}, "list_digest is "),
        (
            {"records": ([["a.png", "a.png"]], [[1, 2]]), "images_per_record": 2},
            "images_per_record is 2, was 1",
        ),
    ],
)
@pytest.mark.parametrize("job", [1], indirect=True)
def test_other_options_are_refused_by_name(
    job: dict[str, Any], tmp_path: Path, change: dict[str, Any], said: str
) -> None:
    stop_at(job, 6)
    said = f"images.partial: holds another conversion \\({said}.*; start over with --overwrite"
    with pytest.raises(OutputError, match=said):
        convert(**(job | change), resume=True)
    with pytest.raises(OutputError, match=r"unfinished conversion .* with --resume, or start over"):
        convert(**job)
    assert names_in(tmp_path) == ["images.partial", "labels.partial", "root"]


def test_a_seed_counts_only_when_it_shuffles(image_folder: ImageFolder, tmp_path: Path) -> None:
    job: Any = {
        "records": (image_folder.names, list(range(12))),
        "root": image_folder.folder,
        "images": tmp_path / "images",
        "labels": tmp_path / "labels",
    }
    convert(**job, seed=1)
    assert convert(**job, seed=2, threads=7, max_bad=5, resume=True).already_complete
    convert(**job, seed=1, shuffle=True, overwrite=True)
    with pytest.raises(OutputError, match=r"images: holds another .*seed is 2, was 1"):
        convert(**job, seed=2, shuffle=True, resume=True)


def test_a_complete_pair_is_left_as_it_is(
    run_command: RunCommand, image_folder: ImageFolder, tmp_path: Path
) -> None:
    (tmp_path / "list.txt").write_text("\n".join([*image_folder.lines, "absent.png 1 2"]))
    arguments = [image_folder.folder, "list.txt", "images", "labels", "--resume", "--json"]
    first = run_command("convert_multilabel", *arguments)
    files = [tmp_path / folder / "data.mdb" for folder in ("images", "labels")]
    before = [(path.stat().st_ino, path.stat().st_mtime_ns) for path in files]
    again = run_command("convert_multilabel", *arguments)
    assert (first.returncode, again.returncode) == (3, 3)
    assert first.stderr == again.stderr
    assert [(path.stat().st_ino, path.stat().st_mtime_ns) for path in files] == before
    one, other = json.loads(first.stdout), json.loads(again.stdout)
    assert (one["already_complete"], other["already_complete"]) == (False, True)
    same = ["total", "converted", "rejected", "image_bytes", "label_bytes", "rejects_path"]
    assert [one[key] for key in same] == [other[key] for key in same]


def test_a_pair_of_strangers_is_not_complete(image_folder: ImageFolder, tmp_path: Path) -> None:
    job: Any = {"root": image_folder.folder, "resume": True}
    for name, labels in (("one", [1, 2]), ("other", [3, 4])):
        convert(
            (image_folder.names[:2], labels),
            images=tmp_path / f"{name} images",
            labels=tmp_path / f"{name} labels",
            **job,
        )
    mixed: Any = {"images": tmp_path / "one images", "labels": tmp_path / "other labels"}
    with pytest.raises(OutputError, match="their manifests differ"):
        convert((image_folder.names[:2], [1, 2]), **mixed, **job)
    (tmp_path / "one images/manifest.json").unlink()
    mixed["labels"] = tmp_path / "one labels"
    with pytest.raises(Error, match="one images"):
        convert((image_folder.names[:2], [1, 2]), **mixed, **job)
