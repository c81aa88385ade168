"""Which old label column each new one is compared with, and what they are called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from caffe_multilabel.labels import LabelLayout

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caffe_multilabel.data.manifest import Manifest
    from caffe_multilabel.data.records import Records

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
        prior: the manifest of the old columns, or None.
    """

    header: list[str]
    names: tuple[str, ...]
    tasks: list[NamedTask]
    old: list[int | None]
    prior: Manifest | None

    @classmethod
    def of(cls, records: Records, prior: Manifest | None, *, same_tasks: bool) -> Columns:
        """Compare the columns of new records with those before.

        Args:
            records: the new records.
            prior: the label DB's manifest, which tells of the old ones, or None.
            same_tasks: no other tasks were given, so that names of columns hold as well.
        """
        count = records.core.label_count
        header = records.label_names
        # Where nothing tells how many columns there were, they are taken for the same.
        old_count = count if prior is None else prior.label_count
        if not header and same_tasks and prior is not None and old_count == count:
            header = list(prior.label_names)
        layout = LabelLayout.known(count, records.label_schema, header)
        names = layout.names
        old = old_columns(names, _names_before(prior, old_count))
        tasks = [NamedTask(task.name, task.columns) for task in layout.tasks]
        tasks += [NamedTask(names[column], (column,)) for column in layout.free]
        return cls(header, names, tasks, old, prior)

    def old_names(self, count: int) -> tuple[str, ...]:
        """Name the old columns, of which there were `count`."""
        return _names_before(self.prior, count)


def _names_before(prior: Manifest | None, count: int) -> tuple[str, ...]:
    if prior is None:
        return LabelLayout(label_count=count).names
    return LabelLayout.known(count, prior.label_schema, prior.label_names).names


def old_columns(new: Sequence[str], old: Sequence[str]) -> list[int | None]:
    """Find the old column for each new one.

    It is the one with the same name; else the one at the same index, unless its name is that of
    another new column.
    """
    indices = {name: index for index, name in reversed(list(enumerate(old)))}
    kept = set(new)
    found: list[int | None] = []
    for column, name in enumerate(new):
        free = column < len(old) and old[column] not in kept
        found.append(indices.get(name, column if free else None))
    return found
