"""Lists whose fields are parted by a character: CSV as Excel, pandas and Kaggle write it."""

from __future__ import annotations

import csv
import re
from itertools import islice
from typing import TYPE_CHECKING

from caffe_multilabel.lists.readers.paths import is_image
from caffe_multilabel.lists.readers.rows import CHUNK, in_chunks, table_of_chunks
from caffe_multilabel.lists.readers.source import Reader

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from caffe_multilabel.lists.readers.rows import Chunk
    from caffe_multilabel.lists.readers.source import ReadOptions, Source
    from caffe_multilabel.lists.table import ImageTable

__all__ = ["SEPARATED"]

_SEPARATORS = "\t;|,"
"""In the order in which they are believed: a comma may be that of decimals."""

_TRIED = 200
_line_ends = re.compile(r"\r\n|\r|\n").findall
_MOST_IN_FIELD = 1 << 20


def _recognises(source: Source) -> bool:
    return not source.is_folder and (bool(_separator(source)) or source.ending in (".csv", ".tsv"))


def _read(source: Source, options: ReadOptions) -> ImageTable:
    separator = options.separator or _separator(source) or ","
    core_cut = separator in ",\t" and source.encoding != "utf-16"
    with source.text() as text:
        chunks = _chunks(source, text, separator)
        return table_of_chunks(source, chunks, options, core_cut=core_cut)


def _chunks(source: Source, text: Iterable[str], separator: str) -> Iterator[Chunk]:
    """Go through the rows that are not blank, some at a time."""
    if csv.field_size_limit() < _MOST_IN_FIELD:
        csv.field_size_limit(_MOST_IN_FIELD)
    reader = csv.reader(text, delimiter=separator, skipinitialspace=True, strict=True)
    while True:
        end = reader.line_num
        try:
            rows = list(islice(reader, CHUNK))
        except csv.Error as error:
            problem = f"cannot be cut into fields: {error}"
            raise source.error(problem, max(reader.line_num, 1)) from None
        if not rows:
            return
        if reader.line_num == end + len(rows) and all(rows):
            yield range(end + 1, end + 1 + len(rows)), rows
        else:
            yield from in_chunks(_numbered(rows, end + 1))


def _numbered(rows: Iterable[list[str]], line: int) -> Iterator[tuple[int, list[str]]]:
    """Give each row that is not blank the line on which it begins: cells may hold line ends."""
    for row in rows:
        if row and (len(row) > 1 or row[0].strip()):
            yield line, row
        line += 1 + sum(len(_line_ends(cell)) for cell in row)


def _separator(source: Source) -> str:
    """Return what parts the fields of the first lines into equally many, or nothing.

    Where several characters do, it is the one that leaves names of images whole, then the one that
    makes most fields.
    """
    best = (False, 1)
    found = ""
    lines = source.head.splitlines(keepends=True)[:_TRIED]
    for separator in _SEPARATORS:
        if not any(separator in line for line in lines):
            continue
        rows = list(_rows_of_head(lines, separator))
        widths = {len(row) for row in rows}
        if len(widths) > 1:
            widths = {len(row) for row in rows[:2]}
            if len(widths) > 1 or not _mostly(rows, len(rows[0])):
                continue
        worth = (any(is_image(cell.strip()) for cell in rows[-1]), len(rows[0]))
        if worth > best:
            best, found = worth, separator
    return found


def _mostly(rows: list[list[str]], width: int) -> bool:
    """Tell whether some bad lines are no reason to cut the others in another way."""
    return sum(len(row) == width for row in rows) > len(rows) / 2


def _rows_of_head(lines: list[str], separator: str) -> Iterator[list[str]]:
    try:
        for row in csv.reader(lines, delimiter=separator, skipinitialspace=True):
            if row:
                yield row
    except csv.Error:
        return


SEPARATED = Reader(
    "csv",
    "fields parted by commas, semicolons, tabs or |, with a header or without: Excel, pandas, "
    "Kaggle",
    _recognises,
    _read,
)
