"""Files that appear whole or not at all."""

from __future__ import annotations

import fcntl
import os
import stat
from pathlib import Path

import pytest

from caffe_multilabel._base.files import (
    check_targets,
    make_folder,
    replacing,
    write_bytes,
    write_together,
)
from caffe_multilabel.errors import OutputError


def tree(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in sorted(folder.iterdir()) if path.is_file()}


@pytest.fixture
def old(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / name for name in "ab"]
    for path in paths:
        path.write_text(f"old {path.name}")
    return paths


def fail_at(monkeypatch: pytest.MonkeyPatch, source: str, error: BaseException) -> None:
    """Let the rename of a file fail."""
    real = Path.replace

    def replace(path: Path, target: Path) -> Path:
        if path.name == source:
            raise error
        return real(path, target)

    monkeypatch.setattr(Path, "replace", replace)


def test_a_file_is_replaced_and_has_the_usual_rights(tmp_path: Path) -> None:
    write_bytes(tmp_path / "a", b"first")
    (tmp_path / "plain").touch()
    write_bytes(str(tmp_path / "a"), b"second")
    assert tree(tmp_path) == {"a": "second", "plain": ""}
    modes = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert len(modes) == 1


def test_the_content_is_on_the_disk_before_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    real_sync, real_replace = os.fsync, Path.replace

    def fsync(descriptor: int) -> None:
        seen.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)
        real_sync(descriptor)

    def replace(path: Path, target: Path) -> Path:
        seen.append("rename")
        return real_replace(path, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(Path, "replace", replace)
    write_bytes(tmp_path / "a", b"x")
    assert seen == [".a.new", "rename", tmp_path.name]


def test_a_single_file_is_never_missing(
    old: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Path.replace

    def replace(path: Path, target: Path) -> Path:
        assert old[0].exists()
        return real(path, target)

    monkeypatch.setattr(Path, "replace", replace)
    write_bytes(old[0], b"new")
    assert tree(tmp_path) == {"a": "new", "b": "old b"}


def test_a_link_is_replaced_and_its_target_kept(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("kept")
    (tmp_path / "link").symlink_to("target")
    write_bytes(tmp_path / "link", b"new")
    assert not (tmp_path / "link").is_symlink()
    assert tree(tmp_path) == {"link": "new", "target": "kept"}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("folder", "is a folder"),
        ("nowhere/a", "No such file or directory"),
        ("file/a", "Not a directory"),
        ("fifo", "is no regular file"),
        ("a\0b", "is no name of a file"),
        ("\udcff\ud800", "is no name of a file"),
        ("x" * 300, "File name too long"),
    ],
)
def test_what_cannot_be_written_is_named(tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    os.mkfifo(tmp_path / "fifo")
    before = sorted(tmp_path.iterdir())
    with pytest.raises(OutputError) as caught:
        write_bytes(tmp_path / name, b"x")
    assert caught.value.message == f"{tmp_path / name}: cannot be written: {said}"
    assert caught.value.path == str(tmp_path / name)
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("path", ["", ".", "/"])
def test_a_name_is_needed(path: str) -> None:
    with pytest.raises(OutputError, match="cannot be written"):
        write_bytes(path, b"")


def test_files_are_replaced_together(old: list[Path], tmp_path: Path) -> None:
    write_together({old[0]: b"new a", tmp_path / "c": b"new c"})
    assert tree(tmp_path) == {"a": "new a", "b": "old b", "c": "new c"}


def test_superseded_files_go_with_the_old_ones(old: list[Path], tmp_path: Path) -> None:
    with replacing([tmp_path / "c"], superseded=old) as [new]:
        new.write_text("new")
        assert set(tree(tmp_path)) == {"a", "b", ".c.new"}
    assert tree(tmp_path) == {"c": "new"}


@pytest.mark.parametrize("moment", ["b", ".a.new", ".b.new"])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_failure_among_several_puts_everything_back(
    old: list[Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    moment: str,
    error: BaseException,
) -> None:
    before = tree(tmp_path)
    fail_at(monkeypatch, moment, error)
    expected = OutputError if isinstance(error, OSError) else KeyboardInterrupt
    with pytest.raises(expected):
        write_together(dict.fromkeys((*old, tmp_path / "c"), b"new"))
    assert tree(tmp_path) == before


def test_new_files_of_a_set_that_fails_are_taken_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_at(monkeypatch, ".b.new", OSError(5, "Input/output error", str(tmp_path / ".b.new")))
    with pytest.raises(OutputError) as caught:
        write_together({tmp_path / name: b"new" for name in "abc"})
    assert caught.value.message == f"{tmp_path / 'b'}: cannot be written: Input/output error"
    assert list(tmp_path.iterdir()) == []


def test_a_body_that_fails_leaves_nothing(old: list[Path], tmp_path: Path) -> None:
    before = tree(tmp_path)

    def fail() -> None:
        with replacing(old) as [first, _]:
            first.write_text("half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert tree(tmp_path) == before


def test_a_set_that_another_run_writes_is_refused(old: list[Path], tmp_path: Path) -> None:
    with replacing(old) as news:
        for new in news:
            new.write_text("first")
        for paths in (old, old[:1], [old[0], tmp_path / "c"]):
            with pytest.raises(OutputError, match="a: another run is writing to it") as caught:
                write_together(dict.fromkeys(paths, b"second"))
            assert caught.value.path == str(old[0])
        write_bytes(tmp_path / "d", b"of another set")
    assert tree(tmp_path) == {"a": "first", "b": "first", "d": "of another set"}
    write_together(dict.fromkeys(old, b"third"))
    assert set(tree(tmp_path).values()) == {"third", "of another set"}


def test_what_a_killed_run_left_locks_nothing(old: list[Path], tmp_path: Path) -> None:
    (tmp_path / ".a.new").write_text("longer than what comes")
    write_together(dict.fromkeys(old, b"new"))
    assert tree(tmp_path) == {"a": "new", "b": "new"}


def test_files_that_came_meanwhile_are_kept(old: list[Path], tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="b: is there already"):
        write_together({tmp_path / "c": b"new", old[1]: b"new"}, overwrite=False)
    assert tree(tmp_path) == {"a": "old a", "b": "old b"}


def test_targets_are_checked_before_the_work(old: list[Path], tmp_path: Path) -> None:
    check_targets(old, overwrite=True)
    check_targets([tmp_path / "c"], overwrite=False)
    with pytest.raises(OutputError, match="a: is there already; overwrite replaces it"):
        check_targets(old, overwrite=False)
    with pytest.raises(OutputError, match="is a folder"):
        check_targets([tmp_path], overwrite=True)


def test_a_folder_that_cannot_be_made_is_named(old: list[Path], tmp_path: Path) -> None:
    make_folder(tmp_path / "new" / "inner")
    make_folder(tmp_path / "new" / "inner")
    for folder in (old[0], old[0] / "inner"):
        with pytest.raises(OutputError, match="cannot be written") as caught:
            make_folder(folder)
        assert caught.value.path == str(folder)


def start_second(old: list[Path]) -> None:
    """Write the set that another run has not left yet."""
    with pytest.raises(OutputError, match="a: another run is writing to it") as caught:
        write_together(dict.fromkeys(old, b"second"))
    assert caught.value.path == str(old[0])


def test_a_run_that_clears_up_is_not_over(
    old: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its last rename its lock has another name; a second run's old files have the same."""
    real = Path.unlink
    tried: list[str] = []

    def unlink(path: Path, missing_ok: bool = False) -> None:
        if path.name.endswith(".old") and path.name not in tried:
            tried.append(path.name)
            start_second(old)
        real(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", unlink)
    write_together(dict.fromkeys(old, b"first"))
    assert tried == [".a.old", ".b.old"]
    monkeypatch.undo()
    assert tree(tmp_path) == {"a": "first", "b": "first"}
    write_together(dict.fromkeys(old, b"second"))
    assert tree(tmp_path) == {"a": "second", "b": "second"}


@pytest.mark.parametrize("there", [["a", "b"], ["b"], ["a"], []])
@pytest.mark.parametrize("moment", ["sync", ".a.new", ".b.new"])
def test_a_run_that_puts_back_is_not_over(
    old: list[Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    moment: str,
    there: list[str],
) -> None:
    for path in old:
        if path.name not in there:
            path.unlink()
    before = tree(tmp_path)
    if moment == "sync":  # of the folder, when all files are in their places
        real_sync = os.fsync

        def fsync(descriptor: int) -> None:
            if Path(f"/proc/self/fd/{descriptor}").resolve() == tmp_path.resolve():
                raise OSError(5, "Input/output error")
            real_sync(descriptor)

        monkeypatch.setattr(os, "fsync", fsync)
    else:
        fail_at(monkeypatch, moment, OSError(5, "Input/output error"))
    renaming, unlinking = Path.replace, Path.unlink
    tried = 0

    def replace(path: Path, target: Path) -> Path:
        nonlocal tried
        if path.name.endswith(".old"):
            tried += 1
            start_second(old)
        return renaming(path, target)

    def unlink(path: Path, missing_ok: bool = False) -> None:
        nonlocal tried
        if path.exists():
            tried += 1
            start_second(old)
        unlinking(path, missing_ok)

    monkeypatch.setattr(Path, "replace", replace)
    monkeypatch.setattr(Path, "unlink", unlink)
    with pytest.raises(OutputError, match="Input/output error"):
        write_together(dict.fromkeys(old, b"first"))
    assert tried > 0
    monkeypatch.undo()
    assert tree(tmp_path) == before
    write_together(dict.fromkeys(old, b"second"))
    assert tree(tmp_path) == {"a": "second", "b": "second"}


def test_a_lock_that_gets_its_name_between_two_looks_is_seen(
    old: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first run's last rename comes after the second one has looked at the target."""
    real = os.open
    descriptors: list[int] = []

    def opened(path: Path, flags: int, mode: int = 0o777) -> int:
        if Path(path).name == ".a.new" and not descriptors:
            descriptors.append(real(old[0], os.O_RDWR))
            fcntl.flock(descriptors[0], fcntl.LOCK_EX)
        return real(path, flags, mode)

    monkeypatch.setattr(os, "open", opened)
    start_second(old)
    os.close(descriptors[0])
    assert tree(tmp_path) == {"a": "old a", "b": "old b"}


def test_a_descriptor_that_a_fork_copied_locks_nothing(old: list[Path], tmp_path: Path) -> None:
    with replacing(old) as news:
        for new in news:
            new.write_text("first")
        (lock,) = (
            int(link.name)
            for link in Path("/proc/self/fd").iterdir()
            if os.path.realpath(link) == os.path.realpath(news[0])
        )
        copied = os.dup(lock)
    write_together(dict.fromkeys(old, b"second"))
    os.close(copied)
    assert tree(tmp_path) == {"a": "second", "b": "second"}
