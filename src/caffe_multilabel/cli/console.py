"""Standard error as a terminal on which bars move."""

from __future__ import annotations

import sys
from typing import IO, TYPE_CHECKING, Any, cast

from rich.console import Console

from caffe_multilabel.cli.command import discard

if TYPE_CHECKING:
    from typing import TextIO

__all__ = ["make_console"]


class _Screen:
    """A stream to write to as long as that can be done; a job does not end with its terminal."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except OSError:
            discard(self._stream)
            return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError:
            discard(self._stream)


def make_console() -> Console:
    """Return standard error for a display, which never raises what comes of its terminal."""
    return Console(file=cast("IO[str]", _Screen(sys.stderr)))
