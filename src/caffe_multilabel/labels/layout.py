"""Which label columns are whose, as a schema says or, without one, the labels themselves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING

import numpy as np

from caffe_multilabel.labels.rule import (
    FREE,
    LOSSES_OF_UNKNOWN,
    LabelKind,
    LabelRule,
    class_indices,
    stricter,
)
from caffe_multilabel.labels.statistics import measure_columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from caffe_multilabel.labels.schema import LabelSchema, TaskLabels
    from caffe_multilabel.labels.statistics import ColumnSummary

__all__ = ["LabelLayout", "LabelTask", "assign_columns"]

_MOST_CLASSES = 256
"""A column of more distinct whole numbers is taken for a measure, not for classes."""
_MOST_COLUMNS = 1024
"""Longer records without a schema are taken for one label map."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelTask:
    """The labels of one task.

    Attributes:
        name: the task.
        loss: its loss; None where nothing tells.
        kind: `class` one of several classes, `binary` yes or no, `real` any number.
        columns: its label columns, in the order of its values.
        value_names: a name for each column; empty where they have none.
        classes: the label of each class in rising order; empty unless `kind` is `class`.
        class_names: their names; empty where they have none.
        ignore_label: the label of records that the task leaves out, or None.
        mapping: pairs (number in a list of images, label in the DB).
        non_negative: whether `real` labels must not be below 0.
        part_of: the task of the task file whose labels of one image these are, or whose weights;
            None of a whole task. `whole_tasks` puts them together.
        tells_identity: another task takes its classes for the identities of images.
    """

    name: str
    loss: str | None
    kind: LabelKind
    columns: tuple[int, ...]
    value_names: tuple[str, ...] = ()
    classes: Sequence[int] = ()
    class_names: tuple[str, ...] = ()
    ignore_label: int | None = None
    mapping: tuple[tuple[float, float], ...] = ()
    non_negative: bool = False
    part_of: str | None = None
    tells_identity: bool = False

    @classmethod
    def of(cls, task: TaskLabels) -> LabelTask:
        """Take a task of a label schema."""
        return cls(
            name=task.name,
            loss=task.loss,
            kind=task.kind,
            columns=task.columns,
            value_names=task.value_names,
            classes=range(task.classes),
            class_names=task.class_names,
            ignore_label=task.ignore_label,
            mapping=task.map,
            non_negative=task.non_negative,
            part_of=task.part_of,
            tells_identity=task.tells_identity,
        )

    @property
    def is_weight(self) -> bool:
        """Whether its numbers are no labels, but weigh the loss of the task `part_of`."""
        return self.part_of is not None and self.loss is None

    @property
    def takes_unknown(self) -> bool:
        """Whether it may have an `ignore_label`."""
        leaves_out = self.loss is None or self.loss in LOSSES_OF_UNKNOWN
        return leaves_out and not self.tells_identity

    @property
    def rule(self) -> LabelRule:
        """What each of its labels may be."""
        return LabelRule(
            task=self.name,
            kind=self.kind,
            classes=len(self.classes),
            names=self.class_names,
            ignore=None if self.ignore_label is None else float(self.ignore_label),
            mapping=self.mapping,
            takes_unknown=self.takes_unknown,
            non_negative=self.non_negative,
            guessed=() if isinstance(self.classes, range) else tuple(self.classes),
        )

    @property
    def rules(self) -> tuple[LabelRule, ...]:
        """The rule of each of its columns, with the name of the value."""
        if not self.value_names:
            return (self.rule,) * len(self.columns)
        return tuple(replace(self.rule, part=part) for part in self.value_names)

    @property
    def parts(self) -> tuple[str, ...]:
        """A name for each column that tells it from the others of the task."""
        return self.value_names or tuple(map(str, range(len(self.columns))))

    @property
    def full_names(self) -> tuple[str, ...]:
        """A name for each column that tells it from those of all tasks."""
        if len(self.columns) == 1:
            return (self.name,)
        return tuple(f"{self.name}.{part}" for part in self.parts)

    def class_name(self, index: int) -> str:
        """Return the name of a class by its index, its label where it has none."""
        return self.class_names[index] if self.class_names else str(self.classes[index])

    def missing(self, labels: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Tell which labels are left out by the task's `ignore_label`, in the labels' shape."""
        return self.rule.missing(labels)

    def indices(self, column: NDArray[np.float32]) -> NDArray[np.int64]:
        """Return the index of each label's class, -1 for labels that are no class.

        Args:
            column: the labels of a task of classes, (N,).
        """
        return class_indices(column, self.classes)

    def counts(self, labels: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Tell which labels count: finite, not missing, and what the kind allows.

        Args:
            labels: labels of the task's columns, of any shape.
        """
        return self.rule.counted(labels)


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelLayout:
    """Which fields of a list line, and so which columns of a label DB, are whose.

    Attributes:
        label_count: label columns of each record.
        tasks: the tasks that read them. Tasks may share a column.
        header: the names over the columns in the list of images; empty where it has none.
        guessed: nothing said what the columns are, so the tasks are a guess from the labels.

    Example:
        >>> color = LabelTask(
        ...     name="color", loss="softmax", kind="class", columns=(1,), classes=range(3)
        ... )
        >>> layout = LabelLayout(label_count=3, tasks=(color,), header=("id", "shade", "date"))
        >>> layout.free, layout.names
        ((0, 2), ('id', 'color', 'date'))
    """

    label_count: int
    tasks: tuple[LabelTask, ...] = ()
    header: tuple[str, ...] = ()
    guessed: bool = False

    @classmethod
    def of(cls, schema: LabelSchema, header: Sequence[str] = ()) -> LabelLayout:
        """Lay columns out as a schema says."""
        return cls(
            label_count=schema.label_count,
            tasks=tuple(map(LabelTask.of, schema.tasks)),
            header=tuple(header),
        )

    @classmethod
    def known(
        cls, label_count: int, schema: LabelSchema | None, header: Sequence[str] = ()
    ) -> LabelLayout:
        """Lay out records with `label_count` labels as far as anything tells, without a guess.

        A schema that reads more columns than there are tells nothing of them.
        """
        if schema is None or schema.width > label_count:
            return cls(label_count=label_count, header=tuple(header))
        return cls.of(schema.over(label_count), header)

    @classmethod
    def guess(cls, labels: NDArray[np.float32], header: Sequence[str] = ()) -> LabelLayout:
        """Take each column for a task of its own: classes if it holds few whole numbers, else real.

        Args:
            labels: float32 (N, L).
            header: a name for each column, or empty.
        """
        width = labels.shape[1]
        plain = cls(label_count=width, header=tuple(header), guessed=True)
        if width > _MOST_COLUMNS:
            one = LabelTask(name="labels", loss=None, kind="real", columns=tuple(range(width)))
            return replace(plain, tasks=(one,))
        columns = measure_columns(labels, plain.rules, most_distinct=_MOST_CLASSES)
        return replace(plain, tasks=tuple(map(_guessed_task, range(width), plain.names, columns)))

    @property
    def columns(self) -> tuple[tuple[int, ...], ...]:
        """For each task the columns it reads, in the order of its values."""
        return tuple(task.columns for task in self.tasks)

    @property
    def free(self) -> tuple[int, ...]:
        """The columns that no task reads."""
        taken = {column for columns in self.columns for column in columns}
        return tuple(column for column in range(self.label_count) if column not in taken)

    @property
    def rules(self) -> tuple[LabelRule, ...]:
        """What each column may hold: the strictest rule of its tasks, `FREE` where it has none."""
        rules: dict[int, LabelRule] = {}
        for task in self.tasks:
            for column, rule in zip(task.columns, task.rules, strict=True):
                rules[column] = stricter(rules[column], rule) if column in rules else rule
        return tuple(rules.get(column, FREE) for column in range(self.label_count))

    @property
    def names(self) -> tuple[str, ...]:
        """A name for each column: by its task, else by the list's header, else by its number."""
        names = [f"column {column}" for column in range(self.label_count)]
        names[: len(self.header)] = self.header[: self.label_count]
        for task in () if self.guessed else reversed(self.tasks):  # the first one to share wins
            for column, name in zip(task.columns, task.full_names, strict=True):
                names[column] = name
        return tuple(names)


def assign_columns(
    named: Iterable[tuple[int, ...] | None], widths: Iterable[int]
) -> tuple[tuple[int, ...], ...]:
    """Give each task its label columns.

    A task that names columns reads those. The others take, in order, the lowest columns that no
    task names.

    Args:
        named: for each task the columns it names, or None.
        widths: for each task how many columns it reads.

    Example:
        >>> assign_columns([None, (1,), None], [3, 1, 1])
        ((0, 2, 3), (1,), (4,))
    """
    named = tuple(named)
    taken = {column for columns in named for column in columns or ()}
    rest = (column for column in count() if column not in taken)
    return tuple(
        columns or tuple(next(rest) for _ in range(width))
        for columns, width in zip(named, widths, strict=True)
    )


def _guessed_task(column: int, name: str, summary: ColumnSummary) -> LabelTask:
    classes = _whole_numbers(summary)
    records = summary.count + summary.wrong
    few = 0 < len(classes) <= max(records // 4, 2)
    return LabelTask(
        name=name,
        loss=None,
        kind="class" if few else "real",
        columns=(column,),
        classes=classes if few else (),
    )


def _whole_numbers(summary: ColumnSummary) -> tuple[int, ...]:
    """Return the distinct values of a column of few whole numbers, empty for other columns."""
    distinct = summary.distinct
    if summary.wrong or distinct is None or not distinct.complete:
        return ()
    if (distinct.values != np.floor(distinct.values)).any():
        return ()
    return tuple(int(value) for value in distinct.values.tolist())
