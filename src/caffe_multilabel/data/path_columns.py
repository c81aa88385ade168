"""Lists and tables of records of several images, each of which has its column of paths."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from caffe_multilabel.errors import ListError
from caffe_multilabel.lists.readers.read import read_source
from caffe_multilabel.lists.readers.source import ReadOptions, Source
from caffe_multilabel.lists.tuples.names import path_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caffe_multilabel._base.core_options import HeaderLine, ListKind
    from caffe_multilabel.lists.table import ImageTable

__all__ = ["interleaved", "read_list_table", "take_path_columns"]

_WITH_COLUMNS = ("csv", "jsonl")
"""The kinds of lists that can have several columns of paths."""


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
) -> ImageTable:
    """Read a list as a table, of records of any number of images.

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

    Raises:
        ListError: the list cannot be read, or its columns of paths are not found.
    """
    if images > 1 and kind not in ("auto", *_WITH_COLUMNS):
        raise ListError(
            f"{path}: a list of kind {kind} has one image a record; records of {images} "
            "images want tabs or commas between the fields, or JSON lines",
            path=path,
        )
    options = ReadOptions(
        root=root if images == 1 else "",
        path_column=path_column,
        header=header,
        separator=separator,
        path_prefix=path_prefix,
        path_suffix=path_suffix,
        images=images,
    )
    return read_source(Source.of(path), kind, options, beginning=beginning)


def take_path_columns(table: ImageTable, images: int) -> ImageTable:
    """Part the paths of further images, `path_2` and so on, from the columns of a table."""
    wanted = path_names(images)[1:]
    columns = {column.name: column for column in table.columns}
    return replace(
        table,
        columns=tuple(column for column in table.columns if column.name not in wanted),
        further_paths=tuple(columns[name].cells() for name in wanted),
    )


def interleaved(table: ImageTable) -> Sequence[str]:
    """Return the paths of all records of a table, those of a record after each other."""
    if not table.further_paths:
        return table.paths
    return [
        path for record in zip(table.paths, *table.further_paths, strict=True) for path in record
    ]
