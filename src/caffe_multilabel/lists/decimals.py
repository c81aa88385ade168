"""Numbers with decimal commas, as a German or French Excel writes them into `;` CSV.

A comma may as well part two labels of a cell. So a list keeps its cells as they are, and who reads
a column decides: a task by what it learns, and what is told from a list by all of its cells.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["may_be_several", "with_points"]

_WITH_COMMA = re.compile(r"\s*[+-]?[0-9]*,[0-9]+([eE][+-]?[0-9]+)?\s*")
_TWO_WHOLE = re.compile(r"\s*(0|[1-9][0-9]*)\s*,\s*(0|[1-9][0-9]*)\s*")


def with_points(texts: Sequence[str]) -> list[str]:
    """Return texts with a point in each number that has one comma; others stay as they are.

    Example:
        >>> with_points(["0,5", "2", "1,2,3", "red,5", "-,5e1"])
        ['0.5', '2', '1,2,3', 'red,5', '-.5e1']
    """
    return [text.replace(",", ".") if _WITH_COMMA.fullmatch(text) else text for text in texts]


def may_be_several(texts: Sequence[str], *, unlike: bool = False) -> bool:
    """Tell whether the commas of texts may part two whole numbers, which do not begin as `05`.

    Args:
        texts: any.
        unlike: whether the two must differ, as labels of one cell do.

    Example:
        >>> may_be_several(["1,2", "3"]), may_be_several(["1,2", "2,05"])
        (True, False)
        >>> may_be_several(["1,2", "3,3"]), may_be_several(["1,2", "3,3"], unlike=True)
        (True, False)
    """
    found = [_TWO_WHOLE.fullmatch(text) for text in texts if "," in text]
    return all(two and not (unlike and two[1] == two[2]) for two in found)
