"""Lists of many shapes, and what each of their columns is: drawn here, none of them is real."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from caffe_multilabel.lists.table import ImageTable, TableBuilder

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

NO_TASK = "no task"


@dataclass
class Labelled:
    """A list as it grows, column by column, with what each column is."""

    records: int
    seed: int = 0
    header: bool = True
    cells: dict[str, list[str]] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.random = np.random.default_rng(self.seed)

    def add(self, kind: str, name: str, values: Iterable[Any]) -> list[str]:
        """Add a column of these values."""
        self.cells[name] = [str(value) for value in values]
        assert len(self.cells[name]) == self.records, name
        self.kinds[name] = kind
        return self.cells[name]

    def draw(
        self,
        kind: str,
        name: str,
        choices: Sequence[Any] | str,
        weights: Sequence[float] | None = None,
    ) -> list[str]:
        """Add a column of values drawn at random, some more often than others."""
        options = list(choices.split()) if isinstance(choices, str) else list(choices)
        if weights is None:
            weights = list(self.random.uniform(0.3, 1, len(options)))
        share = np.array(weights) / sum(weights)
        drawn = self.random.choice(len(options), self.records, p=share)
        return self.add(kind, name, (options[index] for index in drawn))

    def flags(self, names: str, no: str = "0", yes: str = "1", kind: str = "yes/no") -> None:
        """Add columns of yes and no."""
        for name in names.split():
            share = self.random.uniform(0.1, 0.7)
            self.draw(kind, name, [no, yes], [1 - share, share])

    def reals(self, kind: str, name: str, low: float = 0, high: float = 1, digits: int = 4) -> None:
        """Add a column of real numbers."""
        values = self.random.uniform(low, high, self.records)
        self.add(kind, name, (f"{value:.{digits}f}" for value in values))

    def normal(self, kind: str, name: str, mean: float, width: float, least: int = 0) -> None:
        """Add a column of whole numbers about a mean."""
        values = self.random.normal(mean, width, self.records)
        self.add(kind, name, (max(least, round(value)) for value in values))

    def blank(self, name: str, share: float, text: str = "") -> None:
        """Make some cells of a column say nothing."""
        for index in np.flatnonzero(self.random.random(self.records) < share):
            self.cells[name][index] = text

    def table(self) -> ImageTable:
        """The list as a reader gives it."""
        return table_of(self.cells, header=self.header)


def write_csv(path: Path, made: Labelled) -> None:
    """Write a list, its paths first."""
    with path.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(["image", *made.cells])
        for index, row in enumerate(zip(*made.cells.values(), strict=True)):
            lines.writerow([f"{index}.jpg", *row])


def table_of(columns: dict[str, Sequence[Any]], *, header: bool = True) -> ImageTable:
    """A table of columns of any values."""
    builder = TableBuilder([name if header else "" for name in columns])
    rows = list(
        zip(*([str(value) for value in values] for values in columns.values()), strict=True)
    )
    builder.add_rows(rows)
    return ImageTable(
        source="labels.csv",
        paths=[f"{index:06d}.jpg" for index in range(len(rows))],
        columns=builder.columns(),
        lines=np.arange(1, len(rows) + 1),
    )
