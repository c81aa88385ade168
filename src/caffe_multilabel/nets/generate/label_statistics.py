"""What the labels of a label DB are like, column by column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

import numpy as np

from caffe_multilabel.data.databases import keys_at, read_stored_labels
from caffe_multilabel.errors import DatabaseError
from caffe_multilabel.labels import label_rules

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from caffe_multilabel.labels import LabelRule
    from caffe_multilabel.tasks import TaskFile

__all__ = ["ColumnStatistics", "LabelStatistics", "read_label_statistics"]

_CHUNK = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnStatistics:
    """What one label column holds.

    Attributes:
        count: labels that count, those equal to the task's `ignore_label` left out.
        missing: labels equal to the task's `ignore_label`.
        mean: mean of the labels that count; 0 if there is none.
        variance: their variance, divided by `count`; 0 if there is none.
        class_counts: how often each class occurs; empty for a column that holds no classes.
    """

    count: int
    missing: int
    mean: float
    variance: float
    class_counts: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelStatistics:
    """What a label DB holds.

    Attributes:
        count: number of records.
        columns: one for each label column.
    """

    count: int
    columns: tuple[ColumnStatistics, ...]


def read_label_statistics(label_db: str, tasks: TaskFile) -> LabelStatistics:
    """Go through a label DB once.

    Args:
        label_db: an LMDB of label vectors.
        tasks: the tasks, which say what each column holds.

    Raises:
        DatabaseError: the database cannot be read or is empty, its records differ in length,
            or a label is no number or no class of its task; `key` names the record.
        TaskFileError: a task reads a column that is not there.
    """
    stored = read_stored_labels(label_db)
    tallies = [_Tally(rule) for rule in label_rules(tasks, stored.value_count)]
    for begin in range(0, len(stored.rows), _CHUNK):
        labels = stored.rows[begin : begin + _CHUNK].astype(np.float64)
        for column, tally in enumerate(tallies):
            wrong = tally.add(labels[:, column])
            if wrong is not None:
                problem = f": label column {column} is {labels[wrong, column]:g}; {tally.allowed}"
                _fail(label_db, begin + wrong, problem)
    if stored.odd is not None:
        position, held = stored.odd
        _fail(label_db, position, f" has {held} labels, others have {stored.value_count}")
    return LabelStatistics(count=stored.records, columns=tuple(t.result() for t in tallies))


def _fail(label_db: str, position: int, problem: str) -> NoReturn:
    key = keys_at(label_db, [position])[position]
    raise DatabaseError(f"{label_db}: record {key}{problem}", path=label_db, key=key)


class _Tally:
    """Adds up one column, chunk by chunk (the parallel variance of Chan, Golub and LeVeque)."""

    def __init__(self, rule: LabelRule) -> None:
        self._rule = rule
        self._classes = {"class": rule.classes, "binary": 2}.get(rule.kind, 0)
        self._counts = np.zeros(self._classes, dtype=np.int64)
        self._count = self._missing = 0
        self._mean = self._squares = 0.0

    @property
    def allowed(self) -> str:
        """What the column may hold, for messages."""
        wanted = f"a class from 0 to {self._classes - 1}" if self._classes else "a finite number"
        ignore = "" if self._rule.ignore is None else f" or {self._rule.ignore:g}"
        owner = f"task '{self._rule.task}'" if self._rule.task else "a column of no task"
        return f"{owner} takes {wanted}{ignore}"

    def add(self, labels: NDArray[np.float64]) -> int | None:
        """Add labels, or return the place of the first one that the task does not take."""
        here = labels if self._rule.ignore is None else labels[labels != self._rule.ignore]
        taken = np.isfinite(here)
        if self._classes:
            taken &= (here >= 0) & (here < self._classes) & (here == np.floor(here))
        if not taken.all():
            wrong = here[~taken][0]
            same = np.isnan(labels) if np.isnan(wrong) else labels == wrong
            return int(np.flatnonzero(same)[0])
        self._missing += len(labels) - len(here)
        if not len(here):
            return None
        if self._classes:
            self._counts += np.bincount(here.astype(np.int64), minlength=self._classes)
        mean, total = float(here.mean()), self._count + len(here)
        distance = mean - self._mean
        self._squares += float(((here - mean) ** 2).sum())
        self._squares += distance**2 * self._count * len(here) / total
        self._mean += distance * len(here) / total
        self._count = total
        return None

    def result(self) -> ColumnStatistics:
        """Return the sums as statistics."""
        return ColumnStatistics(
            count=self._count,
            missing=self._missing,
            mean=self._mean,
            variance=self._squares / self._count if self._count else 0.0,
            class_counts=tuple(self._counts.tolist()),
        )
