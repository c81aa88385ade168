"""The label side of a task file, as data that a manifest keeps and a reader needs no YAML for."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from caffe_multilabel.labels.layout import label_columns
from caffe_multilabel.labels.rule import FREE, LabelRule, stricter
from caffe_multilabel.tasks.losses import LOSSES, Loss

if TYPE_CHECKING:
    from caffe_multilabel.tasks.model import Task, TaskFile

__all__ = ["LabelSchema", "TaskLabels", "label_rules", "label_schema"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskLabels:
    """What one task's labels are and where they stand.

    Attributes:
        name: the task.
        loss: its loss.
        columns: its label columns, in the order of its values.
        classes: number of classes of a softmax or hinge task, else 0.
        class_names: names of the classes in order, or empty.
        value_names: names of the values of a sigmoid or euclidean task in order, or empty.
        ignore_label: label of records that the task leaves out, or None.
        map: pairs (number in a list of images, label in the DB).
    """

    name: str
    loss: Loss
    columns: tuple[int, ...]
    classes: int = 0
    class_names: tuple[str, ...] = ()
    value_names: tuple[str, ...] = ()
    ignore_label: int | None = None
    map: tuple[tuple[float, float], ...] = ()

    @classmethod
    def of(cls, task: Task, columns: tuple[int, ...]) -> TaskLabels:
        """Take the label side of a task that reads `columns`."""
        return cls(
            name=task.name,
            loss=task.loss,
            columns=columns,
            classes=task.class_count,
            class_names=task.class_names,
            value_names=task.value_names,
            ignore_label=task.ignore_label,
            map=tuple(task.map.items()),
        )

    def rules(self) -> tuple[LabelRule, ...]:
        """Return the rule of each of the task's columns, in their order."""
        rule = LabelRule(
            task=self.name,
            kind=LOSSES[self.loss].kind,
            classes=self.classes,
            names=self.class_names,
            ignore=None if self.ignore_label is None else float(self.ignore_label),
            mapping=self.map,
        )
        if not self.value_names:
            return (rule,) * len(self.columns)
        return tuple(replace(rule, part=part) for part in self.value_names)


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelSchema:
    """What every label column of a label DB means.

    Attributes:
        label_count: number of label columns of each record.
        tasks: the tasks that read them.
    """

    label_count: int
    tasks: tuple[TaskLabels, ...]

    @classmethod
    def of(cls, task_file: TaskFile, label_count: int) -> LabelSchema:
        """Apply a task file to records of `label_count` labels.

        Raises:
            TaskFileError: a task reads a column that is not there.
        """
        layout = label_columns(task_file.tasks)
        layout.free(label_count)
        tasks = zip(task_file.tasks, layout.columns, strict=True)
        return cls(
            label_count=label_count,
            tasks=tuple(TaskLabels.of(task, columns) for task, columns in tasks),
        )

    def rules(self) -> list[LabelRule]:
        """Return one rule for each label column, `FREE` where no task reads it."""
        rules: dict[int, LabelRule] = {}
        for task in self.tasks:
            for column, rule in zip(task.columns, task.rules(), strict=True):
                rules[column] = stricter(rules[column], rule) if column in rules else rule
        return [rules.get(column, FREE) for column in range(self.label_count)]

    def to_json(self) -> dict[str, Any]:
        """Return plain dicts, lists and numbers; `read_label_schema` is the way back."""
        return {
            "label_count": self.label_count,
            "tasks": [
                {key: _lists(value) for key, value in asdict(task).items()} for task in self.tasks
            ],
        }


def label_rules(task_file: TaskFile, label_count: int) -> list[LabelRule]:
    """Return the rule of each of `label_count` label columns.

    Raises:
        TaskFileError: a task reads a column that is not there.
    """
    return LabelSchema.of(task_file, label_count).rules()


def label_schema(task_file: TaskFile, label_count: int) -> dict[str, Any]:
    """Return what a manifest keeps of a task file; `read_label_schema` reads it.

    Raises:
        TaskFileError: a task reads a column that is not there.
    """
    return LabelSchema.of(task_file, label_count).to_json()


def _lists(value: Any) -> Any:
    return [_lists(item) for item in value] if isinstance(value, tuple) else value
