"""Lists whose fields are parted by blanks, as Caffe has them, and CelebA's with a count on top."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from caffe_multilabel._base.text import plural
from caffe_multilabel._base.utf8 import from_utf8
from caffe_multilabel.lists.readers.cut import BETWEEN_BLANKS, first_rows, table_of_text
from caffe_multilabel.lists.readers.paths import is_image
from caffe_multilabel.lists.readers.source import Reader

if TYPE_CHECKING:
    from caffe_multilabel.lists.readers.source import ReadOptions, Source
    from caffe_multilabel.lists.table import ImageTable

__all__ = ["CELEBA", "PLAIN"]

_line_end = re.compile(rb"\r\n|\r|\n")


def _recognises_plain(source: Source) -> bool:
    return not source.is_folder and bool(source.head.strip())


def _read_plain(source: Source, options: ReadOptions) -> ImageTable:
    return table_of_text(source, source.utf8(), BETWEEN_BLANKS, options)


def _recognises_celeba(source: Source) -> bool:
    lines = source.head.splitlines()[:3]
    if source.is_folder or len(lines) < 3 or not re.fullmatch(r"\s*[0-9]+\s*", lines[0]):
        return False
    return is_image(lines[2].split()[0]) if lines[2].split() else False


def _read_celeba(source: Source, options: ReadOptions) -> ImageTable:
    top, *rest = _line_end.split(source.utf8(), maxsplit=2)
    count = from_utf8(top).strip()
    names = from_utf8(rest[0]).split() if rest else []
    if not (count.isascii() and count.isdigit() and names):
        raise source.error("is no list of CelebA's: line 1 is a count, line 2 names", 1)
    records = rest[1] if len(rest) > 1 else b""
    first = first_rows(records, BETWEEN_BLANKS, 1)
    if first and len(first[0]) == len(names) + 1:
        names.insert(0, "path")  # which the files with attributes and landmarks do not name
    table = table_of_text(source, records, BETWEEN_BLANKS, options, names=names, first_line=3)
    if len(table) != int(count):
        raise source.error(
            f"says {plural(int(count), 'record')}, but {len(table)} follow: the file is not whole, "
            "or line 1 is not its count",
            1,
        )
    return table


CELEBA = Reader(
    "celeba",
    "a line with the count, a line of names, then fields between blanks: CelebA's list_*.txt",
    _recognises_celeba,
    _read_celeba,
)

PLAIN = Reader(
    "plain",
    "a path, which may hold blanks, and fields between blanks or tabs: Caffe's lists",
    _recognises_plain,
    _read_plain,
)
