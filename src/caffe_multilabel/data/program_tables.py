"""Tables made of what a program has: rows, dicts, columns, data frames."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from numbers import Real
from typing import TYPE_CHECKING, cast

import numpy as np

from caffe_multilabel._base.text import listed, shown
from caffe_multilabel._base.utf8 import text_of_name
from caffe_multilabel.errors import ListError, OptionError
from caffe_multilabel.lists.readers.paths import is_path_name, told_column
from caffe_multilabel.lists.table import ImageTable, TableBuilder
from caffe_multilabel.lists.tuples.names import path_names

if TYPE_CHECKING:
    from typing import TypeGuard

__all__ = [
    "holds_text",
    "is_columns",
    "is_dicts",
    "table_of_columns",
    "table_of_dicts",
    "table_of_labels",
]

_WHOLE_FLOAT64 = 2.0**53
_NOTHING = ("NAType", "NaTType")  # pandas' own nothings


def is_columns(records: object) -> TypeGuard[Mapping[str, Iterable[object]]]:
    """Tell whether these are columns by name: a dict of them, or a data frame."""
    return hasattr(records, "__getitem__") and (
        isinstance(records, Mapping) or (hasattr(records, "columns") and hasattr(records, "shape"))
    )


def is_dicts(records: object) -> TypeGuard[Sequence[object]]:
    """Tell whether these are records that begin with a dict."""
    return isinstance(records, Sequence) and bool(records) and isinstance(records[0], Mapping)


def table_of_columns(
    records: Mapping[str, Iterable[object]], path_column: str | int | None, images: int = 1
) -> ImageTable:
    """Make a table of columns by name.

    Where a record has several images, the columns of the paths of all but the first stay columns.

    Raises:
        ListError: columns of several lengths, or cells that are neither text nor numbers.
        OptionError: no column holds the paths.
    """
    names = [str(name) for name in getattr(records, "columns", records)]
    keys = list(getattr(records, "columns", records))
    at = _path_column(names, path_column, images)
    columns = [list(records[key]) for key in keys]
    lengths = {len(column) for column in columns}
    if len(lengths) > 1:
        raise ListError(
            "records: the columns have several lengths: "
            + listed([f"{name} {len(cells)}" for name, cells in zip(names, columns, strict=True)])
        )
    paths = columns.pop(at)
    del names[at]
    rows = zip(*columns, strict=True) if columns else []
    return _table(names, paths, rows, path_names(images))


def table_of_dicts(
    rows: Sequence[object], path_column: str | int | None, images: int = 1
) -> ImageTable:
    """Make a table of a dict a record, all with the same keys; as `table_of_columns`.

    Raises:
        ListError: a record is no such dict, or holds what is neither text nor a number.
        OptionError: no key holds the paths.
    """
    first = cast("Mapping[str, object]", rows[0])
    names = [str(name) for name in first]
    at = _path_column(names, path_column, images)
    keys = list(first)
    path = keys.pop(at)
    del names[at]
    paths: list[object] = []
    cells: list[list[object]] = []
    for number, row in enumerate(rows, 1):
        if not isinstance(row, Mapping) or row.keys() != first.keys():
            raise ListError(
                f"record {number} is {shown(row)}, must be a dict with the keys of the first: "
                f"{listed(list(first))}",
                line=number,
            )
        paths.append(row[path])
        cells.append([row[key] for key in keys])
    return _table(names, paths, cells, path_names(images))


def table_of_labels(paths: Sequence[bytes], values: Iterable[object]) -> ImageTable:
    """Make a table of the labels of each path, text among them.

    Raises:
        ListError: records of several lengths, or labels that are neither text nor numbers.
    """
    rows = [_row(value) for value in values]
    widths = {len(row) for row in rows}
    if len(widths) != 1 or len(rows) != len(paths):
        raise ListError("labels must be numbers or names of classes, as many for each record")
    return _table([""] * widths.pop(), paths, rows)


def holds_text(values: object) -> bool:
    """Tell whether some of these labels are text."""
    if isinstance(values, np.ndarray):
        values = values.tolist()
    if not isinstance(values, Iterable):
        return False
    return any(isinstance(cell, str) for value in values for cell in _row(value))


def _row(value: object) -> Sequence[object]:
    if isinstance(value, np.ndarray):
        value = value.reshape(-1).tolist()
    if isinstance(value, str | bytes) or not isinstance(value, Iterable):
        return (value,)
    return list(value)


def _path_column(names: Sequence[str], told: str | int | None, images: int) -> int:
    if images > 1:
        wanted = path_names(images)
        if not set(wanted) <= set(names):
            raise OptionError(
                f"records of {images} images have their paths in the columns {listed(wanted)}; "
                f"the columns are {listed(names)}"
            )
        return names.index(wanted[0])
    if told is not None:
        return told_column(told, names)
    found = [index for index, name in enumerate(names) if is_path_name(name)]
    if len(found) != 1:
        few = "no column is named path, image, file or the like"
        said = f"several columns may hold the paths ({listed([names[i] for i in found])})"
        raise OptionError(
            f"{said if found else few}; the columns are {listed(names)}: path_column says which "
            "holds the paths"
        )
    return found[0]


def _table(
    names: Sequence[str],
    paths: Sequence[object],
    rows: Iterable[Sequence[object]],
    path_columns: Sequence[str] = (),
) -> ImageTable:
    if not paths:
        raise ListError("there are no records")
    builder = TableBuilder(names)
    texts = [_path if name in path_columns else _cell for name in names]
    builder.add_rows(
        [text(number, cell) for text, cell in zip(texts, row, strict=True)]
        for number, row in enumerate(rows, 1)
    )
    return ImageTable(
        "records",
        [_path(number, path) for number, path in enumerate(paths, 1)],
        builder.columns(),
        np.arange(1, len(paths) + 1),
    )


def _path(number: int, path: object) -> str:
    try:
        return text_of_name(cast("str", path))
    except TypeError:
        raise ListError(f"record {number}: the path is {shown(path)}", line=number) from None


def _cell(number: int, value: object) -> str:
    """Return the text of a cell as a list would have it; nothing for what is not known."""
    if isinstance(value, str):
        return value
    if value is None or type(value).__name__ in _NOTHING:
        return ""
    if isinstance(value, bool | np.bool_):
        return str(int(value))
    if isinstance(value, Real) or hasattr(value, "__index__"):
        as_float = float(cast("Real", value))
        if math.isnan(as_float):  # NaN, as pandas has it for nothing
            return ""
        if as_float.is_integer() and abs(as_float) < _WHOLE_FLOAT64:
            return str(int(as_float))
        return str(value)
    raise ListError(
        f"record {number} holds {shown(value)}, must be a number or the name of a class",
        line=number,
    )
