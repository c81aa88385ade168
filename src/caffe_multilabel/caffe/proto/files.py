"""Bytes of nets and messages, with errors that name the file."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from caffe_multilabel._base.arguments import instance_of
from caffe_multilabel.caffe.proto.characters import is_utf16
from caffe_multilabel.errors import PrototxtError

if TYPE_CHECKING:
    from os import PathLike

__all__ = ["is_binary", "read_bytes"]

# No text editor writes these, and every binary net, solver state or blob holds one of them:
# the tags of `layer` (A2 06) and of `layers` (12) do.
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")


def is_binary(content: bytes) -> bool:
    """Tell whether a file holds a serialised message rather than text."""
    return _CONTROL.search(content) is not None and not is_utf16(content)


def read_bytes(path: str | PathLike[str]) -> bytes:
    """Return all of a file.

    Raises:
        PrototxtError: the file is missing, a folder, not readable or empty.
        OptionError: this is no path.
    """
    instance_of("path", path, (str, os.PathLike), "a path")
    try:
        content = Path(path).read_bytes()
    except (OSError, ValueError) as error:  # a NUL in the name
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise PrototxtError(f"{path}: cannot be read: {reason}", path=str(path)) from error
    if not content:
        raise PrototxtError(f"{path}: the file is empty", path=str(path))
    return content
