"""Numbers that stand for `unknown` beside class numbers: -1, 99, 255 and the like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from caffe_multilabel.lists.infer.evidence import ColumnFacts

__all__ = ["IGNORED", "KnownNumbers", "is_dense", "known_numbers"]

IGNORED = -1
"""The label that unknown values become."""

_FAR = (99, 255, 999, 9999, 65535)
_NEGATIVE = (-9, -99, -999, -9999)


@dataclass(frozen=True, slots=True)
class KnownNumbers:
    """Whole numbers of a column without the one that says `unknown`.

    Attributes:
        counts: how many records have each number, in rising order.
        unknown: the number that says `unknown`, or None.
    """

    counts: dict[int, int]
    unknown: int | None = None

    @property
    def mapping(self) -> tuple[tuple[int, int], ...]:
        """What a task has to map so that unknown values are ignored."""
        return () if self.unknown in (None, IGNORED) else ((self.unknown, IGNORED),)

    @property
    def ignore_label(self) -> int | None:
        """What a task has to ignore."""
        return None if self.unknown is None else IGNORED

    @property
    def remark(self) -> str:
        """What to say of it, or nothing."""
        return "" if self.unknown is None else f"; {self.unknown} is taken for unknown"


def is_dense(numbers: Iterable[int]) -> bool:
    """Tell whether whole numbers go up by one from 0 or 1.

    Example:
        >>> is_dense([0, 1, 2]), is_dense([1, 2, 3]), is_dense([0, 2])
        (True, True, False)
    """
    numbers = list(numbers)
    return (
        bool(numbers)
        and numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        and (numbers[0] in (0, 1))
    )


def known_numbers(facts: ColumnFacts) -> KnownNumbers | None:
    """Find the number that says `unknown`: one that stands apart from class numbers in a row.

    Beside yes and no, -1 is left as it is: who codes yes and no by 1 and -1 has it too.

    Returns:
        None where the column holds no whole numbers.
    """
    counts = facts.whole
    if counts is None:
        return None
    for candidate in (next(iter(counts)), next(reversed(counts))):
        rest = {number: count for number, count in counts.items() if number != candidate}
        if _stands_apart(candidate, rest):
            return KnownNumbers(rest, candidate)
    return KnownNumbers(counts)


def _stands_apart(candidate: int, rest: dict[int, int]) -> bool:
    if len(rest) < 2 or not is_dense(rest):
        return False
    most = next(reversed(rest))
    if candidate == IGNORED:
        return len(rest) > 2 or 0 not in rest
    return candidate in _NEGATIVE or (candidate in _FAR and most <= candidate // 4)
