"""What a relabelling changed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["ColumnChange", "RelabelReport", "TaskChange"]


@dataclass(frozen=True, slots=True)
class ColumnChange:
    """One label column of the new labels.

    Attributes:
        name: the task and the value's name or place in it, or the name over the column in the
            list, or "column 3" (counted from 0).
        old_column: the column it was compared with, told by name, else by place; None for a new
            one.
        changed: records whose label differs; None for a new column.
    """

    name: str
    old_column: int | None
    changed: int | None


@dataclass(frozen=True, slots=True)
class TaskChange:
    """One task, or one column that no task reads.

    Attributes:
        name: the task or column.
        columns: its label columns.
        changed: records with at least one changed label in them; None where all are new.
    """

    name: str
    columns: tuple[int, ...]
    changed: int | None


@dataclass(frozen=True, slots=True)
class RelabelReport:
    """What a relabelling did, or would do.

    Attributes:
        records: in the label DB, before and after.
        changed_records: records with at least one changed label.
        tasks: the change task by task, the columns that no task reads last.
        columns: the change column by column.
        removed: names of the old columns that are no more.
        old_label_count: labels of a record before.
        label_count: labels of a record now.
        label_shape: (C, H, W) of a label record.
        extra_lines: lines of the list that belong to no record.
        paths_in_keys: lines were found by path; else by their order alone.
        image_manifest_written: the image DB's manifest tells of the new labels too.
        dry_run: nothing was written.
        seconds: time taken.
    """

    records: int
    changed_records: int
    tasks: tuple[TaskChange, ...]
    columns: tuple[ColumnChange, ...]
    removed: tuple[str, ...]
    old_label_count: int
    label_count: int
    label_shape: tuple[int, int, int]
    extra_lines: int
    paths_in_keys: bool
    image_manifest_written: bool
    dry_run: bool
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain JSON-ready values."""
        return asdict(self)
