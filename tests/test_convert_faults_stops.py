"""Conversions that are killed or interrupted: nothing half is published, nothing is lost."""

from __future__ import annotations

import random
import shutil
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from caffe_multilabel import Cancelled, convert
from command_tools import names_in, run, start
from lmdb_tools import pair_bytes, records

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from command_tools import RunCommand
    from image_tools import ImageFolder

FLAGS = ["--threads=1", "--resize_width=128", "--resize_height=96", "--quiet"]
REJECTS = 3


class Unbroken:
    """A conversion that ran to its end, for others to equal; of one image a record, or of two."""

    def __init__(self, image_folder: ImageFolder, folder: Path, images: int) -> None:
        self.images_per_record = images
        flags = [*FLAGS, f"--images_per_record={images}"]
        self.arguments = [*flags, image_folder.folder, folder / "list.txt", "images", "labels"]
        image_folder.write_list(folder / "list.txt", images)
        begin = time.monotonic()
        done = run("convert_multilabel", *self.arguments, cwd=folder)
        self.seconds = time.monotonic() - begin
        assert done.returncode == REJECTS, done.stderr
        self.files = pair_bytes(folder / "images", folder / "labels")
        self.images = records(folder / "images")


@pytest.fixture(scope="module", params=[1, 2])
def unbroken(
    slow_image_folder: ImageFolder,
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> Unbroken:
    folder = tmp_path_factory.mktemp("unbroken")
    return Unbroken(slow_image_folder, folder, request.param)


def published(folder: Path) -> set[str]:
    return {name for name in ("images", "labels") if (folder / name).exists()}


def is_between_the_renames(folder: Path) -> bool:
    """Whether the image DB has its name and the label DB is complete, and still to be renamed."""
    return published(folder) == {"images"} and (folder / "labels.partial/manifest.json").exists()


def await_work(command: subprocess.Popen[str], folder: Path) -> None:
    """Waits until a conversion writes, or has ended: before that Python starts."""
    while command.poll() is None and not (folder / "images.partial/data.mdb").exists():
        time.sleep(0.002)


def assert_whole(unbroken: Unbroken, folder: Path) -> None:
    """The pair is the unbroken one; it is taken away for the next conversion."""
    # Killed between the renames and the removal of the locks, which the next run would do.
    for name in ("images", "labels"):
        (folder / name / ".lock").unlink(missing_ok=True)
    assert pair_bytes(folder / "images", folder / "labels") == unbroken.files
    shutil.rmtree(folder / "images")
    shutil.rmtree(folder / "labels")


def test_killed_at_thirty_random_moments(unbroken: Unbroken, tmp_path: Path) -> None:
    """Three conversions, each killed ten times on its way, then left to end; one of two images."""
    moments = random.Random(20)
    for _ in range(3 if unbroken.images_per_record == 1 else 1):
        kills = 0
        while kills < 10:
            command = start("convert_multilabel", "--resume", *unbroken.arguments, cwd=tmp_path)
            await_work(command, tmp_path)
            time.sleep(moments.uniform(0, 0.7 * unbroken.seconds))
            command.kill()
            command.communicate()
            kills += command.returncode == -signal.SIGKILL
            # No file system renames two folders at once: docs/en/format.md, "A conversion that was
            # stopped". The next run does the second rename.
            if is_between_the_renames(tmp_path):
                assert records(tmp_path / "images") == unbroken.images
                continue
            assert published(tmp_path) in (set(), {"images", "labels"})
            if published(tmp_path):
                assert_whole(unbroken, tmp_path)
        done = run("convert_multilabel", "--resume", *unbroken.arguments, cwd=tmp_path)
        assert done.returncode == REJECTS, done.stderr
        assert names_in(tmp_path) == ["images", "labels"]
        assert_whole(unbroken, tmp_path)


def test_killed_while_it_overwrites(
    unbroken: Unbroken, tmp_path: Path, image_folder: ImageFolder
) -> None:
    image_folder.write_list(tmp_path / "old.txt")
    run("convert_multilabel", image_folder.folder, "old.txt", "images", "labels", cwd=tmp_path)
    old = pair_bytes(tmp_path / "images", tmp_path / "labels")
    with start("convert_multilabel", "--overwrite", *unbroken.arguments, cwd=tmp_path) as command:
        while not (tmp_path / "images.partial/data.mdb").exists():
            assert command.poll() is None
            time.sleep(0.002)
        command.kill()
    assert pair_bytes(tmp_path / "images", tmp_path / "labels") == old
    done = run("convert_multilabel", "--resume", *unbroken.arguments, cwd=tmp_path)
    assert (done.returncode, "--resume --overwrite goes on" in done.stderr) == (1, True)
    done = run("convert_multilabel", "--resume", "--overwrite", *unbroken.arguments, cwd=tmp_path)
    assert done.returncode == REJECTS
    assert pair_bytes(tmp_path / "images", tmp_path / "labels") == unbroken.files
    assert names_in(tmp_path) == ["images", "labels", "old.txt"]


def test_ctrl_c_ends_with_130_and_the_rest_is_done_later(
    unbroken: Unbroken, tmp_path: Path
) -> None:
    with start("convert_multilabel", *unbroken.arguments, cwd=tmp_path) as command:
        while not (tmp_path / "images.partial/data.mdb").exists():
            assert command.poll() is None
            time.sleep(0.002)
        command.send_signal(signal.SIGINT)
        _, said = command.communicate(timeout=60)
    assert (command.returncode, said) == (130, "convert_multilabel: interrupted\n")
    assert published(tmp_path) == set()
    done = run("convert_multilabel", "--resume", *unbroken.arguments, cwd=tmp_path)
    assert done.returncode == REJECTS
    assert pair_bytes(tmp_path / "images", tmp_path / "labels") == unbroken.files


class StopError(Exception):
    """What a program's own callback raises."""


def raise_stop(_: object) -> bool:
    raise StopError


@pytest.mark.parametrize(
    ("callback", "wanted"), [(lambda _: False, Cancelled), (raise_stop, StopError)]
)
def test_a_callback_ends_it_and_leaves_no_thread(
    slow_image_folder: ImageFolder,
    tmp_path: Path,
    callback: Callable[[object], bool],
    wanted: type[Exception],
) -> None:
    options: Any = {
        "records": (slow_image_folder.names, list(range(240))),
        "root": slow_image_folder.folder,
        "images": tmp_path / "images",
        "labels": tmp_path / "labels",
        "threads": 5,
    }
    threads = len(names_in(Path("/proc/self/task")))
    with pytest.raises(wanted):
        convert(**options, progress=callback)
    assert len(names_in(Path("/proc/self/task"))) == threads
    assert published(tmp_path) == set()
    seen: list[Any] = []
    report = convert(**options, resume=True, progress=seen.append)
    assert (report.converted, report.rejected) == (238, 2)
    assert (seen[-1].done, seen[-1].total, seen[-1].rejected) == (240, 240, 2)
    assert {state.resumed_at for state in seen} == {report.resumed_at}
    assert [state.done for state in seen] == sorted(state.done for state in seen)


def leave_both_complete(folder: Path) -> None:
    for name in ("images", "labels"):
        (folder / name).rename(folder / f"{name}.partial")


def leave_labels_behind(folder: Path) -> None:
    (folder / "labels").rename(folder / "labels.partial")


def leave_old_ones(folder: Path) -> None:
    leave_both_complete(folder)
    for name in ("images", "labels"):
        (folder / f"{name}.partial.old").mkdir()
        (folder / f"{name}.partial.old/data.mdb").write_bytes(b"of the pair before")


def leave_traces(folder: Path) -> None:
    for name in ("images", "labels"):
        (folder / name / ".lock").touch()
    (folder / "labels.partial.old").mkdir()


@pytest.mark.parametrize(
    "leave", [leave_both_complete, leave_labels_behind, leave_old_ones, leave_traces]
)
def test_killed_while_it_publishes(
    run_command: RunCommand,
    image_folder: ImageFolder,
    tmp_path: Path,
    leave: Callable[[Path], None],
) -> None:
    """No random moment falls between two renames, so these states are made by hand."""
    image_folder.write_list(tmp_path / "list.txt")
    arguments = [image_folder.folder, "list.txt", "images", "labels"]
    run_command("convert_multilabel", *arguments)
    before = pair_bytes(tmp_path / "images", tmp_path / "labels")
    leave(tmp_path)
    plain = run_command("convert_multilabel", *arguments)
    assert plain.returncode == 1
    done = run_command("convert_multilabel", "--resume", *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "12 records in images and labels, complete before this run\n"
    assert pair_bytes(tmp_path / "images", tmp_path / "labels") == before
    assert names_in(tmp_path) == ["images", "labels", "list.txt"]
