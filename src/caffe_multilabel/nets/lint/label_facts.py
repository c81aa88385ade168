"""What the columns of a label DB hold, whatever their tasks are, as lint looks at it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from caffe_multilabel.data.label_table import read_stored_labels
from caffe_multilabel.data.manifest import Manifest
from caffe_multilabel.labels.rule import FREE
from caffe_multilabel.labels.statistics import measure_columns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from caffe_multilabel.caffe.proto.types import TransformationParameter
    from caffe_multilabel.caffe.shapes import Shape
    from caffe_multilabel.data.label_table import StoredLabels
    from caffe_multilabel.labels import LabelSchema
    from caffe_multilabel.labels.statistics import ColumnSummary
    from caffe_multilabel.nets.analysis.scaling import Scaling

__all__ = ["ColumnFacts", "LabelFacts", "Seen", "labels_as_read", "read_label_facts"]

_MOST_VALUES = 1 << 16
"""A column with more distinct values holds no classes, and they are not kept."""
_ROUNDING = 1e-4
_MOST_COLUMNS = 1 << 12
"""Longer records are label maps, and their values are not looked at."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A label that occurs.

    Attributes:
        value: the label, as the net reads it.
        held: the label in the DB.
        count: how many records have it; fewer where a column's values are not complete.
        record: the first record that has it.
        stored: the labels that it is of.
    """

    value: float
    held: float
    count: int
    record: int
    stored: StoredLabels

    def __str__(self) -> str:
        """Return the label, and what the DB has for it where its layer changes that."""
        return f"{self.value:g}" + (
            "" if self.value == self.held else f" ({self.held:g} in the DB)"
        )

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
        mean_value: what layers take from each label, before they multiply by `scale`.
        scale: see there.
    """

    summary: ColumnSummary
    number: int
    stored: StoredLabels
    mean_value: float = 0.0
    scale: float = 1.0

    @property
    def mean_square(self) -> float:
        """Mean of the squares of the finite labels."""
        mean = (self.summary.mean - self.mean_value) * self.scale
        return self.summary.variance * self.scale**2 + mean**2

    def scaled(self, scaling: Scaling) -> ColumnFacts:
        """Return the column as it is read behind a layer that scales it."""
        scale = self.scale * scaling.scale
        if not scale:
            return self  # they are all the same number, which is found without one
        mean_value = self.mean_value - scaling.shift / scale
        return replace(self, mean_value=mean_value, scale=scale)

    @property
    def complete(self) -> bool:
        """Whether `values` are all that occur."""
        return self.summary.distinct is not None and self.summary.distinct.complete

    @cached_property
    def values(self) -> tuple[Seen, ...]:
        """The distinct finite labels in rising order, as the net reads them.

        Where there are very many, only the least, the greatest and the first one that is no
        integer.
        """
        distinct = self.summary.distinct
        if distinct is None:
            return ()
        found = (self._read(distinct.values), distinct.values, distinct.counts, distinct.first)
        seen = (
            Seen(value, held, count, record, self.stored)
            for value, held, count, record in zip(*(each.tolist() for each in found), strict=True)
        )
        return tuple(sorted(seen, key=lambda each: each.value))

    @property
    def not_finite(self) -> Seen | None:
        """The first label that is nan or infinite."""
        record = self.summary.first_wrong
        if record is None:
            return None
        label = float(self.stored.labels[record, self.number])
        return Seen(label, label, self.summary.wrong, record, self.stored)

    def _read(self, held: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return labels as `DataTransformer::Transform` makes them, in float32.

        A scale is written with a few digits, so 255 may become 1.0000004. What lies so little
        above a whole number is taken for it; what lies below is not, for Caffe cuts it off.
        """
        if self.mean_value == 0 and self.scale == 1:
            return held
        read = (held.astype(np.float32) - np.float32(self.mean_value)) * np.float32(self.scale)
        whole = np.floor(read)
        return np.where(read - whole <= _ROUNDING, whole, read).astype(np.float64)


@dataclass(frozen=True, slots=True)
class LabelFacts:
    """What a label DB holds.

    Attributes:
        stored: its labels.
        columns: one for each value of a record; empty for label maps, encoded labels, and
            records of different lengths.
        schema: the tasks of the conversion, as the manifest keeps them; None where it keeps none.
    """

    stored: StoredLabels
    columns: tuple[ColumnFacts, ...]
    schema: LabelSchema | None = None

    @property
    def path(self) -> str:
        """The DB."""
        return self.stored.path

    @property
    def records(self) -> int:
        """Number of records."""
        return self.stored.records

    @property
    def why_not_read(self) -> str:
        """Why there are no `columns`; empty where there are, or records differ in length."""
        if self.columns or self.stored.odd_record is not None:
            return ""
        if self.stored.width > _MOST_COLUMNS:
            return f"its records hold {self.stored.width} values each, more than {_MOST_COLUMNS}"
        return "its records are encoded images" if self.stored.width else "its records are empty"

    @property
    def shape(self) -> Shape | None:
        """Channels, height and width of the first record; None where it does not decode."""
        return self.stored.shape


def labels_as_read(facts: LabelFacts, transform: TransformationParameter) -> LabelFacts | None:
    """Return the labels as a layer with a `transform_param` reads them; None with a `mean_file`."""
    if transform.mean_file:
        return None
    means = list(transform.mean_value)
    if transform.scale == 1 and not any(means):
        return facts
    channels = 1 if facts.shape is None else max(facts.shape[0], 1)
    plane = max(len(facts.columns) // channels, 1)
    if len(means) not in (0, 1, channels):  # Caffe stops, and a rule of its own says so
        return None
    columns = (
        replace(
            column,
            mean_value=means[column.number // plane if len(means) > 1 else 0] if means else 0.0,
            scale=transform.scale,
        )
        for column in facts.columns
    )
    return replace(facts, columns=tuple(columns))


def read_label_facts(path: str) -> LabelFacts:
    """Go through a label DB once.

    Raises:
        DatabaseError: the DB cannot be read or is empty.
    """
    stored = read_stored_labels(path, widest=_MOST_COLUMNS)
    manifest = Manifest.read(path)
    schema = None if manifest is None else manifest.label_schema
    if not len(stored.labels):
        return LabelFacts(stored, (), schema)
    rules = [FREE] * stored.width
    summaries = measure_columns(stored.labels, rules, most_distinct=_MOST_VALUES)
    columns = (ColumnFacts(each, number, stored) for number, each in enumerate(summaries))
    return LabelFacts(stored, tuple(columns), schema)
