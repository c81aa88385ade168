"""What statistics say of labels."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from caffe_multilabel._base.short_repr import short_repr

if TYPE_CHECKING:
    from caffe_multilabel.views.stats.correlation import Correlation
    from caffe_multilabel.views.stats.identities import IdentityStats

__all__ = [
    "BinaryStats",
    "BinaryValue",
    "ClassCount",
    "ClassStats",
    "LabelStats",
    "RealStats",
    "RealValue",
    "TaskStats",
]


@dataclass(frozen=True, slots=True)
class ClassCount:
    """How often a class occurs.

    Attributes:
        label: its label.
        name: its name; the label as text where it has none.
        count: records.
        share: part of the records that count, 0 where none do.
    """

    label: int
    name: str
    count: int
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassStats:
    """A task of classes.

    Attributes:
        task: its name.
        loss: its loss; None without a schema.
        column: its label column.
        counted: records with a class.
        missing: records that hold `ignore_label`.
        wrong: records with a label that is neither.
        classes: all classes in the order of their labels, those that never occur included.
        baseline_accuracy: accuracy of always answering the most frequent class; None where no
            record counts.
        baseline_loss: softmax loss of answering the shares of the classes whatever the image,
            that is their entropy in nats; None where no record counts, or for another loss, a
            weighted one among them.
    """

    task: str
    loss: str | None
    column: int
    counted: int
    missing: int
    wrong: int
    classes: tuple[ClassCount, ...]
    baseline_accuracy: float | None
    baseline_loss: float | None
    kind: Literal["class"] = "class"


@dataclass(frozen=True, slots=True, kw_only=True)
class BinaryValue:
    """One yes/no value of a task.

    Attributes:
        name: its name, or its index in the task.
        column: its label column.
        counted: records with 0 or 1.
        missing: records that hold `ignore_label`.
        wrong: records with a label that is neither.
        positives: records with 1.
        share: part of those counted that is 1; None where none count.
        baseline_accuracy: accuracy of always giving the more frequent answer; None likewise.
    """

    name: str
    column: int
    counted: int
    missing: int
    wrong: int
    positives: int
    share: float | None
    baseline_accuracy: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BinaryStats:
    """A task of yes/no values.

    Attributes:
        task: its name.
        loss: its loss.
        values: its values.
        baseline_accuracy: mean of those of the values; None where none has one.
        baseline_loss: sigmoid cross entropy of answering the share of each value whatever the
            image, summed over the values and divided by all records, as Caffe does by default;
            None for another loss, a weighted one among them.
    """

    task: str
    loss: str | None
    values: tuple[BinaryValue, ...]
    baseline_accuracy: float | None
    baseline_loss: float | None
    kind: Literal["binary"] = "binary"


@dataclass(frozen=True, slots=True, kw_only=True)
class RealValue:
    """One number of a task.

    Attributes:
        name: its name, or its index in the task.
        column: its label column.
        counted: records with a finite label that is known.
        missing: records that hold `ignore_label`.
        wrong: records with nan or infinity.
        least: the least label; None where none counts.
        greatest: the greatest, likewise.
        mean: the mean, likewise.
        std: the standard deviation, divided by the number of labels, likewise.
    """

    name: str
    column: int
    counted: int
    missing: int
    wrong: int
    least: float | None
    greatest: float | None
    mean: float | None
    std: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RealStats:
    """A task of real numbers.

    Attributes:
        task: its name.
        loss: its loss; None without a schema.
        values: its values.
        baseline_loss: Caffe's EuclideanLoss of answering the mean of each value whatever the
            image, half the sum of the variances, of a value known in some records as much less;
            None where a value has none, or for another loss, a weighted one among them.
    """

    task: str
    loss: str | None
    values: tuple[RealValue, ...]
    baseline_loss: float | None
    kind: Literal["real"] = "real"


TaskStats: TypeAlias = "ClassStats | BinaryStats | RealStats"


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelStats:
    """What a label DB holds.

    Attributes:
        records: number of records.
        label_count: label columns of each record.
        tasks: one for each task, in their order.
        identities: of records of several images, what the images have in common, task by task:
            how many pairs are of one identity.
        correlation: how much the columns of the tasks tell of each other, weights of losses left
            out; None where there are more than 256 of them, as in label maps.
        constant_columns: columns that hold the same label in all records; not looked for there
            either, nor among those that hold nothing but weights of losses.
        duplicate_columns: groups of columns that are equal in all records, constant ones left
            out; likewise.
        unread_columns: columns that no task reads.

    Example:
        >>> from caffe_multilabel import label_stats
        >>> stats = label_stats("train_labels")
        >>> stats.records, stats.label_count, round(stats.tasks[3].values[0].mean, 3)
        (90, 6, 0.519)
    """

    records: int
    label_count: int
    tasks: tuple[TaskStats, ...]
    identities: tuple[IdentityStats, ...] = ()
    correlation: Correlation | None
    constant_columns: tuple[int, ...]
    duplicate_columns: tuple[tuple[int, ...], ...]
    unread_columns: tuple[int, ...]

    __repr__ = short_repr

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON-ready values."""
        return {
            "records": self.records,
            "label_count": self.label_count,
            "tasks": [asdict(task) for task in self.tasks],
            "identities": [
                {**asdict(each), "shares": list(each.shares)} for each in self.identities
            ],
            "correlation": None if self.correlation is None else self.correlation.to_dict(),
            "constant_columns": list(self.constant_columns),
            "duplicate_columns": [list(group) for group in self.duplicate_columns],
            "unread_columns": list(self.unread_columns),
        }
