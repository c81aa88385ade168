"""Several files at once: all of them or none."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from caffe_multilabel.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["check_targets", "write_together"]


def check_targets(paths: list[Path], *, overwrite: bool) -> None:
    """See that files can be put at these paths.

    Raises:
        OutputError: one is there already, or is no file.
    """
    for path in paths:
        if path.is_dir():
            raise OutputError(f"{path}: is a folder", path=str(path))
        if os.path.lexists(path) and not overwrite:
            raise OutputError(f"{path}: is there already; overwrite replaces it", path=str(path))


def write_together(contents: Mapping[Path, bytes]) -> None:
    """Write files of one folder, in place of those that are there.

    Old files are all moved away before the first new one gets its name, so that a kill never leaves
    a file of this split beside one of another.

    Raises:
        OutputError: they cannot be written; then the old files are there as before.
    """
    moved: list[Path] = []
    try:
        for path, content in contents.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            with _new(path).open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        for path in contents:
            if os.path.lexists(path):
                path.replace(_old(path))
                moved.append(path)
        for path in contents:
            _new(path).replace(path)
    except OSError as error:
        for path in contents:
            with contextlib.suppress(OSError):
                _new(path).unlink(missing_ok=True)
        for path in moved:
            _old(path).replace(path)
        where = str(error.filename or next(iter(contents)))
        raise OutputError(f"{where}: {error.strerror}", path=where) from None
    for path in moved:
        _old(path).unlink(missing_ok=True)


def _new(path: Path) -> Path:
    return path.with_name(f".{path.name}.new")


def _old(path: Path) -> Path:
    return path.with_name(f".{path.name}.old")
