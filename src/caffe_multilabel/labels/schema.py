"""The label side of a task file, as data that a manifest keeps and a reader needs no YAML for."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from caffe_multilabel._base.arguments import whole_number
from caffe_multilabel._base.text import key_path
from caffe_multilabel.errors import TaskFileError
from caffe_multilabel.labels.rule import LABEL_KINDS, LabelKind, Loss

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["LabelSchema", "TaskLabels", "read_label_schema"]


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

    @property
    def kind(self) -> LabelKind:
        """What its labels are."""
        return LABEL_KINDS[self.loss]


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelSchema:
    """What every label column of a label DB means.

    Attributes:
        label_count: number of label columns of each record.
        tasks: the tasks that read them.

    Example:
        >>> from caffe_multilabel import MultilabelDataset
        >>> schema = MultilabelDataset("train_images", "train_labels").label_schema
        >>> [(task.name, task.columns) for task in schema.tasks]
        [('kind', (0,)), ('color', (1,)), ('filled', (2,)), ('size', (3,)), ('centre', (4, 5))]
    """

    label_count: int
    tasks: tuple[TaskLabels, ...]

    @property
    def width(self) -> int:
        """The least number of label columns that holds every task."""
        return 1 + max((max(task.columns) for task in self.tasks), default=-1)

    def over(self, label_count: int) -> LabelSchema:
        """Return the schema of records with so many labels.

        Raises:
            TaskFileError: a task reads a column that is not there.
        """
        label_count = whole_number("label_count", label_count, 0)
        for index, task in enumerate(self.tasks):
            if max(task.columns) >= label_count:
                raise TaskFileError(
                    f"task '{task.name}' reads label column {max(task.columns)}, but records have "
                    f"{label_count} labels (columns 0 to {label_count - 1}); "
                    f"the tasks need {self.width}",
                    key=f"tasks[{index}]",
                )
        return replace(self, label_count=label_count)

    def to_json(self) -> dict[str, Any]:
        """Return plain dicts, lists and numbers; `read_label_schema` is the way back."""
        return {
            "label_count": self.label_count,
            "tasks": [
                {key: _lists(value) for key, value in asdict(task).items()} for task in self.tasks
            ],
        }


def read_label_schema(document: Mapping[str, Any]) -> LabelSchema:
    """Rebuild what `LabelSchema.to_json` wrote. Keys of a later version are passed over.

    Raises:
        TaskFileError: a key is missing or holds something else; `key` names it.
    """
    from pydantic import TypeAdapter, ValidationError  # noqa: PLC0415  (slow to load)

    try:
        schema = TypeAdapter(LabelSchema).validate_python(document)
    except ValidationError as error:
        first = error.errors()[0]
        raise _error(first["loc"], first["msg"]) from None
    for index, task in enumerate(schema.tasks):
        if not all(0 <= column < schema.label_count for column in task.columns):
            message = f"found {list(task.columns)}; must be from 0 to {schema.label_count - 1}"
            raise _error(("tasks", index, "columns"), message)
        if len(task.value_names) not in (0, len(task.columns)):
            message = f"found {len(task.value_names)} names for {len(task.columns)} columns"
            raise _error(("tasks", index, "value_names"), message)
    return schema


def _error(loc: tuple[int | str, ...], message: str) -> TaskFileError:
    key = key_path(loc)
    return TaskFileError(f"label schema: {key}: {message}", key=key)


def _lists(value: Any) -> Any:
    return [_lists(item) for item in value] if isinstance(value, tuple) else value
