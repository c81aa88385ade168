"""What a split made."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["LabelShare", "Part", "SplitReport"]


@dataclass(frozen=True, slots=True)
class Part:
    """One list that was written.

    Attributes:
        name: "train", "val" or "test".
        path: the list.
        records: its records.
        groups: its groups; the same as `records` where there are none.
    """

    name: str
    path: str
    records: int
    groups: int


@dataclass(frozen=True, slots=True)
class LabelShare:
    """Where the records with one label went.

    Attributes:
        task: the task, with the value's name or place where it has several.
        label: the class by name or number, the range of a quantile, or "left out" for the
            `ignore_label`.
        records: records with this label.
        parts: records with it in each part, in the order of `SplitReport.parts`.
    """

    task: str
    label: str
    records: int
    parts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SplitReport:
    """What a split made.

    Attributes:
        records: in the list.
        parts: the lists, train first.
        labels: how each label of each task was shared out.
        stratified: labels decided; else chance alone.
        seconds: time taken.
    """

    records: int
    parts: tuple[Part, ...]
    labels: tuple[LabelShare, ...]
    stratified: bool
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain JSON-ready values."""
        return asdict(self)
