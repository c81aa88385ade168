"""What the columns of a label DB hold, whatever their tasks are, as lint looks at it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from caffe_multilabel.data.label_table import read_stored_labels
from caffe_multilabel.labels.rule import FREE
from caffe_multilabel.labels.statistics import measure_columns

if TYPE_CHECKING:
    from caffe_multilabel.caffe.shapes import Shape
    from caffe_multilabel.data.label_table import StoredLabels
    from caffe_multilabel.labels.statistics import ColumnSummary

__all__ = ["ColumnFacts", "LabelFacts", "Seen", "read_label_facts"]

_MOST_VALUES = 1 << 16
"""A column with more distinct values holds no classes, and they are not kept."""
_MOST_COLUMNS = 1 << 12
"""Longer records are label maps, and their values are not looked at."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A label that occurs.

    Attributes:
        value: the label.
        count: how many records have it; fewer where a column's values are not complete.
        record: the first record that has it.
        stored: the labels that it is of.
    """

    value: float
    count: int
    record: int
    stored: StoredLabels

    @property
    def key(self) -> str:
        """The key of the first record that has it; read from the DB."""
        return self.stored.key(self.record)


@dataclass(frozen=True)
class ColumnFacts:
    """What one label column holds.

    Attributes:
        summary: the column seen by no rule, so that every finite label counts.
        number: the column.
        stored: the labels that it is of.
    """

    summary: ColumnSummary
    number: int
    stored: StoredLabels

    @property
    def mean_square(self) -> float:
        """Mean of the squares of the finite labels."""
        return self.summary.variance + self.summary.mean**2

    @property
    def complete(self) -> bool:
        """Whether `values` are all that occur."""
        return self.summary.distinct is not None and self.summary.distinct.complete

    @cached_property
    def values(self) -> tuple[Seen, ...]:
        """The distinct finite labels in rising order.

        Where there are very many, only the least, the greatest and the first one that is no
        integer.
        """
        distinct = self.summary.distinct
        if distinct is None:
            return ()
        found = (distinct.values, distinct.counts, distinct.first)
        return tuple(
            Seen(value, count, record, self.stored)
            for value, count, record in zip(*(each.tolist() for each in found), strict=True)
        )

    @property
    def not_finite(self) -> Seen | None:
        """The first label that is nan or infinite."""
        record = self.summary.first_wrong
        if record is None:
            return None
        label = float(self.stored.labels[record, self.number])
        return Seen(label, self.summary.wrong, record, self.stored)


@dataclass(frozen=True, slots=True)
class LabelFacts:
    """What a label DB holds.

    Attributes:
        stored: its labels.
        columns: one for each value of a record; empty for label maps, encoded labels, and
            records of different lengths.
    """

    stored: StoredLabels
    columns: tuple[ColumnFacts, ...]

    @property
    def path(self) -> str:
        """The DB."""
        return self.stored.path

    @property
    def records(self) -> int:
        """Number of records."""
        return self.stored.records

    @property
    def shape(self) -> Shape | None:
        """Channels, height and width of the first record; None where it does not decode."""
        return self.stored.shape


def read_label_facts(path: str) -> LabelFacts:
    """Go through a label DB once.

    Raises:
        DatabaseError: the DB cannot be read or is empty.
    """
    stored = read_stored_labels(path, widest=_MOST_COLUMNS)
    if not len(stored.labels):
        return LabelFacts(stored, ())
    rules = [FREE] * stored.width
    summaries = measure_columns(stored.labels, rules, most_distinct=_MOST_VALUES)
    columns = (ColumnFacts(each, number, stored) for number, each in enumerate(summaries))
    return LabelFacts(stored, tuple(columns))
