"""How many records of a list there are to train and to validate with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from caffe_multilabel.lists.parts import parts_told

if TYPE_CHECKING:
    from caffe_multilabel.lists.infer import InferredTasks
    from caffe_multilabel.lists.table import Column, ImageTable

__all__ = ["VAL_SHARE", "PartCounts", "parts_column"]

VAL_SHARE = "0.1"
"""Of a list that does not say which records are to validate with."""


def parts_column(table: ImageTable, found: InferredTasks) -> Column | None:
    """Return the column that says which part each record is of, if it says so of all of them."""
    named = [column for column in table.columns if column.name and column.name == found.parts]
    told = [column for column in named if parts_told(column.name, column.values) is not None]
    return told[0] if told else None


@dataclass(frozen=True, slots=True)
class PartCounts:
    """Records of the parts, as far as they are known before a split.

    Attributes:
        train: to train with.
        val: to validate with, at least 1.
        words: what was counted to train with, for a sentence.
    """

    train: int
    val: int
    words: str

    @classmethod
    def of(cls, table: ImageTable, found: InferredTasks) -> PartCounts:
        """Count what a column says, or else what a usual split gives."""
        column = parts_column(table, found)
        told = None if column is None else parts_told(column.name, column.values)
        if column is None or told is None:
            val = max(round(float(VAL_SHARE) * len(table)), 1)
            words = f"nine tenths of the list's {len(table):,} records"
            return cls(len(table) - val, val, words)
        counts = dict.fromkeys(("train", "val", "test"), 0)
        for text, count in zip(column.values, column.counts.tolist(), strict=True):
            counts[told[text]] += count
        train = counts["train"]
        # Where nothing is to validate with, `split` takes what is to test with.
        val = counts["val"] or counts["test"]
        return cls(train, val, f"the list's {train:,} records to train with")
