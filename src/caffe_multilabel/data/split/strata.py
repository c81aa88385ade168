"""The labels that parts get their share of."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from caffe_multilabel.labels.layout import LabelTask

__all__ = ["Codes", "Stratum", "find_strata"]

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
