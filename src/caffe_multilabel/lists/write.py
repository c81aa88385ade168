"""Tables written as plain CSV lists, as the core reads them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from caffe_multilabel._base.arguments import instance_of, items_of, path_text, switch
from caffe_multilabel._base.files import check_targets, replacing
from caffe_multilabel._base.text import did_you_mean, listed, shown
from caffe_multilabel._base.utf8 import to_utf8
from caffe_multilabel.errors import ListError, OptionError
from caffe_multilabel.lists.decimals import with_points
from caffe_multilabel.lists.table import ImageTable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import BinaryIO

    from caffe_multilabel._base.arguments import StrPath
    from caffe_multilabel.lists.table import Column

__all__ = ["choose_columns", "write_list", "write_rows"]

_CHUNK = 8192
_PATH_NAME = "path"
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
    table: ImageTable,
    path: StrPath,
    *,
    columns: Sequence[str] | None = None,
    overwrite: bool = False,
) -> None:
    """Write a table as a CSV list, whole or not at all.

    Commas part the fields; semicolons do where a column of the table may have decimal commas, so
    that who reads the list knows.

    Args:
        table: what to write.
        path: the file; its name must end in .csv, by which readers of lists know it.
        columns: names of the columns to write, in their order; None writes all.
        overwrite: replace a file that is there.

    Raises:
        ListError: a path or cell holds a line end, which no line of a list can.
        OptionError: a column is not there, or the name has another ending.
        OutputError: the file is there, or cannot be written.

    Example:
        >>> from pathlib import Path
        >>> from caffe_multilabel import read_table, write_list
        >>> write_list(read_table("train.csv"), "colors.csv", columns=["color"])
        >>> Path("colors.csv").read_text().splitlines()[0]
        'path,color'
    """
    instance_of("table", table, ImageTable, "an ImageTable, as read_table gives it")
    target = path_text("path", path)
    if not target.lower().endswith(".csv"):
        raise OptionError(f"{target}: the name of a CSV list must end in .csv")
    if columns is not None:
        columns = items_of("columns", columns, "names of columns")
    chosen = choose_columns(table, columns)
    _check(table, chosen)
    check_targets([target], overwrite=switch("overwrite", overwrite))
    with replacing([target]) as [new], new.open("wb") as file:
        write_rows(table, chosen, file)


def write_rows(table: ImageTable, columns: Sequence[Column], file: BinaryIO) -> None:
    """Write the lines of a list, with a header if columns have names."""
    _check(table, columns)
    for text in _lines(table, columns):
        file.write(to_utf8(text))


def _lines(table: ImageTable, columns: Sequence[Column]) -> Iterator[str]:
    decimals = table.decimal_commas and any(
        with_points(column.values) != column.values for column in columns
    )
    mark = ";" if decimals else ","
    if any(column.name for column in columns):
        yield mark.join([_PATH_NAME, *(_quoted(column.name, mark) for column in columns)]) + "\n"
    texts = [[_quoted(value, mark) for value in column.values] for column in columns]
    for begin in range(0, len(table), _CHUNK):
        cells = [
            map(known.__getitem__, column.codes[begin : begin + _CHUNK].tolist())
            for known, column in zip(texts, columns, strict=True)
        ]
        paths = (_quoted(path, mark) for path in table.paths[begin : begin + _CHUNK])
        yield "".join(mark.join(row) + "\n" for row in zip(paths, *cells, strict=True))


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
