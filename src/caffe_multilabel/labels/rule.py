"""What one label column may hold: the one rule, for lists of images and for label DBs alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = [
    "FREE",
    "LABEL_KINDS",
    "LOSSES_OF_UNKNOWN",
    "LabelKind",
    "LabelRule",
    "Loss",
    "agree",
    "class_indices",
    "stricter",
]

Loss: TypeAlias = Literal[
    "softmax", "sigmoid", "euclidean", "hinge", "smooth_l1", "contrastive", "triplet", "center"
]
LabelKind: TypeAlias = Literal["class", "binary", "real", "free"]

LABEL_KINDS: dict[Loss, LabelKind] = {
    "softmax": "class",
    "sigmoid": "binary",
    "euclidean": "real",
    "hinge": "class",
    "smooth_l1": "real",
    "contrastive": "binary",
    "triplet": "real",
    "center": "free",
}
"""What the labels of each loss are: of a contrastive one whether the images are of one identity, of
a triplet one the margin of the record; a center one has none of its own."""


LOSSES_OF_UNKNOWN: frozenset[Loss] = frozenset({"softmax", "sigmoid", "euclidean", "smooth_l1"})
"""The losses that leave out what is unknown; `tasks.losses` has why, and a test holds both."""


@dataclass(frozen=True, slots=True)
class LabelRule:
    """The rule for one label column.

    A label in a list of images is read in this order: text that equals one of `names` becomes its
    index; else it must be a finite number, which `mapping` replaces where it names it. What comes
    of it, and every label in a DB, must be finite, and equal `ignore` or fit `kind`. Numbers are
    compared as float32, which is what a label DB holds. The core reads lists by the same rule.

    Attributes:
        task: name of the task that reads the column; empty where none does.
        kind: `class` an integer, 0 <= label < classes; `binary` 0 or 1; `real` and `free` any
            finite number. `free` columns belong to no task.
        classes: number of classes; 0 unless `kind` is `class`.
        names: names of the classes in order; empty where only their number is known.
        ignore: a label allowed beside those of `kind`, which the loss leaves out; or None.
        mapping: pairs (number in the list, label in the DB).
        takes_unknown: whether there may be an `ignore`, by the loss, and by who reads the classes.
        non_negative: whether a `real` label must not be below 0, as weights and margins.
        part: name of this value within a task of several columns, or empty.
        guessed: the labels of the classes in rising order, where no schema says that they are 0 to
            classes - 1 but the labels themselves do; else empty.

    Example:
        >>> import numpy as np
        >>> rule = LabelRule(task="color", kind="class", classes=3, ignore=-1)
        >>> rule.allowed(np.array([2, 3, -1, 0.5], dtype=np.float32)).tolist()
        [True, False, True, False]
        >>> rule.allowed_text
        "task 'color' takes a class from 0 to 2 or -1"
    """

    task: str
    kind: LabelKind
    classes: int = 0
    names: tuple[str, ...] = ()
    ignore: float | None = None
    mapping: tuple[tuple[float, float], ...] = ()
    takes_unknown: bool = True
    non_negative: bool = False
    part: str = ""
    guessed: tuple[int, ...] = ()

    @property
    def by_name_only(self) -> bool:
        """Whether a number in a list cannot be told from a class name.

        So it is where some class name is itself a number other than its index (classes 1, 2, 3): a
        label that is no name, and not in `mapping` or `ignore`, must not be taken as an index.
        Labels that never were text are indices all the same.
        """
        return any(_is_other_number(name, index) for index, name in enumerate(self.names))

    @property
    def class_labels(self) -> Sequence[int]:
        """The label of each class in rising order, 0 and 1 of yes/no; empty for numbers."""
        if self.kind == "binary":
            return range(2)
        return self.guessed or range(self.classes)

    @property
    def allowed_text(self) -> str:
        """What the column may hold, for messages."""
        labels = self.class_labels
        number = "0 or more" if self.non_negative else "a finite number"
        wanted = f"a class from {labels[0]} to {labels[-1]}" if labels else number
        ignore = "" if self.ignore is None else f" or {self.ignore:g}"
        owner = f"task '{self.task}'" if self.task else "a column of no task"
        return f"{owner} takes {wanted}{ignore}"

    def missing(self, labels: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Tell which labels the loss leaves out, in the labels' shape."""
        if self.ignore is None:
            return np.zeros(labels.shape, dtype=np.bool_)
        return np.equal(labels, np.float32(self.ignore))

    def counted(self, labels: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Tell which labels are allowed and not left out, in the labels' shape."""
        known = self.class_labels
        fits = _are_classes(labels, known) if known else np.isfinite(labels)
        if self.non_negative:
            fits = fits & (labels >= 0)
        return fits if self.ignore is None else fits & ~self.missing(labels)

    def allowed(self, labels: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Tell which labels a DB may hold, in the labels' shape."""
        return self.counted(labels) | self.missing(labels)


FREE = LabelRule(task="", kind="free")
"""The rule of a column that no task reads."""


def class_indices(labels: NDArray[np.float32], classes: Sequence[int]) -> NDArray[np.int64]:
    """Return the index of each label's class, -1 for labels that are no class.

    Args:
        labels: of any shape.
        classes: the label of each class in rising order, at least one; a range goes up by one.

    Returns:
        int64 in the labels' shape.
    """
    if isinstance(classes, range):
        fits = _are_classes(labels, classes)
        return np.where(fits, labels - np.float32(classes.start), -1).astype(np.int64)
    known = np.array(classes, dtype=np.float64)
    finite = np.where(np.isfinite(labels), labels, np.inf)
    found = np.minimum(np.searchsorted(known, finite), len(known) - 1)
    return np.where(known[found] == finite, found, -1)


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
    return min(first, second, key=_looseness)


def _looseness(rule: LabelRule) -> int:
    return 0 if rule.kind != "real" else 1 if rule.non_negative else 2


def _are_classes(labels: NDArray[np.float32], classes: Sequence[int]) -> NDArray[np.bool_]:
    if isinstance(classes, range):
        whole: NDArray[np.bool_] = labels == np.floor(labels)
        return whole & (labels >= classes.start) & (labels < classes.stop)
    return class_indices(labels, classes) >= 0


def _is_other_number(name: str, index: int) -> bool:
    try:
        return float(name) != index
    except ValueError:
        return False
