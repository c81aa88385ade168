"""Which old label column each new one is compared with, and what they are called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from caffe_multilabel.labels import LabelLayout

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caffe_multilabel.data.records import Records
    from caffe_multilabel.data.relabel.prior import PriorLabels

__all__ = ["Columns", "NamedTask", "old_columns"]


@dataclass(frozen=True, slots=True)
class NamedTask:
    """A task with its label columns, or a column that no task reads."""

    name: str
    columns: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Columns:
    """The new label columns beside the old ones.

    Attributes:
        header: the names over the columns in the list; empty where it has none.
        names: of the new columns.
        tasks: the new tasks in their order, then the columns that none of them reads.
        old: the old column for each new one, or None.
        prior: what the manifest says of the old columns.
    """

    header: list[str]
    names: tuple[str, ...]
    tasks: list[NamedTask]
    old: list[int | None]
    prior: PriorLabels

    @classmethod
    def of(cls, records: Records, prior: PriorLabels, *, same_tasks: bool) -> Columns:
        """Compare the columns of new records with those before.

        Args:
            records: the new records.
            prior: what the manifest says of the old ones.
            same_tasks: no other tasks were given, so that names of columns hold as well.
        """
        count = records.core.label_count
        header = records.label_names
        if not header and same_tasks and prior.count == count:
            header = list(prior.names)
        layout = (
            LabelLayout(label_count=count, header=tuple(header))
            if records.schema is None
            else LabelLayout.of(records.schema, header)
        )
        names = layout.names
        # Where nothing tells how many columns there were, they are taken for the same.
        old = old_columns(names, prior.layout(prior.count or count).names)
        tasks = [NamedTask(task.name, task.columns) for task in layout.tasks]
        tasks += [NamedTask(names[column], (column,)) for column in layout.free]
        return cls(header, names, tasks, old, prior)

    def old_names(self, count: int) -> tuple[str, ...]:
        """Name the old columns, of which there were `count`."""
        return self.prior.layout(count).names


def old_columns(new: Sequence[str], old: Sequence[str]) -> list[int | None]:
    """Find the old column for each new one.

    It is the one with the same name; else the one at the same place, unless its name is that of
    another new column.
    """
    places = {name: place for place, name in reversed(list(enumerate(old)))}
    kept = set(new)
    found: list[int | None] = []
    for column, name in enumerate(new):
        free = column < len(old) and old[column] not in kept
        found.append(places.get(name, column if free else None))
    return found
