"""One pass over labels, for everybody who wants to know what their columns hold.

Labels are looked at in blocks of rows and columns, so that little more memory is needed than they
take themselves. Sums are float64, and those of blocks are put together by the formulas of Chan,
Golub and LeVeque ("Updating Formulae and a Pairwise Algorithm for Computing Sample Variances",
1979), which keep their digits where the mean is large.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from caffe_multilabel.labels.rule import class_indices

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from caffe_multilabel.labels.rule import LabelRule

__all__ = ["ColumnSummary", "DistinctLabels", "measure_columns"]

_ROWS = 1 << 16
_COLUMNS = 32
"""A block of so many rows and columns takes 16 MiB as float64."""
_DENSE = 1 << 16
"""Whole numbers within so small a range are counted without sorting them."""


@dataclass(frozen=True, slots=True, eq=False)
class DistinctLabels:
    """The distinct labels of a column that count.

    Attributes:
        values: float64 (D,), in rising order. Where there are more than were asked for, only the
            least, the greatest and the first one that is no integer.
        counts: int64 (D,), how many records hold each; 1 where `values` are not complete.
        first: int64 (D,), the first record that holds each.
        complete: whether `values` are all of them.
    """

    values: NDArray[np.float64]
    counts: NDArray[np.int64]
    first: NDArray[np.int64]
    complete: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ColumnSummary:
    """What one label column holds, seen by a rule.

    Attributes:
        count: labels that count: allowed, and not the rule's `ignore`.
        missing: labels that are the rule's `ignore`.
        wrong: labels that the rule does not allow.
        first_wrong: the first record that holds one; None where there is none.
        mean: mean of the labels that count; 0 if there is none.
        variance: their variance, divided by `count`; 0 if there is none.
        least: the least of them; None if there is none.
        greatest: the greatest, likewise.
        class_counts: int64 (K,), how often each class of the rule occurs, a binary column's no and
            yes; empty for a column of numbers.
        distinct: the distinct labels that count; None for columns of classes, and where they were
            not asked for.
    """

    count: int
    missing: int
    wrong: int
    first_wrong: int | None
    mean: float
    variance: float
    least: float | None
    greatest: float | None
    class_counts: NDArray[np.int64]
    distinct: DistinctLabels | None


def measure_columns(
    labels: NDArray[np.float32],
    rules: Sequence[LabelRule],
    columns: Sequence[int] | None = None,
    *,
    most_distinct: int = 0,
) -> tuple[ColumnSummary, ...]:
    """Go through labels once.

    Args:
        labels: float32 (N, L).
        rules: what each column to be looked at may hold.
        columns: the columns to be looked at, one for each rule; a column may come twice. None takes
            all of them in order.
        most_distinct: how many distinct labels of a column of numbers to keep; 0 for none of them.

    Returns:
        What each column holds, in the order of `rules`.

    Example:
        >>> import numpy as np
        >>> from caffe_multilabel.labels.rule import FREE
        >>> labels = np.array([[1], [3], [np.nan]], dtype=np.float32)
        >>> (column,) = measure_columns(labels, [FREE])
        >>> column.count, column.mean, column.variance, column.first_wrong
        (2, 2.0, 1.0, 2)
    """
    chosen = range(labels.shape[1]) if columns is None else columns
    found: list[ColumnSummary] = []
    for start in range(0, len(rules), _COLUMNS):
        part = np.array(chosen[start : start + _COLUMNS], dtype=np.intp)
        block = _Columns(rules[start : start + _COLUMNS], most_distinct)
        for begin in range(0, len(labels), _ROWS):
            rows = labels[begin : begin + _ROWS]
            block.add(np.ascontiguousarray(rows[:, part].T), begin)
        found += block.summaries()
    return tuple(found)


class _Moments(NamedTuple):
    """Number, mean, variance and range of the labels that count."""

    number: int
    mean: float
    variance: float
    least: float | None
    greatest: float | None


class _Columns:
    """Some columns, added up block by block."""

    def __init__(self, rules: Sequence[LabelRule], most_distinct: int) -> None:
        self._rules = rules
        self._classes = {
            row: np.zeros(len(rule.class_labels), dtype=np.int64)
            for row, rule in enumerate(rules)
            if rule.class_labels
        }
        self._numbers = [row for row in range(len(rules)) if row not in self._classes]
        self._sums = _Sums(len(self._numbers))
        self._distinct = {row: _Distinct(most_distinct) for row in self._numbers if most_distinct}
        self._missing, self._wrong = (np.zeros(len(rules), dtype=np.int64) for _ in range(2))
        self._first_wrong: dict[int, int] = {}

    def add(self, labels: NDArray[np.float32], begin: int) -> None:
        """Add (columns, rows) labels, of which the first row is record `begin`."""
        for row, counts in self._classes.items():
            rule = self._rules[row]
            indices = class_indices(labels[row], rule.class_labels)
            missing = rule.missing(labels[row])
            indices[missing] = -1
            held = np.bincount(indices + 1, minlength=1)
            counts[: len(held) - 1] += held[1:]
            self._note(row, missing, (indices < 0) & ~missing, begin)
        if not self._numbers:
            return
        numbers = labels[self._numbers]
        counted = np.isfinite(numbers)
        for index, row in enumerate(self._numbers):
            missing = self._rules[row].missing(numbers[index])
            self._note(row, missing, ~counted[index] & ~missing, begin)
            counted[index] &= ~missing
        self._sums.add(numbers, counted)
        for index, row in enumerate(self._numbers):
            if row in self._distinct:
                self._distinct[row].add(numbers[index], counted[index], begin)

    def summaries(self) -> list[ColumnSummary]:
        """Return what was found, in the order of the rules."""
        moments = dict(zip(self._numbers, self._sums.moments(), strict=True))
        for row, counts in self._classes.items():
            moments[row] = _moments_of_classes(self._rules[row].class_labels, counts)
        nothing = np.zeros(0, dtype=np.int64)
        return [
            ColumnSummary(
                count=moments[row].number,
                mean=moments[row].mean,
                variance=moments[row].variance,
                least=moments[row].least,
                greatest=moments[row].greatest,
                missing=int(self._missing[row]),
                wrong=int(self._wrong[row]),
                first_wrong=self._first_wrong.get(row),
                class_counts=self._classes.get(row, nothing),
                distinct=self._distinct[row].result() if row in self._distinct else None,
            )
            for row in range(len(self._rules))
        ]

    def _note(
        self, row: int, missing: NDArray[np.bool_], wrong: NDArray[np.bool_], begin: int
    ) -> None:
        self._missing[row] += np.count_nonzero(missing)
        number = np.count_nonzero(wrong)
        self._wrong[row] += number
        if number and row not in self._first_wrong:
            self._first_wrong[row] = begin + int(wrong.argmax())


class _Sums:
    """Count, mean, variance and range of some columns of numbers, all columns at once."""

    def __init__(self, columns: int) -> None:
        self._count, self._mean, self._squares = (np.zeros(columns) for _ in range(3))
        self._least = np.full(columns, np.inf)
        self._greatest = np.full(columns, -np.inf)

    def add(self, labels: NDArray[np.float32], counted: NDArray[np.bool_]) -> None:
        """Add (columns, rows) labels, those that count."""
        values = labels.astype(np.float64)
        every = bool(counted.all())
        here = counted.sum(axis=1, dtype=np.float64)
        self._least = np.minimum(self._least, _where(values, counted, np.inf, every).min(axis=1))
        greatest = _where(values, counted, -np.inf, every).max(axis=1)
        self._greatest = np.maximum(self._greatest, greatest)
        sums = _where(values, counted, 0.0, every).sum(axis=1)
        mean = np.divide(sums, here, out=np.zeros_like(sums), where=here > 0)
        distances = _where(values, counted, 0.0, every)
        distances -= mean[:, np.newaxis]
        distances = _where(distances, counted, 0.0, every)
        total = self._count + here
        share = np.divide(here, total, out=np.zeros_like(sums), where=total > 0)
        apart = mean - self._mean
        self._squares += np.einsum("ij,ij->i", distances, distances)
        self._squares += apart**2 * self._count * share
        self._mean += apart * share
        self._count = total

    def moments(self) -> list[_Moments]:
        """Return what was found, for each column."""
        sums = (self._count, self._mean, self._squares, self._least, self._greatest)
        return [
            _Moments(int(count), mean, squares / count, least, greatest)
            if count
            else _Moments(0, 0.0, 0.0, None, None)
            for count, mean, squares, least, greatest in zip(
                *(each.tolist() for each in sums), strict=True
            )
        ]


class _Distinct:
    """The distinct labels of one column of numbers."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._complete = True
        self._values = np.zeros(0, dtype=np.float64)
        self._counts, self._first = (np.zeros(0, dtype=np.int64) for _ in range(2))

    def add(self, labels: NDArray[np.float32], counted: NDArray[np.bool_], begin: int) -> None:
        """Add (rows,) labels, those that count; the first row is record `begin`."""
        records = np.flatnonzero(counted)
        kept = labels[records]
        if not len(kept):
            return
        values, indices, counts = _distinct(kept) if self._complete else _extremes(kept)
        first = records[indices] + begin
        at = np.searchsorted(self._values, values)
        known = at < len(self._values)
        known[known] = self._values[at[known]] == values[known]
        self._counts[at[known]] += counts[known]
        new = ~known
        if new.any():
            self._values = np.concatenate([self._values, values[new]])
            self._counts = np.concatenate([self._counts, counts[new]])
            self._first = np.concatenate([self._first, first[new]])
            self._choose(np.argsort(self._values, kind="stable"))
        if not self._complete or len(self._values) > self._most:
            self._complete = False
            fractions = np.flatnonzero(self._values != np.floor(self._values))
            earliest = fractions[self._first[fractions].argsort(kind="stable")[:1]]
            self._choose(np.unique([0, len(self._values) - 1, *earliest]))

    def result(self) -> DistinctLabels:
        """Return what was found."""
        counts = self._counts if self._complete else np.ones_like(self._counts)
        return DistinctLabels(self._values, counts, self._first, self._complete)

    def _choose(self, indices: NDArray[np.intp]) -> None:
        self._values = self._values[indices]
        self._counts = self._counts[indices]
        self._first = self._first[indices]


def _where(
    values: NDArray[np.float64], counted: NDArray[np.bool_], other: float, every: bool
) -> NDArray[np.float64]:
    return values if every else np.where(counted, values, other)


def _moments_of_classes(classes: Sequence[int], counts: NDArray[np.int64]) -> _Moments:
    count = int(counts.sum())
    if not count:
        return _Moments(0, 0.0, 0.0, None, None)
    held = np.flatnonzero(counts)
    numbers = counts[held].astype(np.float64)
    values = np.array([classes[index] for index in held.tolist()], dtype=np.float64)
    mean = float((values * numbers).sum() / count)
    variance = float(((values - mean) ** 2 * numbers).sum() / count)
    return _Moments(count, mean, variance, float(values[0]), float(values[-1]))


_Found = tuple["NDArray[np.float64]", "NDArray[np.int64]", "NDArray[np.int64]"]
"""Labels in rising order, the first index of each, and how often each occurs."""


def _distinct(labels: NDArray[np.float32]) -> _Found:
    least = labels.min()
    # In float64, for the range of float32 labels may be too large for a float32.
    span = float(labels.max()) - float(least)
    if span < _DENSE and (labels == np.floor(labels)).all():
        codes = (labels - least).astype(np.int64)
        counts = np.bincount(codes)
        held = np.flatnonzero(counts)
        first = np.empty(len(counts), dtype=np.int64)
        first[codes[::-1]] = np.arange(len(codes) - 1, -1, -1)  # the last one written stays
        return held + np.float64(least), first[held], counts[held]
    values, first, counts = np.unique(labels, return_index=True, return_counts=True)
    return values.astype(np.float64), first.astype(np.int64), counts.astype(np.int64)


def _extremes(labels: NDArray[np.float32]) -> _Found:
    """Return the least, the greatest and the first fractional label."""
    fractions = np.flatnonzero(labels != np.floor(labels))
    indices = np.array([labels.argmin(), labels.argmax(), *fractions[:1]], dtype=np.int64)
    values, which = np.unique(labels[indices], return_index=True)
    return values.astype(np.float64), indices[which], np.ones(len(values), dtype=np.int64)
