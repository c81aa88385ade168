"""What the rules look at: the distinct texts of each column, as numbers where they are numbers."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from caffe_multilabel._base.text import plural
from caffe_multilabel.lists.decimals import may_be_several, with_points
from caffe_multilabel.lists.infer.words import Role, name_words, role_of
from caffe_multilabel.lists.multi_hot import mark_between
from caffe_multilabel.lists.texts import LONGEST_UNKNOWN, is_unknown, layer_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from caffe_multilabel.lists.table import Column, ImageTable

__all__ = ["SAMPLE", "ColumnFacts", "Remaining"]

SAMPLE = 2000
"""Of so many distinct texts the form is looked at; the others have it too."""

_NUMBER_ROLES = ("number", "score", "count")
_MOST_WHOLE = 100_000
"""A column of more distinct whole numbers has no classes; they are not looked at one by one."""


class ColumnFacts:
    """What is known of one column; what takes long is found when it is first asked for.

    Attributes:
        place: where the column stands in the table, from 0.
        number: what the list counts it as, from 0 beside the path.
        name: what the header calls it, or empty.
        words: the words of its name in small letters.
        column: the column.
        by_place: nothing names it alone, so that a task must say where it stands.
        texts: its distinct texts but for those that say `unknown`, blanks around them cut off.
        counts: int64, how many records have each of `texts`.
        unknown: the texts that say `unknown`, and how many records have each.
    """

    def __init__(
        self,
        place: int,
        column: Column,
        *,
        number: int | None = None,
        decimal_commas: bool = False,
        shares_name: bool = False,
    ) -> None:
        """Sort out what is unknown."""
        self._decimal_commas = decimal_commas
        self.place = place
        self.number = place if number is None else number
        self.name = column.name.strip()
        self.by_place = not self.name or shares_name
        self.words = name_words(self.name)
        self.column = column
        # Whole lists at once where that goes, for there may be a text in each record.
        cut = list(map(str.strip, column.values))
        counts = column.counts
        alone = np.arange(len(cut))
        if cut != list(column.values):  # blanks may be all that told texts apart
            places: dict[str, int] = {}
            alone = np.array([places.setdefault(text, len(places)) for text in cut], np.int64)
            cut, counts = list(places), np.bincount(alone, counts).astype(np.int64)
        nothing = [
            place
            for place, text in enumerate(cut)
            if len(text) <= LONGEST_UNKNOWN and is_unknown(text)
        ]
        self.unknown = {cut[place]: int(counts[place]) for place in nothing if counts[place]}
        known = np.ones(len(cut), np.bool_)
        known[nothing] = False
        known &= counts > 0
        self.texts: Sequence[str] = (
            cut if known.all() else list(itertools.compress(cut, known.tolist()))
        )
        self.counts: NDArray[np.int64] = counts[known]
        # Of each text of the column, its place in `texts`; the last place is for the unknown.
        self._places = np.where(known, np.cumsum(known) - 1, -1)[alone]

    @property
    def records(self) -> int:
        """Records of the table."""
        return len(self.column)

    @property
    def known(self) -> int:
        """Records of which the column says something."""
        return self.records - sum(self.unknown.values())

    @property
    def each(self) -> float:
        """Known records for each distinct text."""
        return self.known / max(len(self.texts), 1)

    @cached_property
    def role(self) -> Role | None:
        """What its name says that it is."""
        return role_of(self.words)

    @cached_property
    def _pointed(self) -> Sequence[str]:
        """`texts` with points for decimal commas, unless these seem to part labels."""
        if not self._decimal_commas or (pointed := with_points(self.texts)) == self.texts:
            return self.texts
        several = self.role not in _NUMBER_ROLES and may_be_several(self.texts, unlike=True)
        return self.texts if several and mark_between(self.texts[:SAMPLE]) else pointed

    def with_decimals(self) -> ColumnFacts | None:
        """Return what a column of other text is with decimal commas; None if it has none."""
        values = with_points(self.column.values)
        if not self._decimal_commas or values == self.column.values:
            return None
        pointed = ColumnFacts(self.place, replace(self.column, values=values), number=self.number)
        return None if pointed.numbers is None else pointed

    @property
    def has_decimal_commas(self) -> bool:
        """Whether its numbers are read with decimal commas."""
        return self.numbers is not None and self._pointed != self.texts

    @property
    def may_be_several(self) -> bool:
        """Whether their commas may as well part two numbers or labels in a cell."""
        return self.role not in _NUMBER_ROLES and may_be_several(self.texts)

    @cached_property
    def numbers(self) -> NDArray[np.float64] | None:
        """Each of `texts` as a number; None if there is none, or one is no finite number."""
        if not self.texts:
            return None
        texts = self._pointed
        together = "".join(texts)
        if (
            not together.isascii() or "_" in together
        ):  # Python takes 1_000, and digits of any script
            return None
        try:
            numbers = np.fromiter(map(float, texts), np.float64, len(texts))
        except ValueError:
            return None
        return numbers if np.isfinite(numbers).all() else None

    @cached_property
    def whole(self) -> dict[int, int] | None:
        """How many records have each whole number, in rising order; None for other columns."""
        numbers = self.numbers
        if numbers is None or (numbers != np.floor(numbers)).any():
            return None
        if len(numbers) > _MOST_WHOLE or np.abs(numbers).max() > 2**53:
            return None
        found: dict[int, int] = {}
        for number, count in sorted(zip(numbers.tolist(), self.counts.tolist(), strict=True)):
            found[int(number)] = found.get(int(number), 0) + count
        return found

    @property
    def is_whole(self) -> bool:
        """Whether all are whole numbers, however many there are."""
        numbers = self.numbers
        return numbers is not None and bool((numbers == np.floor(numbers)).all())

    @property
    def low(self) -> float:
        """The least number."""
        return float(self.numbers.min()) if self.numbers is not None else np.nan

    @property
    def high(self) -> float:
        """The greatest number."""
        return float(self.numbers.max()) if self.numbers is not None else np.nan

    @property
    def moments(self) -> tuple[int, float, float]:
        """How many records have a number, the mean of the numbers, and their variance.

        Where it is beyond float64, it is inf or NaN.
        """
        if self.numbers is None:
            return 0, 0.0, 0.0
        with np.errstate(over="ignore", invalid="ignore"):  # 1e200 has no square
            mean = np.average(self.numbers, weights=self.counts)
            variance = np.average((self.numbers - mean) ** 2, weights=self.counts)
        return self.known, float(mean), float(variance)

    def cells(self) -> NDArray[np.float64]:
        """Return the number of each record, NaN where it is unknown; for columns of numbers."""
        assert self.numbers is not None
        found: NDArray[np.float64] = np.append(self.numbers, np.nan)[self._places][
            self.column.codes
        ]
        return found

    def spelled(self, number: float) -> str:
        """Return how the column writes a number first."""
        assert self.numbers is not None
        return self.texts[int(np.flatnonzero(self.numbers == number)[0])]

    @property
    def of_records(self) -> str:
        """`in 12,000 records`, for sentences."""
        known = plural(self.known, "record", thousands=True)
        return f"in {known}" if not self.unknown else f"in {known} that say something"

    def __repr__(self) -> str:
        return f"ColumnFacts({self.place}, {self.name!r}, {len(self.texts)} texts)"


@dataclass(frozen=True, slots=True)
class Remaining:
    """The columns of a table that no rule has decided yet.

    Attributes:
        columns: in the order of the table.
        records: records of the table.
    """

    columns: tuple[ColumnFacts, ...]
    records: int

    @classmethod
    def of(cls, table: ImageTable) -> Remaining:
        """Begin with all columns of a table."""
        named = Counter(layer_name(column.name) for column in table.columns)
        columns = tuple(
            ColumnFacts(
                place,
                column,
                number=number,
                decimal_commas=table.decimal_commas,
                shares_name=named[layer_name(column.name)] > 1,
            )
            for place, (number, column) in enumerate(
                zip(table.column_numbers, table.columns, strict=True)
            )
        )
        return cls(columns, len(table))

    def without(self, places: Iterable[int]) -> Remaining:
        """Return what is left when some columns are decided."""
        gone = set(places)
        left = tuple(facts for facts in self.columns if facts.place not in gone)
        return Remaining(left, self.records)
