"""Relabellings that are killed, refused or run at once: old labels or new ones, never between."""

from __future__ import annotations

import fcntl
import json
import random
import shutil
import signal
import time
from pathlib import Path

import pytest

from caffe_multilabel import verify
from caffe_multilabel.data.relabel import relabel
from caffe_multilabel.errors import DatabaseError, ListError, OutputError
from command_tools import start
from lmdb_tools import folder_bytes, records
from relabel_tools import Pair, Rows, make_pair, snapshot, write_list

RECORDS = 10_000
OLD: Rows = [("a.png", [0]), ("b.png", [1])]
NEW: Rows = [("a.png", [5]), ("b.png", [6])]


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    return make_pair(tmp_path, OLD)


def is_new(pair: Pair) -> bool:
    return [row for _, row in pair.label_rows()] == [row for _, row in NEW]


def assert_only_the_pair(pair: Pair) -> None:
    folders = sorted(path.name for path in pair.root.iterdir() if path.is_dir())
    assert folders == ["images", "labels"]


def test_killed_at_random_moments(tmp_path: Path) -> None:
    """The label DB is wholly old or wholly new after a kill, and the next run gets it right."""
    lists: list[Rows] = [[("a.png", [value])] * RECORDS for value in (0, 1)]
    pair = make_pair(tmp_path, lists[0])
    paths = [write_list(tmp_path / f"{name}.txt", rows) for name, rows in enumerate(lists)]
    wholes = [records(pair.labels)]
    begin = time.monotonic()
    relabel(pair.labels, paths[1], images=pair.images)
    work_seconds = time.monotonic() - begin
    wholes.append(records(pair.labels))
    moments = random.Random(4)
    kills, now = 0, 1
    for _ in range(8):
        arguments = (pair.labels, paths[1 - now], "--images", pair.images)
        command = start("caffe-multilabel", "relabel", *arguments, cwd=tmp_path)
        while command.poll() is None and not (tmp_path / "labels.relabel").exists():
            time.sleep(0.001)  # until Python has started
        time.sleep(moments.uniform(0, 1.2 * work_seconds))
        command.kill()
        command.communicate()
        kills += command.returncode == -signal.SIGKILL
        if pair.labels.exists():
            now = wholes.index(records(pair.labels))
        else:
            assert records(tmp_path / "labels.relabel.old") == wholes[now]
        if moments.random() < 0.5:
            relabel(pair.labels, paths[1 - now], images=pair.images)
            now = 1 - now
            assert records(pair.labels) == wholes[now]
            assert verify(pair.images, pair.labels, records=paths[now]).ok
    assert kills
    relabel(pair.labels, paths[0], images=pair.images)
    assert records(pair.labels) == wholes[0]
    assert_only_the_pair(pair)


def test_state_before_publishing(pair: Pair) -> None:
    work = pair.root / "labels.relabel"
    work.mkdir()
    (work / "data.mdb").write_bytes(b"half of it")
    assert not is_new(pair)
    relabel(pair.labels, NEW)
    assert is_new(pair)
    assert_only_the_pair(pair)


def stop_between_the_renames(pair: Pair) -> None:
    shutil.copytree(pair.labels, pair.root / "labels.relabel")
    pair.labels.rename(pair.root / "labels.relabel.old")


def test_state_between_the_two_renames(pair: Pair) -> None:
    stop_between_the_renames(pair)
    with pytest.raises(DatabaseError, match="labels"):
        relabel(pair.labels, NEW, dry_run=True)
    relabel(pair.labels, NEW)
    assert is_new(pair)
    assert_only_the_pair(pair)


def test_state_between_the_two_renames_when_the_next_run_fails(pair: Pair) -> None:
    before = folder_bytes(pair.labels)
    stop_between_the_renames(pair)
    with pytest.raises(ListError, match="no line of its own"):
        relabel(pair.labels, NEW[:1])
    assert folder_bytes(pair.labels) == before
    assert_only_the_pair(pair)


def test_state_after_the_two_renames(pair: Pair) -> None:
    old = pair.root / "labels.relabel.old"
    shutil.copytree(pair.labels, old)
    relabel(pair.labels, NEW)
    assert is_new(pair)
    assert_only_the_pair(pair)


def test_state_before_the_image_manifest(pair: Pair) -> None:
    manifest = pair.images / "manifest.json"
    before = manifest.read_bytes()
    relabel(pair.labels, NEW, images=pair.images)
    after = manifest.read_bytes()
    manifest.write_bytes(before)
    report = relabel(pair.labels, NEW, images=pair.images)
    assert (report.changed_records, report.image_manifest_written) == (0, True)
    assert manifest.read_bytes() == after
    assert verify(pair.images, pair.labels, records=NEW).digests_checked


def test_image_db_that_cannot_be_written(pair: Pair) -> None:
    (pair.images / "manifest.json.new").mkdir()  # in the way, as a read-only folder is for others
    before = snapshot(pair.images)
    report = relabel(pair.labels, NEW, images=pair.images)
    assert not report.image_manifest_written
    assert is_new(pair)
    assert snapshot(pair.images) == before


def test_conversion_in_progress_keeps_it_out(pair: Pair) -> None:
    partial = pair.root / "labels.partial"
    partial.mkdir()
    with (partial / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(OutputError, match="a conversion or another relabelling is writing"):
            relabel(pair.labels, NEW)
    relabel(pair.labels, NEW)  # the lock of a process that is no more
    assert_only_the_pair(pair)


def test_unfinished_conversion_keeps_it_out(pair: Pair) -> None:
    shutil.copytree(pair.labels, pair.root / "labels.partial")
    before = snapshot(pair.root)
    with pytest.raises(OutputError, match=r"an unfinished conversion is in .*labels\.partial"):
        relabel(pair.labels, NEW)
    after = snapshot(pair.root)
    assert after.pop("labels.partial/.lock", b"") == b""
    assert after == before


def test_two_at_once(tmp_path: Path) -> None:
    """Both may do their work one after the other, or one is refused; the DB is that of one."""
    pair = make_pair(tmp_path, [("a.png", [0])] * RECORDS)
    lists = [
        write_list(tmp_path / f"{value}.txt", [("a.png", [value])] * RECORDS) for value in (1, 2)
    ]
    commands = [
        start("caffe-multilabel", "relabel", pair.labels, path, cwd=tmp_path) for path in lists
    ]
    ends = [(command.communicate()[1], command.returncode) for command in commands]
    assert any(code == 0 for _, code in ends), ends
    assert all(code == 0 or "is writing to it" in text for text, code in ends), ends
    assert len({tuple(row) for _, row in pair.label_rows()}) == 1
    assert_only_the_pair(pair)


def test_folder_with_other_files_is_left_alone(pair: Pair) -> None:
    (pair.labels / "notes.txt").write_text("mine")
    before = snapshot(pair.root)
    with pytest.raises(OutputError, match=r"holds notes\.txt"):
        relabel(pair.labels, NEW)
    assert snapshot(pair.root) == before


def test_link_to_a_label_db(pair: Pair) -> None:
    (pair.root / "disk").mkdir()
    pair.labels.rename(pair.root / "disk" / "real")
    pair.labels.symlink_to(Path("disk", "real"))
    relabel(pair.labels, NEW)
    assert pair.labels.is_symlink()
    assert is_new(pair)
    assert [path.name for path in (pair.root / "disk").iterdir()] == ["real"]


def test_interruption_leaves_the_old_labels(pair: Pair) -> None:
    before = snapshot(pair.root)

    def interrupt(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        relabel(pair.labels, NEW, images=pair.images, progress=interrupt)
    assert snapshot(pair.root) == before
    assert_only_the_pair(pair)


def test_newer_manifest_is_refused(pair: Pair) -> None:
    path = pair.labels / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": 2}))
    with pytest.raises(DatabaseError, match="newer version"):
        relabel(pair.labels, NEW)
