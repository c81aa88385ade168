"""The columns of paths in tables of records of several images."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from caffe_multilabel._base.text import listed
from caffe_multilabel.errors import ListError, OptionError
from caffe_multilabel.labels.schema import image_name
from caffe_multilabel.lists.readers.read import read_source
from caffe_multilabel.lists.readers.source import ReadOptions, Source
from caffe_multilabel.lists.tuples.names import PATH_NAME

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caffe_multilabel._base.core_options import HeaderLine, ListKind
    from caffe_multilabel.lists.table import ImageTable

__all__ = ["interleaved", "path_names", "read_list_table", "take_path_columns"]

_WITH_COLUMNS = ("csv", "jsonl")
"""The kinds of lists that can have several columns of paths."""


def path_names(images: int) -> list[str]:
    """Return what a header calls the paths of a record's images.

    Example:
        >>> path_names(2)
        ['path_1', 'path_2']
    """
    return [image_name(PATH_NAME, image) for image in range(images)]


def read_list_table(
    path: str,
    images: int,
    *,
    kind: ListKind,
    header: HeaderLine,
    path_column: str | int | None,
    path_prefix: str,
    path_suffix: str,
    root: str = "",
    separator: str = "",
    beginning: bool = False,
) -> tuple[ImageTable, list[list[str]]]:
    """Read a list as a table, of records of any number of images.

    The paths of several are in the columns that the header calls so (`path_names`), or else in the
    first ones.

    Args:
        path: the list.
        images: of a record.
        kind: as `read_table` takes it, and all that follows.
        header: whether the first line names the columns.
        path_column: the column of the paths, of one image a record.
        path_prefix: put before each path.
        path_suffix: put behind each path.
        root: the folder that the paths of one image a record begin at.
        separator: of the fields.
        beginning: only the first lines.

    Returns:
        The table, whose paths are those of the first images and whose columns are those beside all
        the paths; and of each further image the paths of all records.

    Raises:
        ListError: the list cannot be read, or has too few columns.
    """

    def table_by(column: str | int | None) -> ImageTable:
        options = ReadOptions(
            root=root if images == 1 else "",
            path_column=column,
            header=header,
            separator=separator,
            path_prefix=path_prefix,
            path_suffix=path_suffix,
        )
        return read_source(Source.of(path), kind, options, beginning=beginning)

    if images == 1:
        return table_by(path_column), []
    first = path_names(images)[0]
    try:
        table, named = table_by(first), True
    except OptionError:  # no column is called so
        table, named = table_by(0), False
    if table.kind not in _WITH_COLUMNS:
        raise ListError(
            f"{path}: a list of kind {table.kind} has one image a record; records of {images} "
            "images want tabs or commas between the fields, or JSON lines",
            path=path,
        )
    table, others = take_path_columns(table, images, named=named)
    return table, [
        [text and f"{path_prefix}{text}{path_suffix}" for text in paths] for paths in others
    ]


def take_path_columns(
    table: ImageTable, images: int, *, named: bool
) -> tuple[ImageTable, list[list[str]]]:
    """Part the paths of further images from the labels of a table.

    Args:
        table: its paths are those of the first images.
        images: of a record.
        named: the columns are those called `path_2` and so on; else the first ones.

    Raises:
        ListError: there are no such columns.
    """
    if named:
        columns = [_column(table, name) for name in path_names(images)[1:]]
    else:
        columns = list(range(images - 1))
        if len(table.columns) < images - 1:
            raise ListError(
                f"{table.source}: has {len(table.columns) + 1} columns, want {images} of paths, "
                "then labels",
                path=table.source,
            )
    left = tuple(each for place, each in enumerate(table.columns) if place not in columns)
    in_front = columns == list(range(images - 1))
    return (
        replace(table, columns=left, core_cut=table.core_cut and in_front),
        [table.columns[place].cells() for place in columns],
    )


def _column(table: ImageTable, name: str) -> int:
    names = [column.name for column in table.columns]
    if name in names:
        return names.index(name)
    raise ListError(
        f"{table.source}: no column is named '{name}'; beside path_1 the columns are "
        f"{listed([each or '(no name)' for each in names])}",
        path=table.source,
    )


def interleaved(first: Sequence[str], others: Sequence[Sequence[str]]) -> list[str]:
    """Return the paths of all records, those of a record after each other."""
    return [path for record in zip(first, *others, strict=True) for path in record]
