"""How many records of a list there are to train and to validate with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from caffe_multilabel._base.text import listed, plural, shown
from caffe_multilabel.data.split.assign import part_sizes
from caffe_multilabel.data.split.shares import exact_shares
from caffe_multilabel.lists.parts import PARTS, parts_told
from caffe_multilabel.lists.texts import is_unknown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from fractions import Fraction

    from numpy.typing import NDArray

    from caffe_multilabel.lists.infer import InferredTasks
    from caffe_multilabel.lists.table import ImageTable

__all__ = ["VAL_SHARE", "PartCounts", "never_trained", "parts_of"]

VAL_SHARE = "0.1"
"""Of a list that does not say which records are to validate with."""


def parts_of(table: ImageTable, found: InferredTasks) -> NDArray[np.str_] | None:
    """Return each record's part, (N,), if a column says it of all of them; else None."""
    column = None if found.parts is None else table.column(found.parts)
    told = None if column is None else parts_told(column.name, column.values)
    if column is None or told is None:
        return None
    return np.array([told[text] for text in column.values])[column.codes]


def never_trained(table: ImageTable, found: InferredTasks) -> Iterator[str]:
    """Say which classes no record has that is to train with, where a column tells the parts.

    As of a list to validate with that writes its classes in another way.
    """
    parts = parts_of(table, found)
    if parts is None:
        return
    trains = parts == "train"
    for decision in found.decisions:
        if decision.ready is None or decision.ready.loss != "softmax" or decision.transform:
            continue
        column = table.columns[decision.columns[0]]
        there = np.bincount(column.codes[trains], minlength=len(column.values))
        lacking = [
            text
            for text, count in zip(column.values, there.tolist(), strict=True)
            if not count and not is_unknown(text)
        ]
        if lacking:
            yield (
                f"{listed(decision.called)}: no record to train with has "
                f"{listed(list(map(shown, lacking)), most=5)}, which others have"
            )


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
    def of(
        cls, table: ImageTable, found: InferredTasks, share: float | str | Fraction | None = None
    ) -> PartCounts:
        """Count what a share gives, or a column says, or else what a usual split gives.

        Raises:
            OptionError: it is no share to validate with.
        """
        parts = parts_of(table, found) if share is None else None
        if parts is None:
            shares = exact_shares(VAL_SHARE if share is None else share)
            train, val = part_sizes(len(table), shares)
            words = f"the {plural(train, 'record', thousands=True)} to train with"
            return cls(train, max(val, 1), words)
        train, val, test = (int((parts == part).sum()) for part in PARTS)
        val = val or test  # as `split` takes what is to test with, where nothing is to validate
        return cls(train, val, f"the {plural(train, 'record', thousands=True)} to train with")
