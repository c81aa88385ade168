"""Lists whose fields are parted by blanks, as Caffe has them, and CelebA's with a count on top."""

from __future__ import annotations

import re
from itertools import chain, islice
from typing import TYPE_CHECKING

from caffe_multilabel._base.text import plural
from caffe_multilabel.lists.readers.paths import PATH_ENDING, is_image
from caffe_multilabel.lists.readers.rows import in_chunks, table_of_chunks
from caffe_multilabel.lists.readers.source import Reader

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from caffe_multilabel.lists.readers.source import ReadOptions, Source
    from caffe_multilabel.lists.table import ImageTable

__all__ = ["CELEBA", "PLAIN"]

_path_and_rest = re.compile(rf"(.*?{PATH_ENDING})(?:[ \t]+(.*))?\Z", re.IGNORECASE).match


def _recognises_plain(source: Source) -> bool:
    return not source.is_folder and bool(source.head.strip())


def _read_plain(source: Source, options: ReadOptions) -> ImageTable:
    with source.text() as text:
        chunks = in_chunks(_rows(text))
        core_cut = source.encoding != "utf-16"
        return table_of_chunks(source, chunks, options, core_cut=core_cut)


def _rows(text: Iterable[str], start: int = 1) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate(text, start):
        stripped = line.strip()
        if not stripped:
            continue
        fields = stripped.split()
        if not is_image(fields[0]) and (cut := _path_and_rest(stripped)):
            # A path with blanks in it ends where the name of an image does.
            fields = [cut[1], *(cut[2] or "").split()]
        yield number, fields


def _recognises_celeba(source: Source) -> bool:
    lines = source.head.splitlines()[:3]
    if source.is_folder or len(lines) < 3 or not re.fullmatch(r"\s*[0-9]+\s*", lines[0]):
        return False
    return is_image(lines[2].split()[0]) if lines[2].split() else False


def _read_celeba(source: Source, options: ReadOptions) -> ImageTable:
    with source.text() as text:
        count, names = next(text, "").strip(), next(text, "").split()
        if not (count.isascii() and count.isdigit() and names):
            raise source.error("is no list of CelebA's: line 1 is a count, line 2 names", 1)
        rows = _rows(text, start=3)
        first = list(islice(rows, 1))
        if first and len(first[0][1]) == len(names) + 1:
            names.insert(0, "path")  # which the files with attributes and landmarks do not name
        chunks = in_chunks(chain(first, rows))
        table = table_of_chunks(source, chunks, options, names=names)
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
