"""Tables for people."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["aligned", "padded", "print_table", "width_of"]


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, right: str = "") -> None:
    """Print rows under column names, as wide as they are: a pipe must get them whole.

    Args:
        columns: the names.
        rows: the cells.
        right: names of columns, separated by blanks, whose cells stand at the right.
    """
    flush_right = [index for index, name in enumerate(columns) if name in right.split()]
    for line in aligned([columns, *rows], right=flush_right):
        sys.stdout.write(f"{line}\n")


def aligned(rows: Iterable[Sequence[str]], *, right: Sequence[int] = ()) -> Iterator[str]:
    """Give rows of as many cells as lines in which the columns stand under each other.

    Args:
        rows: the cells.
        right: numbers of columns, from 0, whose cells stand at the right.
    """
    cells = [list(row) for row in rows]
    widths = [max(map(width_of, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        line = (
            padded(cell, width, right=index in right)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        yield "  ".join(line).rstrip()


def padded(cell: str, width: int, *, right: bool = False) -> str:
    """Return a cell with blanks up to a width, the text at the left or at the right."""
    blanks = " " * (width - width_of(cell))
    return blanks + cell if right else cell + blanks


def width_of(text: str) -> int:
    """Return how many columns of a terminal a text takes: two for a Chinese character."""
    from rich.cells import cell_len  # noqa: PLC0415  (--help must not load it)

    return cell_len(text)
