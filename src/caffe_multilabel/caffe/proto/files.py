"""Bytes of nets and messages, with errors that name the file."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from caffe_multilabel._base.arguments import instance_of
from caffe_multilabel.caffe.proto.characters import wide_encoding
from caffe_multilabel.errors import PrototxtError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from os import PathLike

__all__ = ["begins_with", "is_binary", "read_bytes"]

# No text editor writes these, and every binary net, solver state or blob holds one of them:
# the tags of `layer` (A2 06) and of `layers` (12) do.
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")


def is_binary(content: bytes) -> bool:
    """Tell whether a file holds a serialised message rather than text."""
    return _CONTROL.search(content) is not None and not wide_encoding(content)


def read_bytes(path: str | PathLike[str]) -> bytes:
    """Return all of a file.

    Raises:
        PrototxtError: the file is missing, a folder, not readable or empty.
        OptionError: this is no path.
    """
    with _errors_of(path):
        content = Path(path).read_bytes()
    if not content:
        raise PrototxtError(f"{path}: the file is empty", path=str(path))
    return content


def begins_with(path: str | PathLike[str], mark: bytes) -> bool:
    """Tell whether a file begins with these bytes; a pipe, which cannot be read again, does not.

    Raises:
        PrototxtError: the file cannot be read.
        OptionError: this is no path.
    """
    with _errors_of(path):
        if not Path(path).is_file():
            return False
        with Path(path).open("rb") as file:
            return file.read(len(mark)) == mark


@contextmanager
def _errors_of(path: str | PathLike[str]) -> Iterator[None]:
    instance_of("path", path, (str, os.PathLike), "a path")
    try:
        yield
    except (OSError, ValueError) as error:  # a NUL in the name
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise PrototxtError(f"{path}: cannot be read: {reason}", path=str(path)) from error
