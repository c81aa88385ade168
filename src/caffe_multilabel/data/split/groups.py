"""Which records must stay together."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from caffe_multilabel.errors import ListError, OptionError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["Groups", "group_column", "groups_of_column", "groups_of_paths"]

Groups: TypeAlias = "NDArray[np.int64]"

_SHOWN = 5


def group_column(group: str, names: Sequence[str], count: int) -> int | None:
    """Return the label column that `group` names, by number or by name; None for a pattern.

    Raises:
        OptionError: there is no column with this number.
    """
    if group in names:
        return names.index(group)
    if not group.isdecimal():
        return None
    if int(group) >= count:
        raise OptionError(f"group is column {group}, but the columns are 0 to {count - 1}")
    return int(group)


def groups_of_column(labels: NDArray[np.float32]) -> Groups:
    """Put records with the same label into one group; int64 (N,) of numbers from 0."""
    return np.unique(labels, return_inverse=True)[1].astype(np.int64)


def groups_of_paths(pattern: str, paths: Sequence[bytes]) -> Groups:
    """Put records together whose paths agree in what a pattern catches.

    Args:
        pattern: a regular expression, searched for in each path. Its first group counts, or the
            whole match where it has none.
        paths: of the records.

    Returns:
        int64 (N,) of numbers from 0.

    Raises:
        OptionError: this is no regular expression.
        ListError: paths in which it is not found.
    """
    try:
        search = re.compile(pattern).search
    except re.error as error:
        raise OptionError(
            f"group is {pattern!r}, which is neither a label column nor a regular expression: "
            f"{error}"
        ) from None
    numbers: dict[str, int] = {}
    groups = np.empty(len(paths), np.int64)
    strangers: list[str] = []
    for place, path in enumerate(map(os.fsdecode, paths)):
        found = search(path)
        caught = None if found is None else found[1 if found.re.groups else 0]
        if caught is None:
            strangers.append(path)
        else:
            groups[place] = numbers.setdefault(caught, len(numbers))
    if strangers:
        shown = "".join(f"\n  {path}" for path in strangers[:_SHOWN])
        more = f"\n  and {len(strangers) - _SHOWN} more" if len(strangers) > _SHOWN else ""
        raise ListError(
            f"group {pattern!r} names no label column, and as a pattern it is not found in "
            f"{len(strangers)} of {len(paths)} paths{shown}{more}"
        )
    return groups
