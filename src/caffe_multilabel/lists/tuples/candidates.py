"""Who takes part in pairs and triplets: images whose identity is known, each once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from caffe_multilabel._base.arguments import instance_of
from caffe_multilabel._base.text import did_you_mean, listed, plural, shown
from caffe_multilabel.errors import ListError, OptionError
from caffe_multilabel.lists.table import ImageTable
from caffe_multilabel.lists.texts import is_unknown
from caffe_multilabel.lists.tuples.told import identities

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from caffe_multilabel.lists.table import Column

__all__ = ["Candidates", "column_of", "known_codes"]


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Images that can be in a record, sorted by nothing.

    Attributes:
        table: the list that they are in.
        rows: int64 (M,), where each stands in the table.
        identity: int64 (M,), of each, from 0.
        sizes: int64 (I,), the images of each identity.
        identity_name: what the column is called.
        unknown: how many images of the list have no known identity.
        notes: who takes no part.
    """

    table: ImageTable
    rows: NDArray[np.int64]
    identity: NDArray[np.int64]
    sizes: NDArray[np.int64]
    identity_name: str
    unknown: int
    notes: tuple[str, ...]

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self.rows)

    @property
    def starts(self) -> NDArray[np.int64]:
        """Where each identity's images begin once they are sorted by identity."""
        found: NDArray[np.int64] = np.cumsum(self.sizes) - self.sizes
        return found

    @property
    def told(self) -> str:
        """Count them, and those that are none for want of an identity, for messages."""
        known = f"{plural(len(self), 'image')} of {identities(len(self.sizes))}"
        return f"{known}, and {self.unknown} of an unknown one" if self.unknown else known

    @classmethod
    def of(cls, table: ImageTable, identity: str) -> Candidates:
        """Find those of a table.

        Raises:
            OptionError: there is no such column, or it tells of no image.
            ListError: an image has two identities.
        """
        instance_of("table", table, ImageTable, "an ImageTable, as read_table gives it")
        column = column_of(table, "identity", identity)
        codes = known_codes(column)
        notes = []
        unknown = int((codes < 0).sum())
        if unknown == len(table) > 0:
            raise OptionError(
                f"identity: column {shown(identity)} of {table.source} tells of no image: "
                f"{plural(unknown, 'cell')}, all blank or unknown"
            )
        if unknown:
            verb = "takes" if unknown == 1 else "take"
            notes.append(
                f"{plural(unknown, 'image')} of unknown {shown(identity)} {verb} part in nothing"
            )
        first: dict[str, int] = {}
        firsts = [first.setdefault(path, row) for row, path in enumerate(table.paths)]
        first_rows = np.array(firsts, np.int64)
        again = first_rows != np.arange(len(table))
        both = again & (column.codes != column.codes[first_rows])
        if both.any():
            row = int(np.flatnonzero(both)[0])
            lines = f"lines {table.lines[first_rows[row]]} and {table.lines[row]}"
            raise ListError(
                f"{table.source}, {lines}: {shown(table.paths[row])} has two texts in column "
                f"{shown(identity)}, {shown(column.values[column.codes[first_rows[row]]])} and "
                f"{shown(column.values[column.codes[row]])}",
                path=table.source,
                line=int(table.lines[row]),
            )
        if again.any():
            said = plural(int(again.sum()), "line")
            notes.append(f"{said} with the path of an earlier one: each image is taken once")
        rows = np.flatnonzero((codes >= 0) & ~again)
        found, compact = np.unique(codes[rows], return_inverse=True)
        sizes = np.bincount(compact, minlength=len(found)).astype(np.int64)
        return cls(table, rows, compact.astype(np.int64), sizes, column.name, unknown, tuple(notes))

    def codes_of(self, argument: str, name: str) -> NDArray[np.int64]:
        """Return the code of each image's cell in a column; -1 where it is unknown."""
        return known_codes(column_of(self.table, argument, name))[self.rows]


def column_of(table: ImageTable, argument: str, name: str) -> Column:
    """Return the column that an argument names.

    Raises:
        OptionError: there is none.
    """
    instance_of(argument, name, str, "a column, by its name or its number as text")
    column = table.column(name)
    if column is None:
        there = [each.name or str(place) for place, each in enumerate(table.columns)]
        raise OptionError(
            f"{argument}: there is no column {shown(name)}; the columns are {listed(there)}"
            f"{did_you_mean(name, there)}"
        )
    return column


def known_codes(column: Column) -> NDArray[np.int64]:
    """Return the code of each record's text; -1 where that says that nothing is known."""
    known = np.array([not is_unknown(text) for text in column.values], np.bool_)
    return np.where(known[column.codes], column.codes, -1).astype(np.int64)
