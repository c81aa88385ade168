"""What one label column may hold; the converter applies these, this module only states them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from caffe_multilabel.tasks.losses import LabelKind

__all__ = ["FREE", "LabelRule", "agree", "stricter"]


@dataclass(frozen=True, slots=True)
class LabelRule:
    """The rule for one label column of a list of images.

    A label is read in this order: text that equals one of `names` becomes its index; else it
    must be a finite number, which `mapping` replaces where it names it; the number must then
    equal `ignore` or fit `kind`. Numbers are compared as float32, which is what a label DB holds.

    Attributes:
        task: name of the task that reads the column; empty where none does.
        kind: `class` an integer, 0 <= label < classes; `binary` 0 or 1; `real` and `free` any
            finite number. `free` columns belong to no task.
        classes: number of classes; 0 unless `kind` is `class`.
        names: names of the classes in order; empty where only their number is known.
        ignore: a label allowed beside those of `kind`, which the loss leaves out; or None.
        mapping: pairs (number in the list, label in the DB).
        part: name of this value within a task of several columns, or empty.
        by_name_only: some class name is itself a number other than its index (classes 1, 2, 3),
            so a label that is no name, and not in `mapping` or `ignore`, must not be taken as an
            index. Labels that never were text are indices all the same.
    """

    task: str
    kind: LabelKind
    classes: int = 0
    names: tuple[str, ...] = ()
    ignore: float | None = None
    mapping: tuple[tuple[float, float], ...] = ()
    part: str = ""

    @property
    def by_name_only(self) -> bool:
        """Whether a number in a list cannot be told from a class name."""
        return any(_is_other_number(name, index) for index, name in enumerate(self.names))


FREE = LabelRule(task="", kind="free")
"""The rule of a column that no task reads."""


def agree(first: LabelRule, second: LabelRule) -> bool:
    """Tell whether one stored label can serve both rules.

    Two tasks may share a column if they read the same classes from it, or if one of them only
    wants a number (the age as a class, and again as a regression).
    """
    if (first.ignore, first.mapping) != (second.ignore, second.mapping):
        return False
    if "real" in (first.kind, second.kind):
        return True
    return (first.kind, first.classes, first.names) == (second.kind, second.classes, second.names)


def stricter(first: LabelRule, second: LabelRule) -> LabelRule:
    """Return which of two rules that agree allows less; the first where they are alike."""
    return second if first.kind == "real" else first


def _is_other_number(name: str, index: int) -> bool:
    try:
        return float(name) != index
    except ValueError:
        return False
