"""Columns made a table: the header, the column of the paths, columns that say nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from caffe_multilabel._base.text import listed
from caffe_multilabel._base.utf8 import to_utf8
from caffe_multilabel.lists.image_words import ImageWords
from caffe_multilabel.lists.readers.paths import (
    complete_paths,
    is_image,
    is_path_name,
)
from caffe_multilabel.lists.readers.record_paths import find_path_columns
from caffe_multilabel.lists.table import Column, ImageTable
from caffe_multilabel.lists.texts import is_number, is_unknown

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from numpy.typing import NDArray

    from caffe_multilabel.lists.readers.source import BadLines, ReadOptions, Source

__all__ = ["PATHS_NOTE", "finish_table", "header_of", "is_header", "make_table"]

PATHS_NOTE = "the paths are in column"
"""How a note begins that says which columns hold them."""

_TRIED = 200
_LOOKED_AT = 512
"""Of so many rows the cells tell where the paths are."""
_UNKNOWN = "?"
"""A path that is not known, as the core says too. `NA` and the like may be files."""
_BLANKS = " \t\v\f\r\n"
_INDEX = "Unnamed: 0"
"""What pandas calls an index when it reads one that it has written without a name."""


def is_header(rows: Sequence[Sequence[str]]) -> bool:
    """Tell whether the first of some rows names the columns.

    It does where a name is one of those of columns of paths, or stands over images, or where the
    cell over pandas' index is empty; else where no cell is a number, a file or the sign of an
    unknown one, or stands again in its column.
    """
    first = [cell.strip() for cell in rows[0]]
    if any(map(is_path_name, first)) or _heads_index(first[0], rows):
        return True
    if any(_heads_images(cell, column) for cell, column in _columns(first, rows)):
        return True
    signs = (cell for cell in first if not cell[:1].isalpha())  # "NA" may be a name
    if any(map(is_unknown, signs)):
        return False
    if any(is_number(cell) or is_image(cell) or "/" in cell for cell in first):
        return False
    if len(set(first)) < len(first) or len(rows) < 2:
        return False
    return not any(cell in map(str.strip, column[1:]) for cell, column in _columns(first, rows))


def header_of(rows: Sequence[Sequence[str]], options: ReadOptions) -> Sequence[str] | None:
    """Return the first of some rows if it names the columns, as told or by its words; else None."""
    named = options.header == "yes" or (options.header == "auto" and is_header(rows[:_TRIED]))
    return rows[0] if named else None


def make_table(
    source: Source,
    columns: Sequence[Column],
    lines: NDArray[np.int64],
    options: ReadOptions,
    *,
    bad: BadLines,
    core_cut: bool = False,
    decimal_commas: bool = False,
) -> ImageTable:
    """Make a table of columns, one of which holds the paths, or one for each image of a record.

    Args:
        source: what they are from.
        columns: all of them.
        lines: int64 (N,), where each row begins in the source, from 1.
        options: how to find the paths.
        bad: lines that are no rows of these columns.
        core_cut: the core's reader cuts the lines of this source the same way.
        decimal_commas: as in `ImageTable`.

    Raises:
        ListError: there are bad lines, the first 20 in full; no column, or several, of paths.
        OptionError: the column of the paths is not there.
    """
    names = [column.name for column in columns]
    _check_names(source, names)
    if not len(lines):
        bad.raise_if_any()
        raise source.error("holds no records")
    found = find_path_columns(source, names, [_first_cells(column) for column in columns], options)
    path = columns[found[0]]
    index = _index_columns(names, found)
    texts = [text.strip(_BLANKS) for text in path.values]
    _check_paths("the path" if len(found) == 1 else "path 1", path, lines, bad)
    for number, at in enumerate(found[1:], 2):
        _check_paths(f"path {number}", columns[at], lines, bad)
    bad.raise_if_any()
    paths = texts if len(texts) == len(path) else [texts[code] for code in path.codes.tolist()]
    told = listed([f"{at}{_name_of(names[at])}" for at in found])
    said = [f"{PATHS_NOTE}{'s' * (len(found) > 1)} {told}"] if len(columns) > 1 else []
    others = tuple(column for at, column in enumerate(columns) if at not in found)
    table = ImageTable(
        source.path,
        paths,
        others,
        lines,
        tuple(said),
        core_cut=core_cut and found == [*range(len(found))],
        decimal_commas=decimal_commas,
        path_name=names[found[0]],
        path_place=_before(max(found), found, index),
        further_paths=tuple(_trimmed(columns[at]).cells() for at in found[1:]),
        image_words=ImageWords.of([names[at] for at in found]) if len(found) > 1 else None,
    )
    return finish_table(table, options, source, index=index)


def finish_table(
    table: ImageTable, options: ReadOptions, source: Source, *, index: Collection[int] = ()
) -> ImageTable:
    """Trim the cells, leave out columns that say nothing, and complete the paths.

    Args:
        table: what was read.
        options: what paths get.
        source: what it is from.
        index: places of the columns that are pandas' index.

    Raises:
        ListError: a cell holds what is no text.
    """
    columns, notes = [], list(table.notes)
    for place, column in enumerate(map(_trimmed, table.columns)):
        problem = _text_problem("".join((column.name, *column.values)))
        if problem:
            raise source.error(f"column {column.name!r} {problem}")
        if place in index:
            name = _name_of(column.name) or " without a name"
            notes.append(f"the column{name} before the others is an index: passed over")
        else:
            columns.append(column)
    # Behind all others such a column changes no number.
    while columns and table.has_names and not columns[-1].name and not any(columns[-1].values):
        columns.pop()
        notes.append("a column without name and cells is passed over")
    paths, added = complete_paths(list(table.paths), options)
    as_is = table.core_cut and len(columns) == len(table.columns) and not added
    return replace(
        table,
        paths=paths,
        further_paths=tuple(_whole(each, options) for each in table.further_paths),
        columns=tuple(columns),
        notes=(*notes, *added),
        core_cut=as_is,
    )


def _whole(paths: Sequence[str], options: ReadOptions) -> Sequence[str]:
    prefix, suffix = options.path_prefix, options.path_suffix
    return [f"{prefix}{path}{suffix}" for path in paths] if prefix or suffix else paths


def _before(at: int, paths: Sequence[int], index: Sequence[int]) -> int:
    """Count the columns before one of the paths, but for other paths and an index."""
    before = at - sum(path < at for path in paths)
    return before - sum(place < before for place in index)


def _first_cells(column: Column) -> list[str]:
    return [column.values[code] for code in column.codes[:_LOOKED_AT].tolist()]


def _columns(
    first: Sequence[str], rows: Sequence[Sequence[str]]
) -> Iterator[tuple[str, list[str]]]:
    for index, cell in enumerate(first):
        yield cell, [row[index] for row in rows if len(row) > index]


def _heads_images(cell: str, column: Sequence[str]) -> bool:
    """Tell whether a column holds images, but for its first cell, which is none."""
    return len(column) > 1 and not is_image(cell) and all(map(is_image, column[1:]))


def _heads_index(name: str, rows: Sequence[Sequence[str]]) -> bool:
    """Tell whether the first cell is the head of an index, as pandas writes it."""
    if name and not name.startswith(_INDEX):
        return False
    return len(rows) > 1 and all(row and row[0].strip().isdigit() for row in rows[1:])


def _index_columns(names: Sequence[str], paths: Sequence[int]) -> list[int]:
    """Return the places, beside the paths, of columns that are an index as pandas writes it.

    It stands before the paths without a name, or has the name that pandas gave such a column when
    it read it. That is told by the header alone, so that a part of a list is read as the whole.

    Args:
        names: of all columns; all empty where there is no header.
        paths: which of them hold the paths.
    """
    if not any(names):
        return []
    at = min(paths)
    first = next((place for place, name in enumerate(names) if name), at)
    found = [place for place, name in enumerate(names) if name.startswith(_INDEX)]
    found += range(min(first, at))
    return [place - sum(path < place for path in paths) for place in found if place not in paths]


def _check_names(source: Source, names: Sequence[str]) -> None:
    seen: dict[str, int] = {}
    for index, name in enumerate(names):
        if name and (other := seen.setdefault(name, index)) != index:
            raise source.error(f"the header names columns {other} and {index} '{name}'", 1)


def _text_problem(text: str) -> str:
    """Return why text can be in no list; nothing where it can."""
    if "\0" in text:
        return "holds a zero byte"
    try:
        to_utf8(text)
    except UnicodeEncodeError:
        return "holds half a character (a surrogate), which is no text"
    return ""


def _check_paths(called: str, path: Column, lines: NDArray[np.int64], bad: BadLines) -> None:
    """Note the lines whose path is none."""
    texts = [text.strip(_BLANKS) for text in path.values]
    if all(texts) and _UNKNOWN not in texts and not _text_problem("".join(texts)):
        return
    problems = [_path_problem(text) for text in texts]
    wrong = np.array(list(map(bool, problems)), np.bool_)[path.codes]
    for line, code in zip(lines[wrong].tolist(), path.codes[wrong].tolist(), strict=True):
        bad.add(line, f"{called} {problems[code]}")


def _path_problem(text: str) -> str:
    if text == _UNKNOWN:
        return f"is '{_UNKNOWN}', which names no image"
    return _text_problem(text) if text else "is empty"


def _trimmed(column: Column) -> Column:
    """Return a column whose texts have no blanks at their ends."""
    trimmed = [value.strip(_BLANKS) for value in column.values]
    if trimmed == column.values:
        return column
    values = list(dict.fromkeys(trimmed))
    index = {value: code for code, value in enumerate(values)}
    renamed = np.array([index[value] for value in trimmed], np.int32)
    return Column(column.name, values, renamed[column.codes])


def _name_of(name: str) -> str:
    return f" '{name}'" if name else ""
