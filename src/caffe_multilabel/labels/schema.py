"""The label side of a task file, as data that a manifest keeps and a reader needs no YAML for."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from caffe_multilabel._base.arguments import whole_number
from caffe_multilabel._base.text import key_path
from caffe_multilabel.errors import TaskFileError
from caffe_multilabel.labels.rule import LABEL_KINDS, LabelKind, Loss

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = [
    "MAX_EXACT",
    "LabelSchema",
    "TaskLabels",
    "check_label_schema",
    "image_name",
    "label_problems",
    "read_label_schema",
]

MAX_EXACT = 2**24
"""Up to here float32, which labels are, holds every whole number."""


def image_name(name: str, image: int) -> str:
    """Return what a task, value or column is called for one image of a record; they count from 0.

    Example:
        >>> image_name("person", 0)
        'person_1'
    """
    return f"{name}_{image + 1}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskLabels:
    """What one task's labels are and where they stand.

    Attributes:
        name: the task.
        loss: its loss; None of columns that hold weights of another task's loss.
        columns: its label columns, in the order of its values.
        classes: number of classes of a softmax or hinge task, else 0.
        class_names: names of the classes in order, or empty.
        value_names: names of the values of a sigmoid or euclidean task in order, or empty.
        ignore_label: label of records that the task leaves out, or None.
        map: pairs (number in a list of images, label in the DB).
        part_of: the task of the task file whose labels of one image these are, or whose weights;
            None of a whole task.
        tells_identity: another task takes its classes for the identities of images, so that none
            may be unknown. A manifest does not keep it, for it is said of that other task.
    """

    name: str
    loss: Loss | None
    columns: tuple[int, ...]
    classes: int = 0
    class_names: tuple[str, ...] = ()
    value_names: tuple[str, ...] = ()
    ignore_label: int | None = None
    map: tuple[tuple[float, float], ...] = ()
    part_of: str | None = None
    tells_identity: bool = field(default=False, compare=False)

    @property
    def kind(self) -> LabelKind:
        """What its labels are."""
        return "real" if self.loss is None else LABEL_KINDS[self.loss]

    @property
    def non_negative(self) -> bool:
        """Whether they must not be below 0: weights of another task's loss, or margins."""
        return self.loss in (None, "triplet")

    @property
    def outputs(self) -> int:
        """Number of scores that its loss takes."""
        return self.classes or len(self.columns)


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
                {
                    key: _lists(value)
                    for key, value in asdict(task).items()
                    if key != "tells_identity" and (key != "part_of" or value is not None)
                }
                for task in self.tasks
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
    check_label_schema(schema)
    return schema


def check_label_schema(schema: LabelSchema) -> None:
    """Check all that a task file would have been checked for and that readers of labels rely on.

    Raises:
        TaskFileError: something in it does not go with the rest; `key` names it.
    """
    for index, task in enumerate(schema.tasks):
        for key, message in _task_problems(task, schema.label_count):
            raise _error(("tasks", index, key), message)


def label_problems(
    kind: LabelKind, classes: int, ignore_label: int | None, mapping: Mapping[float, float]
) -> Iterator[tuple[str, str]]:
    """Find what in a task's `ignore_label` and `map` does not go with its labels.

    Args:
        kind: what its labels are.
        classes: their number where they are classes.
        ignore_label: the label of records that it leaves out, or None.
        mapping: for numbers in a list of images the labels in the DB.

    Yields:
        The key, and what is wrong with it.
    """
    last = {"class": classes - 1, "binary": 1}.get(kind, 0)
    if last < 1:
        return
    if ignore_label is not None and 0 <= ignore_label <= last:
        yield (
            "ignore_label",
            f"found {ignore_label}, a label of the task; must not be one of 0 to {last}",
        )
    for number, label in mapping.items():
        if label != ignore_label and not (0 <= label <= last and float(label).is_integer()):
            allowed = f"0 to {last}" + ("" if ignore_label is None else f" or {ignore_label}")
            yield "map", f"found {number:g}: {label:g}; must turn a number into one of {allowed}"
    if ignore_label in mapping and ignore_label not in mapping.values():
        yield "ignore_label", f"found {ignore_label}, which map turns into another label"


def _task_problems(task: TaskLabels, label_count: int) -> Iterator[tuple[str, str]]:
    width = len(task.columns)
    if not all(0 <= column < label_count for column in task.columns):
        yield "columns", f"found {list(task.columns)}; must be from 0 to {label_count - 1}"
    if task.kind == "class":
        if width != 1:
            yield "columns", f"found {width} columns; a task of classes has one column"
        if not 1 <= task.classes <= MAX_EXACT:
            yield "classes", f"found {task.classes}; must be from 1 to {MAX_EXACT}"
        if len(task.class_names) not in (0, task.classes):
            message = f"found {len(task.class_names)} names for {task.classes} classes"
            yield "class_names", message
    else:
        if not width:
            yield "columns", "found no column; a task has one at least"
        if task.classes or task.class_names:
            key = "classes" if task.classes else "class_names"
            yield key, f"found beside loss {task.loss}, whose labels are no classes"
    if len(task.value_names) not in (0, width):
        yield "value_names", f"found {len(task.value_names)} names for {width} columns"
    if task.ignore_label is not None and abs(task.ignore_label) > MAX_EXACT:
        yield "ignore_label", f"found {task.ignore_label}; must be from {-MAX_EXACT} to {MAX_EXACT}"
    if not all(math.isfinite(number) for pair in task.map for number in pair):
        yield "map", "found a number that is not finite"
    yield from label_problems(task.kind, task.classes, task.ignore_label, dict(task.map))


def _error(loc: tuple[int | str, ...], message: str) -> TaskFileError:
    key = key_path(loc)
    return TaskFileError(": ".join(filter(None, ("label schema", key, message))), key=key or None)


def _lists(value: Any) -> Any:
    return [_lists(item) for item in value] if isinstance(value, tuple) else value
