"""Rows of cells made a table: the header, the column of the paths, columns that say nothing."""

from __future__ import annotations

import os
from itertools import chain, islice
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from caffe_multilabel._base.text import listed, plural
from caffe_multilabel.lists.readers.paths import (
    complete_paths,
    find_path_column,
    is_image,
    is_path_name,
)
from caffe_multilabel.lists.readers.source import BadLines
from caffe_multilabel.lists.table import Column, ImageTable, TableBuilder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from caffe_multilabel.lists.readers.source import ReadOptions, Source

__all__ = ["CHUNK", "Chunk", "finish_table", "in_chunks", "is_header", "table_of_chunks"]

Chunk: TypeAlias = "tuple[Sequence[int], Sequence[Sequence[str]]]"
"""Some rows: where each begins in the source, from 1, and its cells."""

CHUNK = 512
"""Rows that are handled together: fewer new lists than make Python's garbage collector look through
all that there is, which takes as long as the reading itself."""

_TRIED = 200
_BLANKS = " \t\v\f\r\n"


def is_header(rows: Sequence[Sequence[str]]) -> bool:
    """Tell whether the first of some rows names the columns.

    It does where a name is one of those of columns of paths, or where the cell over pandas' index
    is empty; else where no cell is a number or a file, or stands again in its column.
    """
    first = [cell.strip() for cell in rows[0]]
    if any(map(is_path_name, first)) or _is_index_name(first[0], rows):
        return True
    if any(not cell or _is_number(cell) or is_image(cell) or "/" in cell for cell in first):
        return False
    if len(set(first)) < len(first) or len(rows) < 2:
        return False
    return not any(cell in map(str.strip, column[1:]) for cell, column in _columns(first, rows))


def in_chunks(rows: Iterable[tuple[int, Sequence[str]]]) -> Iterator[Chunk]:
    """Gather rows, each with its line, to chunks."""
    remaining = iter(rows)
    while chunk := list(islice(remaining, CHUNK)):
        numbers, cells = zip(*chunk, strict=True)
        yield numbers, cells


def table_of_chunks(
    source: Source,
    chunks: Iterable[Chunk],
    options: ReadOptions,
    *,
    names: Sequence[str] | None = None,
    core_cut: bool = False,
) -> ImageTable:
    """Make a table of rows, of which few are kept at a time.

    Args:
        source: what they are from.
        chunks: the rows in order, none of them blank.
        options: whether the first row is a header, and how to find the paths.
        names: of the columns; None where the first row may be a header.
        core_cut: the core's reader cuts the lines of this source the same way.

    Raises:
        ListError: rows that do not fit, the first 20 in full; no column, or several, of paths.
        OptionError: the column of the paths is not there.
    """
    remaining = iter(chunks)
    numbers, rows = next(remaining, ((), ()))
    if names is None and rows and _has_header(rows, options):
        names, numbers, rows = rows[0], numbers[1:], rows[1:]
    if not rows:
        raise source.error("holds no records")
    width = len(rows[0]) if names is None else len(names)
    names = [""] * width if names is None else [name.strip() for name in names]
    _check_names(source, names)
    fitting = [cells for cells in rows if len(cells) == width]
    at = find_path_column(source, names, list(zip(*fitting, strict=True)), options)
    builder = TableBuilder([name for index, name in enumerate(names) if index != at])
    paths: list[str] = []
    lines: list[NDArray[np.int64]] = []
    bad = BadLines(source)
    for chunk in chain([(numbers, rows)], remaining):
        places, kept = _fitting(*chunk, width, bad)
        columns = list(zip(*kept, strict=True)) or [()] * width
        found = [path.strip(_BLANKS) for path in columns.pop(at)]
        _check_paths(found, places, bad)
        paths += found
        builder.add_columns(columns)
        lines.append(np.array(places, np.int64))
    bad.raise_if_any()
    said = [f"the paths are in column {at}{_name_of(names[at])}"] if width > 1 else []
    table = ImageTable(
        source.path,
        paths,
        builder.columns(),
        np.concatenate(lines),
        tuple(said),
        core_cut=core_cut and at == 0,
    )
    return finish_table(table, options, source)


def finish_table(table: ImageTable, options: ReadOptions, source: Source) -> ImageTable:
    """Trim the cells, leave out columns that say nothing, and complete the paths.

    Raises:
        ListError: a cell holds what is no text.
    """
    columns, notes = [], list(table.notes)
    for column in map(_trimmed, table.columns):
        problem = _text_problem("".join((column.name, *column.values)))
        if problem:
            raise source.error(f"column {column.name!r} {problem}")
        if _is_index(column, has_names=table.has_names):
            name = _name_of(column.name) or " without a name"
            notes.append(f"the column{name} only counts the records: passed over")
        elif not column.name and not any(column.values) and table.has_names:
            notes.append("a column without name and cells is passed over")
        else:
            columns.append(column)
    paths, added = complete_paths(list(table.paths), options)
    as_is = table.core_cut and len(columns) == len(table.columns) and not added
    return ImageTable(
        table.source, paths, tuple(columns), table.lines, (*notes, *added), core_cut=as_is
    )


def _columns(
    first: Sequence[str], rows: Sequence[Sequence[str]]
) -> Iterator[tuple[str, list[str]]]:
    for index, cell in enumerate(first):
        yield cell, [row[index] for row in rows if len(row) > index]


def _is_index_name(name: str, rows: Sequence[Sequence[str]]) -> bool:
    if name and not name.startswith("Unnamed: "):
        return False
    return len(rows) > 1 and all(row and row[0].strip().isdigit() for row in rows[1:])


def _is_index(column: Column, *, has_names: bool) -> bool:
    """Tell whether a column counts the records, as pandas writes them: under no name.

    Rows that were taken out of a larger table keep their numbers. Without any header, only numbers
    from 0 in their order are no labels.
    """
    if (column.name and not column.name.startswith("Unnamed: ")) or not len(column):
        return False
    if len(column.values) < len(column):
        return False
    if not has_names:
        return len(column) > 1 and list(column.values) == list(map(str, range(len(column))))
    return all(value.isascii() and value.isdigit() for value in column.values)


def _check_names(source: Source, names: Sequence[str]) -> None:
    seen: dict[str, int] = {}
    for index, name in enumerate(names):
        if name and (other := seen.setdefault(name, index)) != index:
            raise source.error(f"the header names columns {other} and {index} '{name}'", 1)


def _has_header(rows: Sequence[Sequence[str]], options: ReadOptions) -> bool:
    if options.header == "auto":
        return is_header(rows[:_TRIED])
    return options.header == "yes"


def _fitting(
    numbers: Sequence[int], rows: Sequence[Sequence[str]], width: int, bad: BadLines
) -> Chunk:
    if set(map(len, rows)) <= {width}:
        return numbers, rows
    for number, cells in zip(numbers, rows, strict=True):
        if len(cells) != width:
            bad.add(number, f"has {plural(len(cells), 'field')}, want {width}{_begins(cells)}")
    kept = [row for row in zip(numbers, rows, strict=True) if len(row[1]) == width]
    return [number for number, _ in kept], [cells for _, cells in kept]


def _begins(cells: Sequence[str]) -> str:
    return f"; the line is {listed(list(map(repr, cells)), most=3)}"[:200]


def _text_problem(text: str) -> str:
    """Return why text can be in no list; nothing where it can."""
    if "\0" in text:
        return "holds a zero byte"
    try:
        os.fsencode(text)
    except UnicodeEncodeError:
        return "holds half a character (a surrogate), which is no text"
    return ""


def _check_paths(paths: Sequence[str], numbers: Sequence[int], bad: BadLines) -> None:
    if all(paths) and not _text_problem("".join(paths)):
        return
    for path, number in zip(paths, numbers, strict=True):
        problem = _text_problem(path) if path else "is empty"
        if problem:
            bad.add(number, f"the path {problem}")


def _trimmed(column: Column) -> Column:
    """Return a column whose texts have no blanks at their ends."""
    trimmed = [value.strip(_BLANKS) for value in column.values]
    if trimmed == column.values:
        return column
    values = list(dict.fromkeys(trimmed))
    index = {value: code for code, value in enumerate(values)}
    renamed = np.array([index[value] for value in trimmed], np.int32)
    return Column(column.name, values, renamed[column.codes])


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _name_of(name: str) -> str:
    return f" '{name}'" if name else ""
