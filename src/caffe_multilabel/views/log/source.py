"""Opens a log as lines of text, however a shell, a container or a rotation of logs kept it."""

from __future__ import annotations

import codecs
import gzip
import io
import json
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from caffe_multilabel.errors import Error

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["log_lines"]

_GZIP = b"\x1f\x8b"

# The byte order mark of UTF-32 begins as that of UTF-16 does, and so is looked for first.
_ENCODINGS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}

# Docker's json-file driver makes an object of each line.
_DOCKER = '{"log":'


def log_lines(path: str) -> Iterator[str]:
    """Read the lines of a log, but for a last one without an end.

    A log may be packed by gzip, be UTF-16 as PowerShell's `>` writes it, or be Docker's JSON.

    Raises:
        Error: it cannot be read.
    """
    try:
        with Path(path).open("rb") as file:
            packed = file.peek(len(_GZIP)).startswith(_GZIP)
            plain = gzip.GzipFile(fileobj=file) if packed else file
            with io.TextIOWrapper(plain, _encoding(plain.peek(4)), errors="replace") as text:
                for line in text:
                    if line.endswith("\n"):
                        yield _message(line)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise Error(
            f"{path}: cannot unpack the log, which is cut short or damaged: {error}", path=path
        ) from error
    except OSError as error:
        raise Error(f"{path}: cannot read the log: {error.strerror}", path=path) from error


def _encoding(head: bytes) -> str:
    marked = (name for mark, name in _ENCODINGS.items() if head.startswith(mark))
    return next(marked, "utf-8-sig")


def _message(line: str) -> str:
    # PowerShell's `>>` puts UTF-16 behind whatever is there, and lines of ASCII are read like this.
    text = line.replace("\0", "")
    if not text.startswith(_DOCKER):
        return text
    try:
        return str(json.loads(text)["log"])
    except ValueError:
        return text
