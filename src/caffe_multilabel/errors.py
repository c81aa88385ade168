"""The errors of this package, one base class and a subclass for each cause."""

from __future__ import annotations

__all__ = [
    "Cancelled",
    "DatabaseError",
    "Error",
    "ListError",
    "OptionError",
    "OutputError",
    "PictureError",
    "PrototxtError",
    "TaskFileError",
]


class Error(Exception):
    """Base of every error this package raises on bad input or a failed job.

    Attributes:
        message: what is wrong, where, and what is allowed, in one or a few lines.
        path: the file or folder concerned, or None.
        line: the 1-based line in `path`, or None.
        key: the record key or the key in a task file concerned, or None.
    """

    def __init__(
        self,
        message: str,
        *,
        path: str | None = None,
        line: int | None = None,
        key: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.path = path
        self.line = line
        self.key = key


class OptionError(Error, ValueError):
    """An option or argument is out of its range or does not go with another."""


class ListError(Error, ValueError):
    """A list of images holds lines that do not fit; the first ones are in the message."""


class PictureError(Error):
    """A picture cannot be read, and the caller asked to stop at the first such one."""


class DatabaseError(Error):
    """An LMDB cannot be opened, read or written."""


class OutputError(Error):
    """A target exists, is in use, cannot be made, or does not fit on the disk."""


class Cancelled(Error):  # noqa: N818  (the word users look for)
    """The job was stopped from outside before it ended; it can be resumed."""


class TaskFileError(Error, ValueError):
    """A task file has a wrong key or value; `key` names it, as in `tasks[2].loss_weight`."""


class PrototxtError(Error, ValueError):
    """A prototxt or caffemodel cannot be parsed, or a net in it does not fit together."""
