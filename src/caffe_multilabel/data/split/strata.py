"""What records have in common: labels that parts get their share of, groups that stay together."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from caffe_multilabel._base.text import plural, shown
from caffe_multilabel._base.utf8 import from_utf8
from caffe_multilabel.errors import ListError, OptionError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from caffe_multilabel.labels.layout import LabelTask
    from caffe_multilabel.lists.table import ImageTable

__all__ = [
    "Codes",
    "Groups",
    "Stratum",
    "find_strata",
    "group_column",
    "groups_of_column",
    "groups_of_paths",
    "groups_of_texts",
]


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


def groups_of_texts(name: str, table: ImageTable) -> Groups | None:
    """Put records together with the same text in a column; None where no column has this name."""
    column = next((each for each in table.columns if each.name == name), None)
    return None if column is None else column.codes.astype(np.int64)


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
            f"group is {shown(pattern)}, which is neither a label column nor a regular expression: "
            f"{error}"
        ) from None
    numbers: dict[str, int] = {}
    groups = np.empty(len(paths), np.int64)
    strangers: list[str] = []
    for index, path in enumerate(map(from_utf8, paths)):
        found = search(path)
        caught = None if found is None else found[1 if found.re.groups else 0]
        if caught is None:
            strangers.append(path)
        else:
            groups[index] = numbers.setdefault(caught, len(numbers))
    if strangers:
        listed = "".join(f"\n  {path}" for path in strangers[:_SHOWN])
        more = f"\n  and {len(strangers) - _SHOWN} more" if len(strangers) > _SHOWN else ""
        raise ListError(
            f"group {shown(pattern)} names no label column, and as a pattern it is not found in "
            f"{len(strangers)} of {plural(len(paths), 'path')}{listed}{more}"
        )
    return groups


Codes: TypeAlias = "NDArray[np.int32]"

_QUANTILES = 10


@dataclass(frozen=True, slots=True)
class Stratum:
    """Records that share a label: the task it is of, and what it says."""

    task: str
    label: str


def find_strata(
    labels: NDArray[np.float32], tasks: Sequence[LabelTask]
) -> tuple[list[Stratum], Codes]:
    """Sort records into strata, one for each label column that a task reads.

    A class is a stratum, so is a yes or a no; real numbers are cut at their deciles.

    Args:
        labels: (N, L).
        tasks: what the columns are.

    Returns:
        The strata that occur, and int32 (N, C): for each record and column its stratum's index
        among them.
    """
    strata: list[Stratum] = []
    columns: list[Codes] = []
    for task in tasks:
        for column, name in zip(task.columns, task.full_names, strict=True):
            values = labels[:, column]
            cut = _by_quantile if task.kind == "real" else _by_value
            texts, codes = cut(task, values)
            columns.append(codes + np.int32(len(strata)))
            strata += [Stratum(name, text) for text in texts]
    empty = np.empty((0, len(labels)), np.int32)
    return strata, np.stack(columns).T if columns else empty.T


def _by_value(task: LabelTask, values: NDArray[np.float32]) -> tuple[list[str], Codes]:
    found, codes = np.unique(values, return_inverse=True)
    return [_name(task, float(value)) for value in found], codes.astype(np.int32)


def _by_quantile(task: LabelTask, values: NDArray[np.float32]) -> tuple[list[str], Codes]:
    """Cut at values that occur, so that no arithmetic of one machine moves a record."""
    missing = task.missing(values)
    known = np.sort(values[~missing])
    if not len(known):
        return _by_value(task, values)
    inner = [len(known) * step // _QUANTILES for step in range(1, _QUANTILES)]
    edges = np.unique(known[inner])
    edges = edges[edges > known[0]]
    bounds = [known[0], *edges, known[-1]]
    texts = [f"{low:g} to {high:g}" for low, high in pairwise(bounds)]
    codes = np.searchsorted(edges, values, side="right").astype(np.int32)
    if missing.any():
        codes[missing] = len(texts)
        texts.append(_name(task, float(values[missing][0])))
    return texts, codes


def _name(task: LabelTask, value: float) -> str:
    if task.ignore_label is not None and value == task.ignore_label:
        return "left out"
    index = int(value)
    named = task.class_names and index == value and 0 <= index < len(task.class_names)
    return task.class_names[index] if named else f"{value:g}"
