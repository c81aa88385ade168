"""How much label columns tell of each other, a measure for each pair of kinds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from caffe_multilabel._base.short_repr import short_repr

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from caffe_multilabel.labels.layout import LabelTask
    from caffe_multilabel.labels.rule import LabelKind

__all__ = [
    "MEASURES",
    "Correlation",
    "Pair",
    "correlate",
    "correlation_ratio",
    "cramers_v",
    "pearson",
]


MEASURES: dict[tuple[str, str], str] = {
    ("class", "class"): "Cramér's V",
    ("class", "number"): "correlation ratio",
    ("number", "class"): "correlation ratio",
    ("number", "number"): "Pearson's r",
}
"""The measure for each pair of kinds; yes/no values and real ones are both numbers."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two label columns and how much they tell of each other."""

    first: str
    second: str
    measure: str
    value: float


@dataclass(frozen=True, slots=True, eq=False)
class Correlation:
    """How much each two label columns tell of each other.

    Cramér's V, from 0 to 1, is corrected for the chance agreement of many classes in few records
    (Bergsma 2013); the correlation ratio, from 0 to 1, likewise (epsilon squared, Kelley 1935);
    Pearson's r goes from -1 to 1 and is the phi coefficient where both values are yes/no. Each is
    over the records where both labels count.

    Attributes:
        names: a name for each column, as in `corners.x`.
        tasks: the task of each; of an image that has labels of its own, that of all images.
        columns: their label columns.
        kinds: their kinds.
        values: float64 (K, K), symmetric, 1 on the diagonal; nan where a column is constant or
            too few records have both labels.
    """

    names: tuple[str, ...]
    tasks: tuple[str, ...]
    columns: tuple[int, ...]
    kinds: tuple[LabelKind, ...]
    values: NDArray[np.float64]

    __repr__ = short_repr

    def measure(self, first: int, second: int) -> str:
        """Return the name of the measure between two columns, by their indices."""
        return MEASURES[_group(self.kinds[first]), _group(self.kinds[second])]

    def strongest(self, most: int = 10, least: float = 0.1) -> tuple[Pair, ...]:
        """Return the pairs of columns of different tasks that tell most of each other.

        Args:
            most: how many.
            least: the least value, without its sign.
        """
        rows, columns = np.triu_indices(len(self.names), 1)
        sizes = np.nan_to_num(np.abs(self.values[rows, columns]))
        pairs: list[Pair] = []
        for index in np.argsort(-sizes, kind="stable").tolist():
            first, second = int(rows[index]), int(columns[index])
            if sizes[index] < least or len(pairs) == most:
                break
            if self.tasks[first] != self.tasks[second]:
                value = float(self.values[first, second])
                names = self.names[first], self.names[second]
                pairs.append(Pair(*names, self.measure(first, second), value))
        return tuple(pairs)

    def between_tasks(self) -> tuple[tuple[str, ...], NDArray[np.float64]]:
        """Return the tasks, and for each two the strongest value between columns of theirs."""
        tasks = tuple(dict.fromkeys(self.tasks))
        indices = {task: [p for p, each in enumerate(self.tasks) if each == task] for task in tasks}
        result = np.full((len(tasks), len(tasks)), np.nan)
        for row, first in enumerate(tasks):
            for column, second in enumerate(tasks):
                block = self.values[np.ix_(indices[first], indices[second])].ravel()
                known = block[~np.isnan(block)]
                if len(known):
                    result[row, column] = known[np.abs(known).argmax()]
        return tasks, result

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON-ready values; None where a value is not known."""
        rows = [[None if np.isnan(value) else float(value) for value in row] for row in self.values]
        return {
            "names": list(self.names),
            "tasks": list(self.tasks),
            "columns": list(self.columns),
            "kinds": list(self.kinds),
            "measures": {" and ".join(pair): name for pair, name in MEASURES.items()},
            "values": rows,
        }


def correlate(tasks: Sequence[LabelTask], labels: NDArray[np.float32]) -> Correlation:
    """Compare each two label columns of some tasks.

    Args:
        tasks: the tasks.
        labels: the labels of all columns, float32 (N, L).
    """
    names: list[str] = []
    owners: list[LabelTask] = []
    columns: list[int] = []
    for task in tasks:
        names += task.full_names
        owners += [task] * len(task.columns)
        columns += task.columns
    kinds = tuple(task.kind for task in owners)
    values = np.full((len(names), len(names)), np.nan)
    numbers = [index for index, kind in enumerate(kinds) if kind != "class"]
    classes = {
        index: _codes(owner, labels[:, columns[index]])
        for index, owner in enumerate(owners)
        if owner.kind == "class"
    }
    if numbers:
        chosen = [columns[index] for index in numbers]
        valid = np.stack(
            [owners[index].counts(labels[:, columns[index]]) for index in numbers], axis=1
        )
        values[np.ix_(numbers, numbers)] = pearson(labels, valid, chosen)
        for index, codes in classes.items():
            ratios = [
                correlation_ratio(codes, labels[:, column], valid[:, which])
                for which, column in enumerate(chosen)
            ]
            values[index, numbers] = values[numbers, index] = ratios
    for first, codes in classes.items():
        for second, others in classes.items():
            if first <= second:
                values[first, second] = values[second, first] = cramers_v(codes, others)
    known = ~np.isnan(np.diag(values))
    values[known, known] = 1.0
    return Correlation(
        tuple(names),
        tuple(task.part_of or task.name for task in owners),
        tuple(columns),
        kinds,
        values,
    )


def _group(kind: str) -> str:
    return "class" if kind == "class" else "number"


def _codes(task: LabelTask, column: NDArray[np.float32]) -> NDArray[np.signedinteger[Any]]:
    """Return the index of each label's class, -1 where it does not count, in few bytes."""
    codes = np.where(task.missing(column), -1, task.indices(column))
    return codes.astype(np.min_scalar_type(-len(task.classes)))


_ROWS = 1 << 16
_DENSE_CELLS = 1 << 22


def pearson(
    values: NDArray[np.float32], valid: NDArray[np.bool_], columns: Sequence[int] | None = None
) -> NDArray[np.float64]:
    """Correlate columns with each other, Pearson's r, over the records where both count.

    Args:
        values: float32 (N, L).
        valid: bool (N, K), which of the chosen columns' values count.
        columns: the K columns to compare; None takes all.

    Returns:
        float64 (K, K), symmetric; nan where a column is constant.
    """
    chosen = list(range(values.shape[1]) if columns is None else columns)
    width = len(chosen)
    # Sums of distances from a label near the mean keep their digits where the mean is large.
    origin = np.array(
        [
            values[good, column].mean(dtype=np.float64) if good.any() else 0.0
            for column, good in zip(chosen, valid.T, strict=True)
        ]
    )
    count, total, squares, products = (np.zeros((width, width)) for _ in range(4))
    for begin in range(0, len(values), _ROWS):
        mask = valid[begin : begin + _ROWS]
        centred = np.where(mask, values[begin : begin + _ROWS, chosen] - origin, 0.0)
        weights = mask.astype(np.float64)
        count += weights.T @ weights
        total += centred.T @ weights
        squares += (centred**2).T @ weights
        products += centred.T @ centred
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = squares - total**2 / count
        # What is left of a constant column by rounding is no variance.
        spread[spread <= 1e-12 * squares] = np.nan
        result: NDArray[np.float64] = (products - total * total.T / count) / np.sqrt(
            spread * spread.T
        )
    return result.clip(-1.0, 1.0)


def correlation_ratio(
    codes: NDArray[np.signedinteger[Any]], values: NDArray[np.float32], valid: NDArray[np.bool_]
) -> float:
    """Tell how much a class tells of a number: the root of epsilon squared (Kelley 1935).

    That is the part of the variance that lies between the classes, less what chance puts there.

    Args:
        codes: (N,) of any signed type, the class of each record, negative where there is none.
        values: float32 (N,).
        valid: bool (N,), which values count.

    Returns:
        From 0 to 1; nan where the number is constant or too few records count.
    """
    good = valid & (codes >= 0)
    groups, numbers = codes[good], values[good].astype(np.float64)
    counts = np.bincount(groups)
    present = counts > 0
    records, classes = len(groups), int(present.sum())
    if classes < 2 or records <= classes:
        return float("nan")
    numbers -= numbers.mean()
    whole = float((numbers**2).sum())
    sums = np.bincount(groups, weights=numbers)[present]
    between = float((sums**2 / counts[present]).sum())
    if whole <= 0:
        return float("nan")
    within = (whole - between) / (records - classes)
    return float(np.sqrt(max(0.0, (between - (classes - 1) * within) / whole)))


def cramers_v(
    first: NDArray[np.signedinteger[Any]], second: NDArray[np.signedinteger[Any]]
) -> float:
    """Tell how much two classes tell of each other: Cramér's V, corrected (Bergsma 2013).

    Args:
        first: (N,) of any signed type, the class of each record, negative where there is none.
        second: likewise, of another task.

    Returns:
        From 0 to 1; nan where a task has one class only.
    """
    good = (first >= 0) & (second >= 0)
    rows, columns = first[good].astype(np.int64), second[good].astype(np.int64)
    records = len(rows)
    if not records:
        return float("nan")
    row_counts, column_counts = np.bincount(rows), np.bincount(columns)
    cells, counts = _occupied(
        rows * len(column_counts) + columns, len(row_counts) * len(column_counts)
    )
    expected = (
        row_counts[cells // len(column_counts)].astype(np.float64)
        * column_counts[cells % len(column_counts)]
    )
    height, width = int((row_counts > 0).sum()), int((column_counts > 0).sum())
    if min(height, width) < 2:
        return float("nan")
    phi = float((counts.astype(np.float64) ** 2 / expected).sum()) - 1
    phi = max(0.0, phi - (height - 1) * (width - 1) / (records - 1))
    room = min(side - 1 - (side - 1) ** 2 / (records - 1) for side in (height, width))
    return float(np.sqrt(min(1.0, phi / room))) if room > 0 else float("nan")


def _occupied(cells: NDArray[np.int64], size: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the cells of a table that hold records, and how many."""
    if size > _DENSE_CELLS:
        held, counts = np.unique(cells, return_counts=True)
        return held, counts
    counts = np.bincount(cells)
    held = np.flatnonzero(counts)
    return held, counts[held]
