"""How much the label columns of tasks tell of each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from caffe_multilabel.views.stats.measures import correlation_ratio, cramers_v, pearson

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from caffe_multilabel.views.stats.label_tasks import LabelTask, TaskKind

__all__ = ["MEASURES", "Correlation", "Pair", "correlate"]

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
        tasks: the task of each.
        columns: their label columns.
        kinds: their kinds.
        values: float64 (K, K), symmetric, 1 on the diagonal; nan where a column is constant or
            too few records have both labels.
    """

    names: tuple[str, ...]
    tasks: tuple[str, ...]
    columns: tuple[int, ...]
    kinds: tuple[TaskKind, ...]
    values: NDArray[np.float64]

    def measure(self, first: int, second: int) -> str:
        """Return the name of the measure between two columns, by their places."""
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
        for place in np.argsort(-sizes, kind="stable").tolist():
            first, second = int(rows[place]), int(columns[place])
            if sizes[place] < least or len(pairs) == most:
                break
            if self.tasks[first] != self.tasks[second]:
                value = float(self.values[first, second])
                names = self.names[first], self.names[second]
                pairs.append(Pair(*names, self.measure(first, second), value))
        return tuple(pairs)

    def between_tasks(self) -> tuple[tuple[str, ...], NDArray[np.float64]]:
        """Return the tasks, and for each two the strongest value between columns of theirs."""
        tasks = tuple(dict.fromkeys(self.tasks))
        places = {task: [p for p, each in enumerate(self.tasks) if each == task] for task in tasks}
        result = np.full((len(tasks), len(tasks)), np.nan)
        for row, first in enumerate(tasks):
            for column, second in enumerate(tasks):
                block = self.values[np.ix_(places[first], places[second])].ravel()
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
    numbers = [place for place, kind in enumerate(kinds) if kind != "class"]
    classes = {
        place: _places(owner, labels[:, columns[place]])
        for place, owner in enumerate(owners)
        if owner.kind == "class"
    }
    if numbers:
        held = np.stack([labels[:, columns[place]] for place in numbers], axis=1)
        valid = np.concatenate(
            [task.counts(labels[:, list(task.columns)]) for task in tasks if task.kind != "class"],
            axis=1,
        )
        values[np.ix_(numbers, numbers)] = pearson(held, valid)
        for place, codes in classes.items():
            ratios = [
                correlation_ratio(codes, held[:, which], valid[:, which])
                for which in range(len(numbers))
            ]
            values[place, numbers] = values[numbers, place] = ratios
    for first, codes in classes.items():
        for second, others in classes.items():
            if first <= second:
                values[first, second] = values[second, first] = cramers_v(codes, others)
    known = ~np.isnan(np.diag(values))
    values[known, known] = 1.0
    return Correlation(
        tuple(names), tuple(task.name for task in owners), tuple(columns), kinds, values
    )


def _group(kind: str) -> str:
    return "class" if kind == "class" else "number"


def _places(task: LabelTask, column: NDArray[np.float32]) -> NDArray[np.int64]:
    return np.where(task.missing(column), -1, task.places(column))
