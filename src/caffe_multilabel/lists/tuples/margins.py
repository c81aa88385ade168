"""The margin of a triplet, by the level on which its anchor and its negative part.

After the triplet loss of "Embedding Label Structures for Fine-Grained Feature Representation"
(Zhang, Zhou, Lin and Zhang, 2016), which wants images of another make farther away than those of
another model; a margin a record does that in one loss. So margins fall from the coarsest level to
the finest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from caffe_multilabel._base.arguments import instance_of
from caffe_multilabel._base.text import plural, shown
from caffe_multilabel.errors import OptionError
from caffe_multilabel.lists.table import Column
from caffe_multilabel.lists.texts import read_number
from caffe_multilabel.lists.tuples.candidates import column_of
from caffe_multilabel.lists.tuples.names import MARGIN_NAME

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from caffe_multilabel.lists.tuples.candidates import Candidates

__all__ = ["Margins"]


@dataclass(frozen=True, slots=True, eq=False)
class Margins:
    """Margins of levels.

    Attributes:
        names: the columns, from the coarsest to the finest.
        texts: the margin of each.
        codes: int64 (M,) of each column, the code of each image's cell; -1 unknown.
    """

    names: tuple[str, ...]
    texts: tuple[str, ...]
    codes: tuple[NDArray[np.int64], ...]

    @classmethod
    def of(cls, candidates: Candidates, margins: Mapping[str, float | str]) -> Margins:
        """Check margins as they were given.

        Raises:
            OptionError: they are none.
        """
        instance_of("margins", margins, Mapping, "a mapping of columns to numbers")
        names = tuple(margins)
        columns = [column_of(candidates.table, "margins", name) for name in names]
        if not columns or columns[-1].name != candidates.identity_name:
            raise OptionError(
                f"margins are of {', '.join(map(shown, names)) or 'no columns'}; the last one, the "
                f"finest, must be the identity, {shown(candidates.identity_name)}"
            )
        numbers = [_margin(name, margins[name]) for name in names]
        for (one, coarse), (other, fine) in pairwise(zip(names, numbers, strict=True)):
            if not coarse > fine:
                raise OptionError(
                    f"the margin of {shown(one)} is {margins[one]} and that of the finer "
                    f"{shown(other)} is {margins[other]}; margins must fall from the coarsest "
                    "column to the finest"
                )
        return cls(
            names,
            tuple(str(margins[name]).strip() for name in names),
            tuple(candidates.codes_of("margins", name) for name in names),
        )

    def column(self, triplets: NDArray[np.int64]) -> tuple[Column, list[str]]:
        """Return the margins of triplets, and what there is to say of them."""
        level = np.full(len(triplets), len(self.names) - 1, np.int32)
        unknown = np.zeros(len(triplets), np.bool_)
        for place in range(len(self.names) - 2, -1, -1):
            anchor, negative = self.codes[place][triplets[:, ::2]].T
            known = (anchor >= 0) & (negative >= 0)
            level[known & (anchor != negative)] = place
            unknown |= ~known
        counts = np.bincount(level, minlength=len(self.names)).tolist()
        said = [
            f"{count} of margin {text}, by {shown(name)}"
            for count, text, name in zip(counts, self.texts, self.names, strict=True)
        ]
        notes = [f"margins: {'; '.join(said)}"]
        if unknown.any():
            said_of = plural(int(unknown.sum()), "triplet")
            notes.append(
                f"a level of anchor or negative is unknown in {said_of}: their margin is that of "
                "another one"
            )
        values = list(dict.fromkeys(self.texts))
        code = np.array([values.index(text) for text in self.texts], np.int32)
        return Column(MARGIN_NAME, values, code[level]), notes


def _margin(name: str, margin: float | str) -> float:
    """Return a margin as a label DB holds it."""
    number = None if isinstance(margin, bool) else read_number(str(margin))
    if number is None or number <= 0:
        raise OptionError(
            f"the margin of {shown(name)} is {shown(margin)}, must be a number above 0 that a "
            "32-bit float holds"
        )
    return number
