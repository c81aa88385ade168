"""Files that appear whole or not at all, one or several together."""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from caffe_multilabel.errors import Error, OutputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

__all__ = [
    "check_targets",
    "make_folder",
    "opened",
    "replacing",
    "write_bytes",
    "write_together",
]


def write_bytes(path: str | os.PathLike[str], content: bytes) -> None:
    """Write a file whole or not at all; one that is there is replaced.

    Raises:
        OutputError: the file cannot be written.
    """
    write_together({path: content})


def write_together(
    contents: Mapping[str | os.PathLike[str], bytes], *, overwrite: bool = True
) -> None:
    """Write files, all of them or none.

    Args:
        contents: what to write to each path.
        overwrite: replace files that are there.

    Raises:
        OutputError: one cannot be written, or is there; then the old files are there as before.
    """
    with replacing(list(contents)) as news:
        check_targets(contents, overwrite=overwrite)  # another run may have ended meanwhile
        for new, content in zip(news, contents.values(), strict=True):
            with opened(new) as file:
                file.write(content)


@contextlib.contextmanager
def replacing(
    paths: Sequence[str | os.PathLike[str]],
    *,
    superseded: Iterable[str | os.PathLike[str]] = (),
) -> Iterator[list[Path]]:
    """Hand out a path to write to for each file, and put the files in their places together.

    What is written stands beside its place as `.<name>.new` until the body has ended well and all
    of it is on the disk. Of several files, all old ones are moved away before the first new one
    gets its name, so that a kill never leaves a file of this set beside one of another; they are
    then `.<name>.old`. The first new file is locked, and gets its name last; under that name it
    stays locked until the old ones are gone or back. Who writes the same set meanwhile is refused,
    so that a set is never of two runs. A file that ends here has the permissions of any new file,
    and takes the place of a link, not of what the link points to.

    Args:
        paths: the files; their folders must be there.
        superseded: other files of an older set, which go when the new ones come. Not looked through
            before that, so an iterator can find those that came meanwhile.

    Raises:
        OutputError: the files cannot be written, or another run writes them. Then, as after any
            other exception and Ctrl-C, the old files are there as before.
    """
    targets = [_target(path) for path in paths]
    gone = dict.fromkeys(targets)
    news = [_new(path) for path in targets]
    moved: list[Path] = []
    placed: list[Path] = []
    with _locked(news[0], targets) as lock:
        try:
            yield news
            for new in news:
                _sync(new)
            gone |= dict.fromkeys(map(Path, superseded))
            if len(gone) > 1:  # the rename of a single file replaces the old one at once
                for path in filter(os.path.lexists, gone):
                    path.replace(_old(path))
                    moved.append(path)
            for new, path in reversed(list(zip(news, targets, strict=True))):
                placed.append(path)  # first: Ctrl-C may come between the two
                new.replace(path)
            for folder in {path.parent for path in gone}:
                _sync(folder)
        except BaseException as error:
            _undo(lock, news, moved, placed if len(gone) > 1 else [])
            if isinstance(error, OSError):
                raise _refused(error, targets) from error
            if isinstance(error, Error):
                _name_target(error, targets)
            raise
        for path in moved:
            with contextlib.suppress(OSError):
                _old(path).unlink()


@contextlib.contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """Open a file that `replacing` handed out; an error on the way names it, as one of several."""
    try:
        with path.open("wb") as file:
            yield file
    except OSError as error:
        error.filename = error.filename or os.fspath(path)
        raise


def check_targets(paths: Iterable[str | os.PathLike[str]], *, overwrite: bool) -> None:
    """See that files can be put at these paths, before any work is done for them.

    Raises:
        OutputError: one is there already, or is a folder.
    """
    for path in paths:
        if Path(path).is_dir():
            raise OutputError(f"{path}: is a folder", path=os.fspath(path))
        if os.path.lexists(path) and not overwrite:
            raise OutputError(
                f"{path}: is there already; overwrite replaces it", path=os.fspath(path)
            )


def make_folder(folder: str | os.PathLike[str]) -> None:
    """Make a folder and those above it, if they are not there.

    Raises:
        OutputError: it cannot be made.
    """
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"{folder}: cannot be written: {error.strerror}", path=os.fspath(folder)
        ) from error


def check_folder(folder: str | os.PathLike[str]) -> None:
    """See that a folder can be written to, or made; nothing is.

    Raises:
        OutputError: it cannot.
    """
    wanted = Path(folder)
    there = next(path for path in (wanted, *wanted.absolute().parents) if path.exists())
    problem = _refusal(there)
    if problem:
        raise OutputError(f"{folder}: cannot be written: {problem}", path=os.fspath(folder))


def check_appendable(path: str | os.PathLike[str]) -> None:
    """See that lines can be added to a file, which may not be there yet; nothing is written.

    Raises:
        OutputError: they cannot.
    """
    file = Path(path)
    if file.is_dir():
        problem = "is a folder"
    elif file.exists():
        problem = "" if os.access(file, os.W_OK) else "Permission denied"
    else:
        problem = _refusal(file.parent)
    if problem:
        raise OutputError(f"{path}: cannot be written: {problem}", path=os.fspath(path))


def _refusal(folder: Path) -> str:
    """Say why nothing can be put into a folder; empty where it can."""
    if not folder.exists():
        return f"there is no folder {folder}"
    if not folder.is_dir():
        return f"{folder} is no folder"
    return "" if os.access(folder, os.W_OK | os.X_OK) else f"{folder} cannot be written to"


def _target(path: str | os.PathLike[str]) -> Path:
    """Return a path at which a file can be put."""
    target = Path(path)
    try:
        problem = _problem(target)
    except OSError as error:
        problem = error.strerror
    if problem:
        raise OutputError(f"{path}: cannot be written: {problem}", path=os.fspath(path))
    return target


def _problem(path: Path) -> str | None:
    try:
        encoded = os.fsencode(path)
    except UnicodeEncodeError:
        encoded = b"\0"
    if not path.name or b"\0" in encoded:
        return "is no name of a file"
    if path.is_dir():
        return "is a folder"
    if path.exists() and not path.is_file():  # such as /dev/stdout
        return "is no regular file"
    return None


def _new(path: Path) -> Path:
    return path.with_name(f".{path.name}.new")


def _old(path: Path) -> Path:
    return path.with_name(f".{path.name}.old")


@contextlib.contextmanager
def _locked(new: Path, targets: Sequence[Path]) -> Iterator[int]:
    """Make and lock a new file, which stands for a set of targets; give its descriptor.

    Raises:
        OutputError: another run has the lock, or the file cannot be made.
    """
    try:
        _check_unlocked(targets[0])
        descriptor = _open_locked(new)
        try:
            # The lock of another run may have got its name before this one was made.
            _check_unlocked(targets[0])
        except BaseException:
            new.unlink(missing_ok=True)
            os.close(descriptor)
            raise
    except BlockingIOError as error:
        where = os.fspath(targets[0])
        raise OutputError(f"{where}: another run is writing to it", path=where) from error
    except OSError as error:
        raise _refused(error, targets) from error
    try:
        yield descriptor
    finally:
        fcntl.flock(descriptor, fcntl.LOCK_UN)  # for processes, too, that were forked meanwhile
        os.close(descriptor)


def _check_unlocked(target: Path) -> None:
    """Raise `BlockingIOError` where the file at a target is the lock of a run that is ending."""
    try:
        descriptor = os.open(target, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:  # there is none, or it is not ours to read
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    finally:
        os.close(descriptor)


def _open_locked(path: Path) -> int:
    """Open and lock the file that stands at a path; one that was there may go to its target."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_open_as(descriptor, path):
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _is_open_as(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _undo(lock: int, news: Sequence[Path], moved: Iterable[Path], placed: Iterable[Path]) -> None:
    """Put everything back; the file that is the lock goes last, so that nobody comes between."""
    locks = [path for path in (news[0], *placed) if _is_open_as(lock, path)]
    for path in (*news[1:], *placed):
        if path not in locks:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
    for path in sorted(moved, key=locks.__contains__):
        _old(path).replace(path)  # which ends the lock where that has this name
    for path in locks:
        if _is_open_as(lock, path):
            with contextlib.suppress(OSError):
                path.unlink()


def _name_target(error: Error, targets: Sequence[Path]) -> None:
    """Let an error that names the file beside a target name the target."""
    for path in targets:
        new = os.fspath(_new(path))
        if error.path == new:
            error.message = error.message.replace(new, os.fspath(path))
            error.path, error.args = os.fspath(path), (error.message,)


def _refused(error: OSError, targets: Sequence[Path]) -> OutputError:
    """Make an error that names its file: the user knows nothing of the names beside it."""
    own = {os.fspath(name(path)): path for path in targets for name in (_new, _old)}
    filename = error.filename
    found = own.get(os.fsdecode(filename)) if isinstance(filename, str | bytes) else None
    where = os.fspath(found or filename or targets[0])
    return OutputError(
        f"{where}: cannot be written: {error.strerror or error}", path=os.fsdecode(where)
    )
