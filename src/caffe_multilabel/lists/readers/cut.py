"""Text cut into columns by the core: lists whose fields are parted by a character or by blanks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel import _core
from caffe_multilabel._base.text import listed, plural
from caffe_multilabel.errors import ListError
from caffe_multilabel.lists.readers.paths import PATH_ENDINGS
from caffe_multilabel.lists.readers.rows import header_of, make_table
from caffe_multilabel.lists.readers.source import BadLines
from caffe_multilabel.lists.table import Column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caffe_multilabel.lists.readers.source import ReadOptions, Source
    from caffe_multilabel.lists.table import ImageTable

__all__ = ["BETWEEN_BLANKS", "first_rows", "table_of_text"]

BETWEEN_BLANKS = "\0"
"""As a separator: fields between blanks, the first of which is a path that may hold some."""

_LOOKED_AT = 200
_BY_NAME = {".csv": ",", ".tsv": "\t"}
"""What the core parts the fields of a file of such a name by, whatever is in it."""


def first_rows(text: bytes, separator: str, limit: int) -> list[list[str]]:
    """Return the first rows of a text that are not blank, up to one that cannot be cut."""
    return _core.first_rows(text=text, separator=separator, path_endings=PATH_ENDINGS, limit=limit)


def table_of_text(
    source: Source,
    text: bytes,
    separator: str,
    options: ReadOptions,
    *,
    names: Sequence[str] | None = None,
    first_line: int = 1,
) -> ImageTable:
    """Make a table of text.

    Args:
        source: what it is from.
        text: UTF-8 without a byte order mark.
        separator: what parts the fields, which may be quoted as in RFC 4180; or `BETWEEN_BLANKS`.
        options: whether the first row is a header, and how to find the paths.
        names: of the columns; None where the first row may be a header.
        first_line: which line of the source the first one of the text is.

    Raises:
        ListError: rows that do not fit, the first 20 in full; no column, or several, of paths.
        OptionError: the column of the paths is not there.
    """
    rows = first_rows(text, separator, _LOOKED_AT)
    header = header_of(rows, options) if rows and names is None else None
    named = header if names is None else names
    width = len(named) if named is not None else len(rows[0]) if rows else 0
    try:
        columns, lines, misfits, count = _core.read_columns(
            text=text,
            separator=separator,
            path_endings=PATH_ENDINGS,
            first_line=first_line,
            width=width,
            has_header=header is not None,
        )
    except ListError as error:
        raise source.error(f"cannot be cut into fields: {error.message}", error.line) from None
    bad = BadLines(source)
    for line, cells in misfits:
        bad.add(line, f"has {plural(len(cells), 'field')}, want {width}{_begins(cells)}")
    bad.add_others(count - len(misfits))
    titles = [""] * width if named is None else [name.strip() for name in named]
    made = [Column(name, *column) for name, column in zip(titles, columns, strict=True)]
    return make_table(
        source,
        made,
        lines,
        options,
        bad=bad,
        core_cut=_is_cut_so_by_the_core(source, separator),
        decimal_commas=separator == ";",
    )


def _is_cut_so_by_the_core(source: Source, separator: str) -> bool:
    """Tell whether the core's own reader, which goes by the name of a file first, cuts so, too."""
    if source.encoding == "utf-16":
        return False
    if source.ending in _BY_NAME:
        return separator == _BY_NAME[source.ending]
    return separator in (",", "\t", BETWEEN_BLANKS)


def _begins(cells: Sequence[str]) -> str:
    return f"; the line is {listed(list(map(repr, cells)), most=3)}"[:200]
