"""A table of images and of what is said about each of them, column by column.

Cells are text, as the file has them. Few of a column's cells differ, so a column keeps each text
once: what is asked of a column is asked of its distinct texts, however many records there are.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from caffe_multilabel._base.text import listed, plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from caffe_multilabel.lists.image_words import ImageWords

__all__ = ["Column", "ImageTable", "TableBuilder"]

_CHUNK = 512
"""Rows that are handled together: fewer new lists than make Python's garbage collector look through
all that there is, which takes as long as the reading itself."""


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """One column.

    Attributes:
        name: what the header calls it; empty where there is none.
        values: the distinct texts, in the order in which they come first.
        codes: int32 (N,), of each record the index of its text in `values`.

    Example:
        >>> from caffe_multilabel import Column
        >>> color = Column.of("color", ["red", "blue", "red"])
        >>> color.values, color.codes.tolist(), color.counts.tolist()
        (['red', 'blue'], [0, 1, 0], [2, 1])
    """

    name: str
    values: Sequence[str]
    codes: NDArray[np.int32]

    def __len__(self) -> int:
        """Return the number of records."""
        return len(self.codes)

    def __repr__(self) -> str:
        """Name the column and count what it holds."""
        texts = plural(len(self.values), "text")
        return f"<Column '{self.name}': {plural(len(self), 'record')}, {texts}>"

    @classmethod
    def of(cls, name: str, cells: Iterable[str]) -> Column:
        """Make a column of the text of each record."""
        builder = TableBuilder([name])
        builder.add_columns([list(cells)])
        return builder.columns()[0]

    @property
    def counts(self) -> NDArray[np.int64]:
        """How many records have each of `values`."""
        return np.bincount(self.codes, minlength=len(self.values))

    def cells(self) -> list[str]:
        """Return the text of each record."""
        return [self.values[code] for code in self.codes]


@dataclass(frozen=True, slots=True, eq=False)
class ImageTable:
    """A list of images, whatever it was read from.

    Attributes:
        source: what messages call it.
        paths: of each image, as the source has it; bytes that are no UTF-8 as surrogates, as
            `surrogateescape` makes them.
        columns: what is said about the images, in the order of the source.
        lines: int64 (N,), where each record stands in the source, from 1.
        notes: what the reader of the source decided, each a sentence for the user.
        core_cut: whether the core's own reader of lists cuts the source the same way: the path
            first, then all columns.
        decimal_commas: whether a comma in a number may be that of decimals, as in `3,14`: fields
            are parted by semicolons.
        kind: which reader read it.
        warnings: what in the source is hardly meant so, each a sentence for the user.
        numbers: of each column its number, from 0 beside the path, where others were joined to it
            or split from it; empty where none was.
        path_name: what the header calls the column of the paths; empty where nothing does.
        path_place: how many of the columns stand before the paths, the last of them.
        further_paths: of each image of a record but the first the paths of all records.
        image_words: what the header tells the images of a record apart by.

    Example:
        >>> from caffe_multilabel import read_table
        >>> table = read_table("train.csv")
        >>> table
        <ImageTable: 90 records, columns kind, color, filled, size, x, y>
        >>> table.columns[0].cells()[:2], table.lines[:2].tolist()
        (['heart', 'triangle'], [2, 3])
    """

    source: str
    paths: Sequence[str]
    columns: tuple[Column, ...]
    lines: NDArray[np.int64]
    notes: tuple[str, ...] = ()
    core_cut: bool = False
    decimal_commas: bool = False
    kind: str = ""
    warnings: tuple[str, ...] = ()
    numbers: tuple[int, ...] = ()
    path_name: str = ""
    path_place: int = 0
    further_paths: tuple[Sequence[str], ...] = ()
    image_words: ImageWords | None = None

    def __len__(self) -> int:
        """Return the number of records."""
        return len(self.paths)

    def __repr__(self) -> str:
        """Count the records and name the columns."""
        names = listed([column.name or "without name" for column in self.columns])
        return f"<ImageTable: {plural(len(self), 'record')}, columns {names}>"

    @property
    def has_names(self) -> bool:
        """Whether columns have names."""
        return any(column.name for column in self.columns)

    @property
    def column_numbers(self) -> tuple[int, ...]:
        """The number of each column, from 0 beside the path."""
        return self.numbers or tuple(range(len(self.columns)))

    def column(self, name: str) -> Column | None:
        """Return a column by its name, or by its number from 0; None where there is no such one."""
        named = next((column for column in self.columns if column.name == name), None)
        if named is None and name.isascii() and name.isdigit() and int(name) < len(self.columns):
            return self.columns[int(name)]
        return named


class TableBuilder:
    """Makes columns of rows, which it forgets as it goes.

    Example:
        >>> builder = TableBuilder(["color", "size"])
        >>> builder.add_rows([("red", "1"), ("blue", "1"), ("red", "2")])
        >>> color, _ = builder.columns()
        >>> color.values, color.codes.tolist()
        (['red', 'blue'], [0, 1, 0])
    """

    def __init__(self, names: Sequence[str]) -> None:
        """Begin a table of columns of these names."""
        self._names = tuple(names)
        self._codes: list[defaultdict[str, int]] = []
        for _ in self._names:
            known: defaultdict[str, int] = defaultdict()
            known.default_factory = known.__len__  # a text not seen before gets the next code
            self._codes.append(known)
        self._chunks: list[list[NDArray[np.int32]]] = [[] for _ in self._names]

    def add_rows(self, rows: Iterable[Sequence[str]]) -> None:
        """Add rows, each of one text a column."""
        remaining = iter(rows)
        while chunk := list(islice(remaining, _CHUNK)):
            self.add_columns(zip(*chunk, strict=True))

    def add_columns(self, columns: Iterable[Sequence[str]]) -> None:
        """Add the cells of some rows, column by column."""
        for known, chunks, cells in zip(self._codes, self._chunks, columns, strict=True):
            codes = map(known.__getitem__, cells)
            chunks.append(np.fromiter(codes, np.int32, len(cells)))

    def columns(self) -> tuple[Column, ...]:
        """Return the columns of all rows so far."""
        nothing = np.empty(0, np.int32)
        return tuple(
            Column(name, list(known), np.concatenate([nothing, *chunks]))
            for name, known, chunks in zip(self._names, self._codes, self._chunks, strict=True)
        )
