"""Which column of a list each label column of the tasks is: by the list's header, or by number."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from caffe_multilabel._base.text import did_you_mean, listed
from caffe_multilabel.errors import ListError
from caffe_multilabel.labels import LabelSchema
from caffe_multilabel.lists.texts import layer_name

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

__all__ = ["StoredSchema", "WantedColumn", "find_columns", "is_in_order", "wanted_columns"]


@dataclass(frozen=True, slots=True)
class WantedColumn:
    """A label column, as a list is asked for it.

    Attributes:
        task: the task that reads it; empty where none does.
        names: what the header may call it, the likeliest first.
        numbered: nothing but its number need tell it: no task reads it, or the user says which it
            is.
        named: the task file gives it a name of its own; of several values without names their order
            tells which is which.
    """

    task: str
    names: tuple[str, ...]
    numbered: bool
    named: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSchema(LabelSchema):
    """The schema in a manifest, with the names that its list gave the label columns.

    Attributes:
        names: of all label columns, or none.
    """

    names: tuple[str, ...] = ()


def wanted_columns(
    schema: LabelSchema, *, numbered: Collection[int] = (), stored: Sequence[str] = ()
) -> tuple[WantedColumn, ...]:
    """Return the label columns that tasks read, and those between them.

    A task of one column is named by itself, one of several by its values' names, or by its own and
    a number from 0, as in `centre_0`. A value that is called as another one, or as a task, has its
    task's name in front, as `shape_color`.

    Args:
        schema: of the tasks.
        numbered: label columns whose number the task file says.
        stored: the names that a list gave the label columns of a DB.
    """
    used = Counter(task.name for task in schema.tasks)
    used.update(name for task in schema.tasks for name in task.value_names if name != task.name)
    tasks = [""] * schema.width
    names: list[list[str]] = [[] for _ in range(schema.width)]
    named = [False] * schema.width
    for task in schema.tasks:
        for index, column in enumerate(task.columns):
            part = task.value_names[index] if task.value_names else str(index)
            tasks[column] = task.name
            if len(task.columns) == 1:
                names[column].append(task.name)
            if task.value_names and used[part] == 1:
                names[column].append(part)
            if column not in numbered:
                names[column].append(f"{task.name}_{part}")
            named[column] = bool(task.value_names) or len(task.columns) == 1
    for column, name in enumerate(stored[: schema.width]):
        names[column] += filter(None, [name])
    return tuple(
        WantedColumn(task, tuple(own), not task or column in numbered, is_named)
        for column, (task, own, is_named) in enumerate(zip(tasks, names, named, strict=True))
    )


def is_in_order(names: Sequence[str], wanted: Sequence[WantedColumn]) -> bool:
    """Tell whether columns of these names may be taken for the labels as they stand.

    They may not if the header names one in another place, or lacks one while it has others that
    could be meant, or while it names some; only several values of a task have no names to go by.
    """
    found = _found(names, wanted)
    if any(place not in (None, index) for index, place in enumerate(found)):
        return False
    lacking = _lacking(found, wanted)
    if not any(names) or not lacking:
        return True
    some = any(place is not None for place in found)
    return len(names) <= len(wanted) and not (some and any(each.named for each in lacking))


def find_columns(
    names: Sequence[str], wanted: Sequence[WantedColumn], source: str
) -> list[int | None] | None:
    """Find the label columns among the columns of a list.

    Args:
        names: of the list's columns, empty where they have none.
        wanted: the label columns.
        source: what messages call the list.

    Returns:
        The place of each, None for one that no task reads and that the list has no column for. In
        place of all that None, where they are the list's columns in their order: no header tells,
        or it names none and there are no others that could be meant.

    Raises:
        ListError: the header names some and lacks others, or names none of them among others, or
            contradicts what `columns:` says; or a column would be two labels.
    """
    found = _found(names, wanted)
    named = any(place is not None for place in found)
    lacking = _lacking(found, wanted)
    if lacking and (named or (any(names) and len(names) > len(wanted))):
        name = lacking[0].names[0]
        others = [each for place, each in enumerate(names) if each and place not in found]
        raise ListError(
            f"{source}: no column is named '{name}'; the columns are {_numbered(names)}"
            f"{did_you_mean(name, others)}; name task '{lacking[0].task}' as its column is, or "
            "write `columns:` with its number, counted from 0 beside the path",
            path=source,
        )
    if not named:
        return None
    gaps = not all(column.task for column in wanted)
    for index, (place, column) in enumerate(zip(found, wanted, strict=True)):
        if gaps and column.task and column.numbered and place not in (None, index):
            raise ListError(
                f"{source}: `columns:` says that task '{column.task}' reads column {index}, and "
                f"the header names column {place} so; the columns are {_numbered(names)}: correct "
                "`columns:`, or the name of the task",
                path=source,
            )
    taken: dict[int, str] = {}
    for place, column in zip(found, wanted, strict=True):
        if place is not None and column.task:
            _take(place, column, taken, names, source)
    places: list[int | None] = []
    for index, (place, column) in enumerate(zip(found, wanted, strict=True)):
        if place is None and column.task:
            _take(index, column, taken, names, source)
        free = index < len(names) and index not in taken
        places.append(index if place is None and (column.task or free) else place)
    # With columns between those of the tasks, all are labels, as where no header tells.
    return None if gaps and places == [*range(len(wanted))] else places


def _take(
    place: int, column: WantedColumn, taken: dict[int, str], names: Sequence[str], source: str
) -> None:
    """Note that a column of the list is a task's.

    Raises:
        ListError: it is another one's already.
    """
    if place in taken:
        readers = f"'{taken[place]}' and '{column.task}'"
        if taken[place] == column.task:
            readers = f"two values of '{column.task}'"
        raise ListError(
            f"{source}: {readers} would both read column {place}; the columns are "
            f"{_numbered(names)}: correct `columns:`, or one of the names",
            path=source,
        )
    taken[place] = column.task


def _lacking(found: Sequence[int | None], wanted: Sequence[WantedColumn]) -> list[WantedColumn]:
    """Return the columns that a header has to name, and does not."""
    return [
        column
        for column, place in zip(wanted, found, strict=True)
        if place is None and not column.numbered
    ]


def _numbered(names: Sequence[str]) -> str:
    return listed([f"{place} {each or '(no name)'}" for place, each in enumerate(names)])


def _found(names: Sequence[str], wanted: Sequence[WantedColumn]) -> list[int | None]:
    # A task cannot have all the names that a column can: `vehicle type` is its `vehicle_type`.
    known = {name: place for place, name in enumerate(names) if name}
    loose = {layer_name(name): place for name, place in known.items()} | known
    return [
        next((place for name in column.names if (place := places.get(name)) is not None), None)
        for column in wanted
        for places in [known if column.numbered else loose]
    ]
