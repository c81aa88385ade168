"""Which column of a list each label column of the tasks is: by the list's header, or by number."""

from __future__ import annotations

import unicodedata
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from caffe_multilabel._base.text import did_you_mean, listed
from caffe_multilabel.errors import ListError
from caffe_multilabel.labels import LabelSchema
from caffe_multilabel.lists.infer.words import name_words
from caffe_multilabel.lists.texts import layer_name
from caffe_multilabel.lists.tuples.names import MARGIN_NAME, SAME_NAME

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from caffe_multilabel.labels.rule import Loss

__all__ = [
    "StoredSchema",
    "WantedColumn",
    "are_wanted",
    "find_columns",
    "names_some",
    "wanted_columns",
]

_OF_RECORDS: dict[Loss | None, str] = {"contrastive": SAME_NAME, "triplet": MARGIN_NAME}
"""What `list --pairs` and `list --triplets` call the column that a loss reads of each record."""


@dataclass(frozen=True, slots=True)
class WantedColumn:
    """A label column, as a list is asked for it.

    Attributes:
        tasks: the tasks that read it; none where it is only between those of tasks.
        names: for each of these what the header may call it, the surest first.
        stored: what the list of a pair called it; empty where nothing tells.
        number: its number where the task file says it, else None.
        named: the task file gives it a name of its own; of several values without names their order
            tells which is which.
        classes: the names of its classes, of a task of classes that have some.
        of_record: what the header may call it where it has none of `names` and not `stored`, one as
            sure as the other: what is said of the record of a pair or triplet.
        weighs: the task whose loss its numbers weigh; empty where they are labels.
    """

    tasks: tuple[str, ...] = ()
    names: tuple[tuple[str, ...], ...] = ()
    stored: str = ""
    number: int | None = None
    named: bool = False
    classes: tuple[str, ...] = ()
    of_record: tuple[str, ...] = ()
    weighs: str = ""

    @property
    def key(self) -> str:
        """The key of a task file that says its number."""
        return "`weight_columns:`" if self.weighs else "`columns:`"

    @property
    def task(self) -> str:
        """The first task that reads it; empty where none does."""
        return self.tasks[0] if self.tasks else ""

    @property
    def called(self) -> str:
        """What a header most likely calls it."""
        own = self.names[0] if self.names else ("",)
        return own[0] if own[0] == self.task else own[-1]


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

    A task of one column is named by itself. A value of several has its task's name in front, as
    `shape_color`, or is named by itself, unless another one is called so, or a task; values without
    names are numbered from 0, as `centre_0`. A value of one image of several has the image's number
    at its end, as `centre_x_1`. What a contrastive or triplet task reads of a record
    may also be called as `list` calls it, with the task in front, as `near_margin`, or without it
    where no other column is one such; unless a task or value is called so.

    Args:
        schema: of the tasks.
        numbered: label columns whose number the task file says.
        stored: the names that a list gave the label columns of a DB.
    """
    used = Counter(task.name for task in schema.tasks)
    used.update(name for task in schema.tasks for name in task.value_names if name != task.name)
    tasks: list[list[str]] = [[] for _ in range(schema.width)]
    names: list[list[tuple[str, ...]]] = [[] for _ in range(schema.width)]
    named = [False] * schema.width
    classes: list[tuple[str, ...]] = [()] * schema.width
    weighs = [""] * schema.width
    for task in schema.tasks:
        single = len(task.columns) == 1
        for index, column in enumerate(task.columns):
            own = [task.name] if single else []
            if task.value_names:
                part = task.value_names[index]
                own.append(f"{task.name}_{part}")
                if task.part_of is not None:  # of one image: `list` has its number at the end
                    own.append(f"{task.part_of}_{part}")
                own += [part] if used[part] == 1 else []
            elif not single:
                own.append(f"{task.name}_{index}")
            tasks[column].append(task.name)
            if task.loss is None and task.part_of is not None and not weighs[column]:
                weighs[column] = task.part_of
            names[column].append(tuple(own))
            named[column] = named[column] or bool(task.value_names) or single
            classes[column] += task.class_names
    of_records = _names_of_records(schema, used)
    older = (*stored[: schema.width], *[""] * (schema.width - len(stored)))
    return tuple(
        WantedColumn(
            tuple(tasks[column]),
            tuple(names[column]),
            older[column],
            column if column in numbered else None,
            named[column],
            classes[column],
            of_records.get(column, ()),
            weighs[column],
        )
        for column in range(schema.width)
    )


def _names_of_records(schema: LabelSchema, used: Collection[str]) -> dict[int, tuple[str, ...]]:
    taken = set(map(_loose, used))
    names: dict[int, list[str]] = {}
    of_loss: dict[str, set[int]] = {}
    for task in schema.tasks:
        written = _OF_RECORDS.get(task.loss)
        if written is not None and len(task.columns) == 1:
            column = task.columns[0]
            names.setdefault(column, []).append(f"{task.name}_{written}")
            of_loss.setdefault(written, set()).add(column)
    for written, columns in of_loss.items():
        if len(columns) == 1:
            names[min(columns)].append(written)
    return {
        column: tuple(name for name in own if _loose(name) not in taken)
        for column, own in names.items()
    }


def find_columns(
    names: Sequence[str],
    numbers: Sequence[int],
    wanted: Sequence[WantedColumn],
    source: str,
) -> list[int | None] | None:
    """Find the label columns among the columns of a list.

    Args:
        names: of the list's columns, empty where they have none.
        numbers: of each its number, as the source counts them.
        wanted: the label columns.
        source: what messages call the list.

    Returns:
        The place of each, None for one that no task reads and that the list has no column for. In
        place of all that None, where they are the list's columns in their order: no header tells,
        or it names none and there are no others that could be meant.

    Raises:
        ListError: the header names some and lacks others, or names none of them among others, or
            calls two columns so, or contradicts what `columns:` says; or a column would be two
            labels.
    """
    search = _Search(names, numbers, source)
    search.check_families(wanted)
    found = [search.place_of(column) for column in wanted]
    read = [column for column in wanted if column.tasks]
    lacking = [
        column
        for column, place in zip(wanted, found, strict=True)
        if column.tasks and place is None and column.number is None
    ]
    some = any(place is not None for place in found)
    if lacking and any(names) and not _are_in_order(found, wanted, names):
        raise search.lacks(lacking[0], found)
    if not some and (lacking or _numbers_are_places(wanted, numbers)):
        return None
    # Numbers are those of the list where one is gone by, or where there are other columns; else
    # they only tell the order of the label DB.
    gaps = len(read) < len(wanted)
    others = gaps or len(names) > len(wanted)
    by_number = any(
        place is None and column.number is not None
        for column, place in zip(wanted, found, strict=True)
    )
    places = list(found)
    for index, column in enumerate(wanted):
        place = found[index]
        if place is None and column.tasks:
            # One without a name of its own stands where it does among the label columns.
            places[index] = (
                index if column.number is None else search.numbered(column, column.number)
            )
        elif place is not None and (others or by_number):
            search.check_number(column, place)
    search.check_once(places, wanted)
    taken = set(places)
    for index, column in enumerate(wanted):
        free = index < len(names) and index not in taken
        if not column.tasks and places[index] is None and free:
            places[index] = index
    # With columns between those of the tasks, all are labels, as where no header tells.
    return None if gaps and places == [*range(len(wanted))] else places


def names_some(names: Sequence[str], wanted: Sequence[WantedColumn]) -> bool:
    """Tell whether a header names any label column, or a class or value of it in a column."""
    there = set(map(_loose, names))
    tasks = {task for column in wanted for task in column.tasks}
    known = {_loose(name) for column in wanted for own in column.names for name in own}
    known |= {_loose(column.stored) for column in wanted if column.stored}
    known |= {_loose(name) for column in wanted for name in column.of_record}
    return bool(there & known) or any(
        name.startswith(f"{task}{mark}") for name in names for task in tasks for mark in "_-.:/="
    )


def are_wanted(names: Iterable[str], wanted: Sequence[WantedColumn]) -> bool:
    """Tell whether label columns are called by each of some names."""
    known = {_loose(name) for column in wanted for own in column.names for name in own}
    return known.issuperset(map(_loose, names))


def _loose(name: str) -> str:
    """Return what names that may be one have in common.

    A task cannot have all the names that a column can: `vehicle type` is its `vehicle_type`, and
    letters may be large or small, wide or put together.
    """
    return layer_name(unicodedata.normalize("NFKC", name)).casefold()


def _are_in_order(
    found: Sequence[int | None], wanted: Sequence[WantedColumn], names: Sequence[str]
) -> bool:
    """Tell whether a header that lacks some may be taken in its order.

    So it may where there are no other columns that could be meant, and it names none; or it names
    all in their places but the values of tasks that have no names.

    Args:
        found: the place of each label column.
        wanted: the label columns.
        names: of the columns of the list.
    """
    if len(names) != len(wanted) or not all(column.tasks for column in wanted):
        return False
    if _speaks_of_others(names, wanted):
        return False
    if all(place is None for place in found):
        return True
    lacking, there = (
        {
            column.task
            for column, place in zip(wanted, found, strict=True)
            if (place is None) is none
        }
        for none in (True, False)
    )
    moved = any(place not in (None, index) for index, place in enumerate(found))
    named = any(column.named for column in wanted if column.task in lacking)
    return not (moved or named or lacking & there)


def _speaks_of_others(names: Sequence[str], wanted: Sequence[WantedColumn]) -> bool:
    """Tell whether some column's name has more words of another label column than of its own.

    Or those of its task and of one of its classes: then it is a flag of that class.
    """
    words = [set(name_words(unicodedata.normalize("NFKC", name))) for name in names]
    own = [
        {word for each in column.names for name in each for word in name_words(name)}
        for column in wanted
    ]
    for place, found in enumerate(words):
        if any(len(found & other) > len(found & own[place]) for other in own):
            return True
        rest = found - own[place]
        flags = (set(name_words(name)) for name in wanted[place].classes)
        if rest != found and any(rest == flag for flag in flags if flag):
            return True
    return False


def _numbers_are_places(wanted: Sequence[WantedColumn], numbers: Sequence[int]) -> bool:
    """Tell whether what `columns:` says is where the columns stand, and all before are there."""
    return list(numbers[: len(wanted)]) == [*range(len(wanted))]


class _Search:
    """The columns of one list, and what to say where they do not go with the tasks."""

    def __init__(self, names: Sequence[str], numbers: Sequence[int], source: str) -> None:
        self._names = names
        self._numbers = numbers
        self._source = source
        self._exact = {name: place for place, name in enumerate(names) if name}
        self._loose: dict[str, list[int]] = {}
        for place, name in enumerate(names):
            if loose := _loose(name):
                self._loose.setdefault(loose, []).append(place)

    def place_of(self, column: WantedColumn) -> int | None:
        """Return the place of the column that the header names so; None where it names none.

        Raises:
            ListError: it names two so.
        """
        found = dict.fromkeys(
            place for own in column.names if (place := self._named(own)) is not None
        )
        if len(found) > 1:
            places = list(found)
            raise self._error(
                f"'{self._names[places[0]]}' and '{self._names[places[1]]}' are both what "
                f"{' and '.join(repr(task) for task in column.tasks)} read, which is one column",
                "correct `columns:`, or one of the names",
            )
        if found:
            [place] = found
            return place
        older = self._named((column.stored,)) if column.stored else None
        return self._of_record(column) if older is None else older

    def _of_record(self, column: WantedColumn) -> int | None:
        """Return the place of the column that is called as `list` does; None where none is."""
        found = [place for name in column.of_record if (place := self._named((name,))) is not None]
        if len(found) > 1:
            one, other = (self._names[place] for place in found[:2])
            raise self._error(
                f"'{one}' and '{other}' may both be what '{column.task}' reads",
                f"rename the one that is to be '{column.task}'",
            )
        return found[0] if found else None

    def _named(self, names: Sequence[str]) -> int | None:
        for name in names:
            if name in self._exact:
                return self._exact[name]
            places = self._loose.get(_loose(name), [])
            if len(places) > 1:
                both = " and ".join(repr(self._names[place]) for place in places[:2])
                raise self._error(f"{both} may both be '{name}'", "rename one of them")
            if places:
                return places[0]
        return None

    def check_families(self, wanted: Sequence[WantedColumn]) -> None:
        """Refuse more numbered columns than a task of values without names has.

        Raises:
            ListError: there are, as `centre_2` of a task of two values.
        """
        for task, count in Counter(task for column in wanted for task in column.tasks).items():
            first, more = f"{task}_0", f"{task}_{count}"
            own = any(first in names for column in wanted for names in column.names)
            if own and count > 1 and first in self._exact and more in self._exact:
                raise self._error(
                    f"'{first}' to '{more}' are more columns than the {count} values of task "
                    f"'{task}'",
                    "correct its dim, or write `columns:`",
                )

    def numbered(self, column: WantedColumn, number: int) -> int:
        """Return the place of a column by its number; behind all columns where there is none."""
        if number in self._numbers:
            return self._numbers.index(number)
        if number <= max(self._numbers, default=-1):
            raise self._error(
                f"{column.key} says {number}, which is one of the columns that are joined, or "
                "split",
                f"correct {column.key}",
            )
        return len(self._names) + number

    def lacks(self, column: WantedColumn, found: Sequence[int | None]) -> ListError:
        """Say that the header does not name a column."""
        others = [each for place, each in enumerate(self._names) if each and place not in found]
        names = " or ".join(f"'{name}'" for name in (column.called, *column.of_record))
        way = f"name task '{column.task}' as its column is, or write `columns:`"
        if column.weighs:
            way = f"name the column of weights so, or write {column.key} of task '{column.weighs}'"
        return self._error(
            f"no column is named {names}",
            f"{way} with its number, counted from 0 beside the path",
            hint=did_you_mean(column.called, others),
        )

    def check_number(self, column: WantedColumn, place: int) -> None:
        """Refuse a column whose name and number tell of two columns of the list."""
        if column.number in (None, self._numbers[place]) or not column.tasks:
            return
        weights = f"the weights of task '{column.weighs}' are" if column.weighs else ""
        reads = weights or f"task '{column.task}' reads"
        raise self._error(
            f"{column.key} says that {reads} column {column.number}, and the header names column "
            f"{self._numbers[place]} so",
            f"correct {column.key}, or the name of the {'column' if weights else 'task'}",
        )

    def check_once(self, places: Sequence[int | None], wanted: Sequence[WantedColumn]) -> None:
        """Refuse a column that would be two labels."""
        taken: dict[int, str] = {}
        for place, column in zip(places, wanted, strict=True):
            if place is None or not column.tasks:
                continue
            if place in taken:
                readers = f"'{taken[place]}' and '{column.task}'"
                if taken[place] == column.task:
                    readers = f"two values of '{column.task}'"
                number = self._numbers[place] if place < len(self._numbers) else place
                raise self._error(
                    f"{readers} would both read column {number}",
                    f"correct {column.key}, or one of the names",
                )
            taken[place] = column.task

    def _error(self, problem: str, way: str, *, hint: str = "") -> ListError:
        numbered = listed(
            [
                f"{number} {name or '(no name)'}"
                for number, name in zip(self._numbers, self._names, strict=True)
            ]
        )
        return ListError(
            f"{self._source}: {problem}; the columns are {numbered}{hint}; {way}",
            path=self._source,
        )
