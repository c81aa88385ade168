"""Lists whose fields are parted by a character: CSV as Excel, pandas and Kaggle write it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel._base.utf8 import to_utf8
from caffe_multilabel.lists.readers.cut import BETWEEN_BLANKS, first_rows, table_of_text
from caffe_multilabel.lists.readers.paths import is_image
from caffe_multilabel.lists.readers.source import Reader

if TYPE_CHECKING:
    from caffe_multilabel.lists.readers.source import ReadOptions, Source
    from caffe_multilabel.lists.table import ImageTable

__all__ = ["SEPARATED"]

_SEPARATORS = "\t;|,"
"""In the order in which they are believed: a comma may be that of decimals."""

_TRIED = 200


def _recognises(source: Source) -> bool:
    if source.is_folder:
        return False
    is_called_so = source.ending in (".csv", ".tsv")
    return bool(_separator(source)) or (is_called_so and not _is_parted_by_blanks(source))


def _read(source: Source, options: ReadOptions) -> ImageTable:
    separator = options.separator or _separator(source) or ","
    return table_of_text(source, source.utf8(), separator, options)


def _separator(source: Source) -> str:
    """Return what parts the fields of the first lines into equally many, or nothing.

    Where several characters do, it is the one that leaves names of images whole, then the one that
    makes most fields.
    """
    best = (False, 1)
    found = ""
    head = to_utf8(source.head)
    for separator in _SEPARATORS:
        rows = first_rows(head, separator, _TRIED) if separator in source.head else []
        if not rows:
            continue
        widths = {len(row) for row in rows}
        if len(widths) > 1:
            widths = {len(row) for row in rows[:2]}
            if len(widths) > 1 or not _mostly(rows, len(rows[0])):
                continue
        worth = (any(is_image(cell.strip()) for cell in rows[-1]), len(rows[0]))
        if worth > best:
            best, found = worth, separator
    return found


def _is_parted_by_blanks(source: Source) -> bool:
    """Tell whether blanks part paths from what follows: a list of Caffe's that is called a CSV."""
    rows = first_rows(to_utf8(source.head), BETWEEN_BLANKS, _TRIED)
    if not rows or len(rows[0]) == 1 or not _mostly(rows, len(rows[0])):
        return False
    first, *_, last = rows[-1] if len(rows[-1]) > 1 else rows[0]
    return is_image(first) and not is_image(last)


def _mostly(rows: list[list[str]], width: int) -> bool:
    """Tell whether some bad lines are no reason to cut the others in another way."""
    return sum(len(row) == width for row in rows) > len(rows) / 2


SEPARATED = Reader(
    "csv",
    "fields parted by commas, semicolons, tabs or |, with a header or without: Excel, pandas, "
    "Kaggle",
    _recognises,
    _read,
)
