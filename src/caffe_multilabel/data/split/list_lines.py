"""The lines of a list file as they stand, one for each record."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from caffe_multilabel.errors import ListError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["ListLines", "read_list_lines"]

_MARK = b"\xef\xbb\xbf"
"""A byte order mark, which some programs need to see that a CSV file is UTF-8."""

_OTHER_MARKS = (b"\xff\xfe", b"\xfe\xff")
"""Those of UTF-16."""

_BLANKS = b" \t\v\f"


@dataclass(frozen=True, slots=True)
class ListLines:
    """A list file taken apart.

    Attributes:
        head: what every part of the list begins with: byte order mark and header.
        lines: the line of each record, its end included.
    """

    head: bytes
    lines: Sequence[bytes]

    def part(self, indices: Iterable[int]) -> bytes:
        """Return the list of some of the records."""
        return self.head + b"".join(map(self.lines.__getitem__, indices))


def read_list_lines(path: str, records: int, *, header: bool, as_table: bool) -> ListLines:
    """Read a list again, whose records are known.

    Args:
        path: the list file.
        records: how many records are in it.
        header: whether it has a header.
        as_table: it was read as a table, which may be UTF-16.

    Raises:
        ListError: the file cannot be read, or has changed since.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise ListError(f"{path}: {error.strerror}", path=path) from None
    if as_table and content.startswith(_OTHER_MARKS):
        raise ListError(
            f"{path}: is UTF-16, of which no part can be cut by lines; 'caffe-multilabel list' "
            "writes it as UTF-8",
            path=path,
        )
    mark = _MARK if content.startswith(_MARK) else b""
    if not content.endswith(b"\n"):
        content += b"\r\n" if b"\r\n" in content else b"\n"
    lines = [
        line + b"\n"
        for line in content.removeprefix(mark).split(b"\n")
        if line.removesuffix(b"\r").strip(_BLANKS)
    ]
    if len(lines) != records + header:
        raise ListError(
            f"{path}: has cells of several lines, or has changed while it was read; "
            "'caffe-multilabel list' writes a list with a line for each record",
            path=path,
        )
    return ListLines(mark + (lines[0] if header else b""), lines[header:])
