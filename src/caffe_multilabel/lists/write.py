"""Tables, and records of several of their images, written as plain CSV lists."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from caffe_multilabel._base.arguments import instance_of, items_of, path_text, switch
from caffe_multilabel._base.files import check_targets, replacing
from caffe_multilabel._base.text import did_you_mean, listed, shown
from caffe_multilabel._base.utf8 import to_utf8
from caffe_multilabel.errors import ListError, OptionError
from caffe_multilabel.labels.schema import image_name
from caffe_multilabel.lists.decimals import with_points
from caffe_multilabel.lists.table import ImageTable
from caffe_multilabel.lists.tuples.model import ImageTuples
from caffe_multilabel.lists.tuples.names import PATH_NAME

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import BinaryIO

    import numpy as np
    from numpy.typing import NDArray

    from caffe_multilabel._base.arguments import StrPath
    from caffe_multilabel.lists.table import Column

__all__ = ["choose_columns", "write_list", "write_rows"]

_CHUNK = 8192
_wants_quotes = re.compile(r'["]|\A[ \t\v\f]|[ \t\v\f]\Z|\A\ufeff').search


def choose_columns(table: ImageTable, names: Iterable[object] | None) -> tuple[Column, ...]:
    """Return some columns of a table, in the order of their names; None takes all.

    Raises:
        OptionError: one is not there.
    """
    if names is None:
        return table.columns
    known: dict[object, Column] = {column.name: column for column in table.columns}
    chosen = []
    for name in names:
        if not isinstance(name, str) or name not in known:
            there = [column.name for column in table.columns]
            hint = did_you_mean(name, there) if isinstance(name, str) else ""
            raise OptionError(
                f"there is no column {shown(name)}; the columns are {listed(there)}{hint}"
            )
        chosen.append(known[name])
    return tuple(chosen)


def write_list(
    table: ImageTable | ImageTuples,
    path: StrPath,
    *,
    columns: Sequence[str] | None = None,
    overwrite: bool = False,
) -> None:
    """Write a table as a CSV list, whole or not at all.

    Commas part the fields; semicolons do where a column of the table may have decimal commas, so
    that who reads the list knows. Records of K images get the columns `path_1` to `path_K`, then
    `NAME_1` to `NAME_K` for each column of their table, then what is said of the record.

    Args:
        table: what to write.
        path: the file; its name must end in .csv, by which readers of lists know it.
        columns: names of the table's columns to write, in their order; None writes all.
        overwrite: replace a file that is there.

    Raises:
        ListError: a path or cell holds a line end, which no line of a list can, or two columns
            would have one name.
        OptionError: a column is not there, or the name has another ending.
        OutputError: the file is there, or cannot be written.

    Example:
        >>> from pathlib import Path
        >>> from caffe_multilabel import read_table, write_list
        >>> write_list(read_table("train.csv"), "colors.csv", columns=["color"])
        >>> Path("colors.csv").read_text().splitlines()[0]
        'path,color'
    """
    allowed = "an ImageTable, as read_table gives it, or ImageTuples, as make_pairs does"
    instance_of("table", table, (ImageTable, ImageTuples), allowed)
    target = path_text("path", path)
    if not target.lower().endswith(".csv"):
        raise OptionError(f"{target}: the name of a CSV list must end in .csv")
    if columns is not None:
        columns = items_of("columns", columns, "names of columns")
    images = table.table if isinstance(table, ImageTuples) else table
    chosen = choose_columns(images, columns)
    _check(images, chosen)
    check_targets([target], overwrite=switch("overwrite", overwrite))
    with replacing([target]) as [new], new.open("wb") as file:
        write_rows(table, chosen, file)


def write_rows(table: ImageTable | ImageTuples, columns: Sequence[Column], file: BinaryIO) -> None:
    """Write the lines of a list, with a header if columns have names."""
    images = table.table if isinstance(table, ImageTuples) else table
    _check(images, columns)
    decimals = images.decimal_commas and any(
        with_points(column.values) != column.values for column in columns
    )
    mark = ";" if decimals else ","
    fields = (
        _fields_of_tuples(table, columns, mark)
        if isinstance(table, ImageTuples)
        else _fields(table, columns, mark)
    )
    for text in _lines(fields, len(table), mark):
        file.write(to_utf8(text))


@dataclass(frozen=True, slots=True)
class _Field:
    """What stands at one place of all lines.

    Attributes:
        name: what the header calls it.
        texts: distinct ones, as they are written.
        codes: of each row the index of its text; None where each row has its own.
        rows: of each line its row; None where lines are the rows.
    """

    name: str
    texts: Sequence[str]
    codes: NDArray[np.int32] | None
    rows: NDArray[np.int64] | None = None

    def cells(self, begin: int, end: int) -> Iterable[str]:
        """Return the texts of some lines."""
        if self.rows is not None:
            rows = self.rows[begin:end]
            codes = (rows if self.codes is None else self.codes[rows]).tolist()
        elif self.codes is not None:
            codes = self.codes[begin:end].tolist()
        else:
            return self.texts[begin:end]
        return map(self.texts.__getitem__, codes)


def _fields(table: ImageTable, columns: Sequence[Column], mark: str) -> list[_Field]:
    named = any(column.name for column in columns)
    paths = _Field(PATH_NAME if named else "", _all_quoted(table.paths, mark), None)
    return [paths, *(_field(column, mark) for column in columns)]


def _fields_of_tuples(tuples: ImageTuples, columns: Sequence[Column], mark: str) -> list[_Field]:
    """Return the fields of records of several images, those of one column side by side.

    Raises:
        ListError: two would have one name.
    """
    places = {id(column): place for place, column in enumerate(tuples.table.columns)}
    of_images = [_Field(PATH_NAME, _all_quoted(tuples.table.paths, mark), None)]
    for column in columns:
        name = column.name or f"column_{places[id(column)]}"
        of_images.append(replace(_field(column, mark), name=name))
    fields = [
        replace(field, name=image_name(field.name, image), rows=tuples.rows[:, image])
        for field in of_images
        for image in range(tuples.images_per_record)
    ]
    fields += [_field(column, mark) for column in tuples.columns]
    names = [field.name for field in fields]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        source = tuples.table.source
        raise ListError(
            f"{source}: two columns would be called {shown(twice)}; choose columns (--columns)",
            path=source,
        )
    return fields


def _field(column: Column, mark: str) -> _Field:
    return _Field(column.name, _all_quoted(column.values, mark), column.codes)


def _lines(fields: Sequence[_Field], count: int, mark: str) -> Iterator[str]:
    if any(field.name for field in fields):
        yield mark.join(_quoted(field.name, mark) for field in fields) + "\n"
    for begin in range(0, count, _CHUNK):
        cells = (field.cells(begin, begin + _CHUNK) for field in fields)
        yield "\n".join(map(mark.join, zip(*cells, strict=True))) + "\n"


def _all_quoted(texts: Sequence[str], mark: str) -> list[str]:
    return [_quoted(text, mark) for text in texts]


def _quoted(cell: str, mark: str) -> str:
    if mark not in cell and _wants_quotes(cell) is None:
        return cell
    return '"' + cell.replace('"', '""') + '"'


def _check(table: ImageTable, columns: Sequence[Column]) -> None:
    """See that every line can be a line of a list.

    Raises:
        ListError: one cannot.
    """
    if not columns:
        raise ListError(f"{table.source}: has no columns but that of the paths", path=table.source)
    for column in columns:
        for value in (column.name, *column.values):
            if "\n" in value or "\r" in value:
                raise ListError(
                    f"{table.source}: column '{column.name}' holds a line end, as in "
                    f"{shown(value)}; choose other columns (--columns)",
                    path=table.source,
                )
    for path, line in zip(table.paths, table.lines, strict=True):
        if "\n" in path or "\r" in path:
            raise ListError(
                f"{table.source}, line {line}: the path {shown(path)} holds a line end",
                path=table.source,
                line=int(line),
            )
