"""What the columns of a label DB hold, whatever their tasks are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from caffe_multilabel.data.databases import datum_shape, keys_at, read_stored_labels

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from caffe_multilabel.caffe.shapes import Shape

__all__ = ["ColumnFacts", "LabelFacts", "Seen", "read_label_facts"]

_CHUNK = 1024
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
        key: the key of the first record that has it.
    """

    value: float
    count: int
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnFacts:
    """What one label column holds.

    Attributes:
        mean: mean of the finite labels.
        variance: their variance, divided by their number.
        values: the distinct finite labels in rising order; where there are very many, only the
            least, the greatest and the first one that is no integer.
        complete: whether `values` are all of them.
        not_finite: the first label that is nan or infinite.
    """

    mean: float
    variance: float
    values: tuple[Seen, ...]
    complete: bool
    not_finite: Seen | None


@dataclass(frozen=True, slots=True)
class LabelFacts:
    """What a label DB holds.

    Attributes:
        path: the DB.
        records: number of records.
        shape: channels, height and width of the first record; None where it does not decode.
        values: how many values it holds; the bytes of an encoded one.
        pixels: whether the first record holds bytes instead of numbers.
        columns: one for each value of a record; empty for label maps, encoded labels, and
            records of different lengths.
        odd_record: the key and length of the first record of another length than the first one.
    """

    path: str
    records: int
    shape: Shape | None
    values: int
    pixels: bool
    columns: tuple[ColumnFacts, ...]
    odd_record: tuple[str, int] | None


def read_label_facts(path: str) -> LabelFacts:
    """Go through a label DB once.

    Raises:
        DatabaseError: the DB cannot be read or is empty.
    """
    labels = read_stored_labels(path, most_values=_MOST_COLUMNS)
    tallies = []
    if len(labels.rows) == labels.records:
        tallies = [_Tally() for _ in range(labels.value_count)]
        for begin in range(0, labels.records, _CHUNK):
            table = labels.rows[begin : begin + _CHUNK].astype(np.float64)
            for column, tally in enumerate(tallies):
                tally.add(table[:, column], begin)
    positions = {position for tally in tallies for position in tally.positions()}
    if labels.odd is not None:
        positions.add(labels.odd[0])
    keys = keys_at(path, positions)
    return LabelFacts(
        path=path,
        records=labels.records,
        shape=datum_shape(labels.first),
        values=labels.value_count,
        pixels=bool(labels.first.data),
        columns=tuple(tally.result(keys) for tally in tallies),
        odd_record=None if labels.odd is None else (keys[labels.odd[0]], labels.odd[1]),
    )


class _Tally:
    """Adds up one column, chunk by chunk."""

    def __init__(self) -> None:
        # How many records have a label, and the first of them.
        self._values: dict[float, tuple[int, int]] = {}
        self._complete = True
        self._not_finite: tuple[float, int, int] | None = None
        self._count = 0
        self._origin = self._sum = self._squares = 0.0

    def add(self, labels: NDArray[np.float64], begin: int) -> None:
        positions = np.arange(begin, begin + len(labels))
        finite = np.isfinite(labels)
        if not finite.all():
            wrong = np.flatnonzero(~finite)
            if self._not_finite is None:
                where = wrong[0]
                self._not_finite = float(labels[where]), len(wrong), int(positions[where])
            labels, positions = labels[finite], positions[finite]
        if not len(labels):
            return
        if not self._count:
            # Squares of distances from a label keep their digits where the mean is large.
            self._origin = float(labels[0])
        self._count += len(labels)
        self._sum += float((labels - self._origin).sum())
        self._squares += float(((labels - self._origin) ** 2).sum())
        for place, number in _distinct(labels) if self._complete else _extremes(labels):
            value = float(labels[place])
            before, first = self._values.get(value, (0, int(positions[place])))
            self._values[value] = (before + number, first)
        if len(self._values) > _MOST_VALUES or not self._complete:
            self._complete = False
            known = np.array(list(self._values))
            self._values = {
                value: self._values[value] for value in known[[p for p, _ in _extremes(known)]]
            }

    def positions(self) -> Iterator[int]:
        """Give the records that the result names."""
        yield from (first for _, first in self._values.values())
        if self._not_finite is not None:
            yield self._not_finite[2]

    def result(self, keys: Mapping[int, str]) -> ColumnFacts:
        wrong = self._not_finite
        mean = self._sum / self._count if self._count else 0.0
        variance = self._squares / self._count - mean**2 if self._count else 0.0
        return ColumnFacts(
            mean=self._origin + mean,
            variance=max(variance, 0.0),
            values=tuple(
                Seen(value, count, keys[first])
                for value, (count, first) in sorted(self._values.items())
            ),
            complete=self._complete,
            not_finite=None if wrong is None else Seen(wrong[0], wrong[1], keys[wrong[2]]),
        )


def _distinct(labels: NDArray[np.float64]) -> Iterator[tuple[int, int]]:
    """Return the first place of each distinct label, and how often it occurs."""
    _, places, counts = np.unique(labels, return_index=True, return_counts=True)
    return zip(places.tolist(), counts.tolist(), strict=True)


def _extremes(labels: NDArray[np.float64]) -> Iterator[tuple[int, int]]:
    """Return the places of the least, the greatest and the first fractional label."""
    fractions = np.flatnonzero(labels != np.floor(labels))
    places = {int(labels.argmin()), int(labels.argmax()), *map(int, fractions[:1])}
    return ((place, 1) for place in sorted(places))
