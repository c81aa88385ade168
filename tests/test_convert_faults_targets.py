"""Where a pair may be written: what is refused, what is left alone, what is replaced, and when."""

from __future__ import annotations

import os
import signal
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from caffe_multilabel import Error, ImageError, ListError, OptionError, OutputError, convert
from command_tools import names_in, start
from lmdb_tools import folder_bytes, pair_bytes, records

if TYPE_CHECKING:
    from collections.abc import Iterator

    from command_tools import RunCommand
    from image_tools import ImageFolder


def tree(folder: Path) -> dict[str, bytes | None]:
    """Everything below a folder: bytes of files, None for the rest."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }


@pytest.fixture
def source(image_folder: ImageFolder) -> dict[str, Any]:
    """What to convert; only the targets are left to choose."""
    return {"records": (image_folder.names[:3], [1, 2, 3]), "root": image_folder.folder}


@pytest.mark.parametrize(
    ("images", "labels", "said"),
    [
        ("db", "db", "the image DB and the label DB are the same path"),
        ("db", "./sub/../db", "the image DB and the label DB are the same path"),
        ("db", "link/db", "the image DB and the label DB are the same path"),
        ("db/", "{here}/db", "the image DB and the label DB are the same path"),
        ("sub", "sub/labels", "lies inside"),
        ("sub/images", "sub", "lies inside"),
        ("db", "", "the path of a DB is empty"),
        ("db", "db.partial", "names with this ending are for conversions that are not finished"),
        ("db.partial.old", "db", "names with this ending are for conversions that are not"),
        ("d\0b", "labels", "holds a zero byte"),
        ("file", "labels", "file: is there and is no folder"),
        ("images", "dangling", "dangling: is there and is no folder"),
        ("file/images", "labels", "its parent folder .*file is not there"),
        ("absent/images", "labels", "its parent folder .*absent is not there"),
        ("images", "/proc/no process/labels", "its parent folder /proc/no process is not there"),
        ("/proc/self/images", "labels", "/proc/self cannot be written|cannot be made"),
        ("x" * 250, "labels", "File name too long"),
        ("full", "labels", "full: exists; --overwrite replaces it"),
        ("images", "full", "full: exists; --overwrite replaces it"),
        (".", "labels", "is no name for a new folder"),
        ("/", "labels", "is no name for a new folder"),
    ],
)
def test_targets_that_are_refused(
    source: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    images: str,
    labels: str,
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    (tmp_path / "file").write_text("mine")
    (tmp_path / "link").symlink_to(".")
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "full").mkdir()
    (tmp_path / "full/data.mdb").write_text("mine")
    before = tree(tmp_path)
    with pytest.raises((OptionError, OutputError), match=said):
        convert(**source, images=images, labels=labels.format(here=tmp_path))
    assert tree(tmp_path) == before


@contextmanager
def as_nobody() -> Iterator[None]:
    """Give up what makes root pass every check of permissions, for a while."""
    if os.geteuid() != 0:
        yield
        return
    os.setresuid(65534, 65534, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user can reach, which `tmp_path` is not."""
    with tempfile.TemporaryDirectory() as made:
        Path(made).chmod(0o777)
        yield Path(made)


def test_a_parent_folder_that_may_not_be_written(open_folder: Path) -> None:
    locked = open_folder / "locked"
    locked.mkdir(mode=0o555)
    said = f"^{locked}/images: its parent folder {locked} cannot be written: Permission denied$"
    with as_nobody(), pytest.raises(OutputError, match=said):
        convert([("a.png", 1)], images=locked / "images", labels=open_folder / "labels")
    assert tree(open_folder) == {"locked": None}


def test_lists_and_images_that_may_not_be_read(
    image_folder: ImageFolder, open_folder: Path
) -> None:
    (open_folder / "a.png").write_bytes((image_folder.folder / "00.png").read_bytes())
    (open_folder / "list.txt").write_text("a.png 1\n")
    pair: Any = {"images": open_folder / "images", "labels": open_folder / "labels"}
    for name, kind, said in [
        ("a.png", ImageError, r"line 1, a\.png: cannot open .*/a\.png: Permission denied$"),
        ("list.txt", ListError, "list.txt: Permission denied$"),
    ]:
        (open_folder / name).chmod(0)
        with as_nobody(), pytest.raises(kind, match=said):
            convert(open_folder / "list.txt", root=open_folder, **pair)


def test_only_one_of_the_two_exists(source: dict[str, Any], tmp_path: Path) -> None:
    """The other path is not made absolute by being there; they were once taken for nested."""
    pair: Any = {"images": tmp_path / "images", "labels": tmp_path / "labels"}
    convert(**source, **pair)
    first = pair_bytes(pair["images"], pair["labels"])
    for name in ("images", "labels"):
        for path in (tmp_path / name).iterdir():
            path.unlink()
        (tmp_path / name).rmdir()
        here = Path.cwd()
        os.chdir(tmp_path)
        try:
            with pytest.raises(OutputError, match="exists; --overwrite replaces it"):
                convert(**source, images="images", labels="labels")
            convert(**source, images="images", labels="labels", overwrite=True)
        finally:
            os.chdir(here)
        assert pair_bytes(pair["images"], pair["labels"]) == first


def test_overwrite_replaces_only_what_a_converter_wrote(
    source: dict[str, Any], tmp_path: Path
) -> None:
    pair: Any = {"images": tmp_path / "images", "labels": tmp_path / "labels"}
    convert(**source, **pair)
    (tmp_path / "images/lock.mdb").write_bytes(b"as Caffe leaves it")
    source["records"] = (source["records"][0], [7, 8, 9])
    convert(**source, **pair, overwrite=True)
    assert set(folder_bytes(tmp_path / "images")) == {"data.mdb", "manifest.json"}
    (tmp_path / "labels/notes.txt").write_text("mine")
    before = tree(tmp_path)
    with pytest.raises(OutputError, match="labels: holds files that are not an LMDB's"):
        convert(**source, **pair, overwrite=True)
    assert tree(tmp_path) == before


@pytest.mark.parametrize("folder", ["images.partial", "labels.partial", "images.partial.old"])
@pytest.mark.parametrize("options", [{}, {"overwrite": True}, {"resume": True}])
def test_folders_with_names_like_ours_are_not_emptied(
    source: dict[str, Any], tmp_path: Path, folder: str, options: dict[str, Any]
) -> None:
    (tmp_path / folder).mkdir()
    (tmp_path / folder / "thesis.tex").write_text("mine")
    with pytest.raises(OutputError, match=f"{folder}: is in the way, and is no unfinished"):
        convert(**source, images=tmp_path / "images", labels=tmp_path / "labels", **options)
    assert tree(tmp_path) == {folder: None, f"{folder}/thesis.tex": b"mine"}


def test_a_failed_overwrite_leaves_the_old_pair(source: dict[str, Any], tmp_path: Path) -> None:
    pair: Any = {"images": tmp_path / "images", "labels": tmp_path / "labels"}
    convert(**source, **pair)
    before = tree(tmp_path)
    source["records"] = (["00.png", "absent.png"], [1, 2])
    with pytest.raises(ImageError):
        convert(**source, **pair, overwrite=True, on_bad_image="fail")
    assert tree(tmp_path) == before


def test_a_target_made_by_others_meanwhile_is_left_alone(
    slow_image_folder: ImageFolder, tmp_path: Path
) -> None:
    images, labels = tmp_path / "images", tmp_path / "labels"

    def make_the_target(_: object) -> None:
        labels.mkdir(exist_ok=True)
        (labels / "data.mdb").write_text("mine")

    options: Any = {
        "records": (slow_image_folder.names, [1] * 240),
        "root": slow_image_folder.folder,
        "images": images,
        "labels": labels,
        "resize": (8, 8),
    }
    with pytest.raises(OutputError, match="labels: was made by something else"):
        convert(**options, progress=make_the_target)
    assert not images.exists()
    assert tree(labels) == {"data.mdb": b"mine"}
    labels.rename(tmp_path / "moved")
    report = convert(**options, resume=True)
    assert report.already_complete
    assert len(records(images)) == len(records(labels)) == 238


def test_two_at_once_in_one_process(slow_image_folder: ImageFolder, tmp_path: Path) -> None:
    """A lock that only other processes saw would let threads spoil each other's DBs."""
    outcomes: list[str] = []

    def convert_once() -> None:
        try:
            convert(
                (slow_image_folder.names[:60], [1] * 60),
                root=slow_image_folder.folder,
                images=tmp_path / "images",
                labels=tmp_path / "labels",
                threads=1,
            )
            outcomes.append("done")
        except Error as error:
            outcomes.append(error.message.partition("labels: ")[2])

    threads = [threading.Thread(target=convert_once) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    busy = "another conversion is writing to it"
    assert sorted(outcomes) == [busy, busy, "done"]
    assert names_in(tmp_path) == ["images", "labels"]
    assert len(records(tmp_path / "images")) == 60


def test_two_at_once_in_two_processes(
    run_command: RunCommand, slow_image_folder: ImageFolder, tmp_path: Path
) -> None:
    slow_image_folder.write_list(tmp_path / "list.txt")
    arguments = ["--threads=1", slow_image_folder.folder, "list.txt", "images", "labels"]
    with start("convert_multilabel", *arguments, cwd=tmp_path) as first:
        while not (tmp_path / "images.partial/data.mdb").exists():
            assert first.poll() is None
            time.sleep(0.002)
        first.send_signal(signal.SIGSTOP)
        for flags in ([], ["--overwrite"], ["--resume"]):
            done = run_command("convert_multilabel", *flags, *arguments)
            wanted = "convert_multilabel: labels: another conversion is writing to it\n"
            assert (done.returncode, done.stderr) == (1, wanted)
        first.send_signal(signal.SIGCONT)
        assert first.wait(60) == 3
    assert names_in(tmp_path) == ["images", "labels", "list.txt"]


def test_a_slash_behind_the_targets(image_folder: ImageFolder, run_command: RunCommand) -> None:
    done = run_command(
        "convert_multilabel", image_folder.folder, "-", "images/", "./labels//",
        input="\n".join(image_folder.lines),
    )  # fmt: skip
    assert done.returncode == 0
    assert run_command("caffe-multilabel", "verify", "images", "labels").returncode == 0
