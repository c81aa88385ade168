"""Reading a list of any kind: the public function."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, get_args

from caffe_multilabel._base.arguments import instance_of, is_one_of, path_text, root_text
from caffe_multilabel._base.core_options import HeaderLine, ListKind
from caffe_multilabel._base.text import is_utf8, shown
from caffe_multilabel.errors import ListError, OptionError
from caffe_multilabel.lists.readers.kinds import READERS
from caffe_multilabel.lists.readers.source import ReadOptions, Source

if TYPE_CHECKING:
    from caffe_multilabel._base.arguments import StrPath
    from caffe_multilabel.lists.readers.source import Reader
    from caffe_multilabel.lists.table import Column, ImageTable

__all__ = ["kind_of", "read_source", "read_table"]

_SEPARATORS = ("", ",", ";", "|", "\t")


def read_table(
    source: StrPath,
    *,
    kind: ListKind = "auto",
    root: StrPath = "",
    path_column: str | int | None = None,
    header: HeaderLine = "auto",
    separator: str = "",
    path_prefix: str = "",
    path_suffix: str = "",
) -> ImageTable:
    """Read a list of images as people have them: CSV, JSON lines, a folder for each class, ...

    What the reader decided, such as which column holds the paths, is in `ImageTable.notes`. Cells
    are text, as the source has them; the index that pandas writes in front is passed over.

    Args:
        source: a file, a folder, or "-" for standard input.
        kind: what it is, one of `READERS`; "auto" tells it from the name and the content.
        root: the folder that the images' paths begin at. Paths of a folder of images are made
            relative to it; where a list's paths lack their ending or a folder in front, and all
            the files are below `root` with one ending, both are added.
        path_column: the column of the paths, by its name or its number from 0; None finds it by
            names such as "path" and "image", and by cells that end as images do.
        header: whether the first line names the columns; "auto" tells it from its words.
        separator: of a list of kind "csv"; empty tells it from the first lines.
        path_prefix: put before each path.
        path_suffix: put behind each path, as ".jpg" behind Kaggle's ids.

    Raises:
        ListError: the source cannot be read, lines do not fit (the first 20 are named), or no
            column, or more than one, can hold the paths.
        OptionError: an argument is out of its range, or `root` is no folder.

    Example:
        >>> from caffe_multilabel import read_table
        >>> table = read_table("train.csv")
        >>> table.kind, len(table), [column.name for column in table.columns]
        ('csv', 90, ['kind', 'color', 'filled', 'size', 'x', 'y'])
        >>> table.paths[0], table.columns[1].values[:3]
        ('images/000000.jpg', ['green', 'yellow', 'pink'])
    """
    if not is_one_of(kind, get_args(ListKind)):
        raise OptionError(f"kind is {shown(kind)}, must be auto or one of {', '.join(READERS)}")
    if not is_one_of(header, get_args(HeaderLine)):
        raise OptionError(f"header is {shown(header)}, must be auto, yes or no")
    if not is_one_of(separator, _SEPARATORS):
        raise OptionError(f"separator is {shown(separator)}, must be one of , ; | and a tab")
    if type(path_column) not in (str, int, type(None)):
        raise OptionError(f"path_column is {shown(path_column)}, must be a name or a number")
    for name, text in (("path_prefix", path_prefix), ("path_suffix", path_suffix)):
        if "\0" in instance_of(name, text, str, "text"):
            raise OptionError(f"{name} is {shown(text)}, which holds a zero byte")
    path = path_text("source", source)
    if not path:
        raise OptionError("the path of the list is empty")
    options = ReadOptions(
        root=root_text(root),
        path_column=path_column,
        header=header,
        separator=separator,
        path_prefix=path_prefix,
        path_suffix=path_suffix,
    )
    return read_source(Source.of(path), kind, options)


def read_source(
    source: Source, kind: ListKind, options: ReadOptions, *, beginning: bool = False
) -> ImageTable:
    """Read a source; see `read_table`.

    Args:
        source: what to read.
        kind: what it is.
        options: how it is read.
        beginning: only the first lines of a file, as many as are enough to tell what it is like.

    Raises:
        ListError: as of `read_table`.
        OptionError: the column of the paths is not there.
    """
    reader = _recognised(source) if kind == "auto" else READERS[kind]
    if beginning and not source.is_folder:
        source = source.beginning()
    table = replace(reader.read(source, options), kind=reader.kind)
    for column in table.columns:
        _check_text(table, column)
    return table


def _check_text(table: ImageTable, column: Column) -> None:
    """Refuse a column whose name or cells are no UTF-8; paths may be any bytes."""
    try:
        "\n".join((column.name, *column.values)).encode()
    except UnicodeEncodeError:
        texts = (column.name, *column.values)
        text = next(each for each in texts if not is_utf8(each))
        place = int((column.codes == texts.index(text) - 1).argmax())
        where = 1 if text == column.name else table.lines[place]
        raise ListError(
            f"{table.source}: line {where}: {shown(text)} is not UTF-8; save the list as UTF-8, in "
            "Excel as 'CSV UTF-8', or of GBK: iconv -f GBK -t UTF-8 LIST > NEW_LIST",
            path=table.source,
            line=int(where),
        ) from None


def kind_of(path: str) -> ListKind:
    """Return what a file or folder most likely is.

    Raises:
        ListError: it cannot be read, or is empty.
    """
    return _recognised(Source.of(path)).kind


def _recognised(source: Source) -> Reader:
    for reader in READERS.values():
        if reader.recognises(source):
            return reader
    raise source.error("holds no records")
