"""Tables for people."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["print_table"]


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, right: str = "") -> None:
    """Print rows under column names, as wide as they are: a pipe must get them whole.

    Args:
        columns: the names.
        rows: the cells.
        right: names of columns, separated by blanks, whose cells stand at the right.
    """
    cells = [list(columns), *(list(row) for row in rows)]
    widths = [max(len(row[index]) for row in cells) for index in range(len(columns))]
    flush_right = [name in right.split() for name in columns]
    for row in cells:
        padded = (
            cell.rjust(width) if at_right else cell.ljust(width)
            for cell, width, at_right in zip(row, widths, flush_right, strict=True)
        )
        sys.stdout.write("  ".join(padded).rstrip() + "\n")
