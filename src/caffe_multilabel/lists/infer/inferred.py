"""All decisions on one table, and the task file that comes of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from caffe_multilabel._base.text import listed, plural, shown
from caffe_multilabel.errors import ListError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from caffe_multilabel.lists.infer.decision import Decision, ProposedTask, Reading
    from caffe_multilabel.tasks import TaskFile

__all__ = ["InferredTasks"]

_TRANSFORMS = {
    "one-hot": "The column that holds the 1 is the class.",
    "multi-hot": "Each label is 1 in the records whose cell holds it; a blank cell holds none.",
}
_NORMALIZED = (
    "Learnt as (number - mean) / std, for training goes wrong on numbers far from 0 or close "
    "together; deploy turns it back."
)
_MOST_NAMES = 200
"""A reading of more names is not written out in a comment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InferredTasks:
    """What the columns of a table are taken for, and the tasks made of them.

    Attributes:
        source: what messages call the table.
        records: how many it has.
        decisions: one for each column, or for several that belong together, in their order.
        notes: what the reader of the table decided.

    Example:
        >>> from caffe_multilabel import infer_tasks
        >>> inferred = infer_tasks("train.csv")
        >>> inferred.records, inferred.confident, inferred.strata
        (90, True, ('kind', 'color', 'filled'))
        >>> print(inferred.decisions[0].why)
        6 distinct texts in 90 records, the rarest ... times
    """

    source: str
    records: int
    decisions: tuple[Decision, ...]
    notes: tuple[str, ...] = ()

    @property
    def tasks(self) -> tuple[ProposedTask, ...]:
        """The tasks that can be learnt as the list is, in the order of their columns."""
        return tuple(decision.ready for decision in self.decisions if decision.ready is not None)

    @property
    def confident(self) -> bool:
        """Whether there is no doubt about any column."""
        return all(decision.confident for decision in self.decisions)

    @property
    def identity(self) -> str | None:
        """The name of the column to split by, so that nobody is in train and in val; or None."""
        told = (each.names[0] for each in self.decisions if each.kind == "identity")
        return next(filter(None, told), None)

    @property
    def parts(self) -> str | None:
        """The column that says which part of the data a record belongs to, or None.

        Its name; where columns have none its number, counted from 0 beside the paths.
        """
        told = (decision for decision in self.decisions if decision.kind == "split")
        return next((each.names[0] or str(each.columns[0]) for each in told), None)

    @property
    def strata(self) -> tuple[str, ...]:
        """The tasks whose classes, yes and no every part of a split should have its share of."""
        return tuple(task.name for task in self.tasks if task.loss != "euclidean")

    def task_file(self) -> TaskFile:
        """Return the tasks as `load_tasks` does.

        Raises:
            ListError: no column makes a task.
        """
        from caffe_multilabel.tasks import load_tasks  # noqa: PLC0415  (pydantic, for who asks)

        return load_tasks({"tasks": [task.to_dict() for task in self._some_tasks()]})

    def to_dict(self) -> dict[str, Any]:
        """Return everything as a mapping for JSON."""
        return {
            "source": self.source,
            "records": self.records,
            "confident": self.confident,
            "notes": list(self.notes),
            "split": {"identity": self.identity, "strata": list(self.strata), "parts": self.parts},
            "decisions": [decision.to_dict() for decision in self.decisions],
        }

    def to_yaml(self) -> str:
        """Return a task file whose comments say why, and what else could be meant.

        Each task is one line, and so is each other reading, behind a `#`: a wrong guess is
        corrected by one line.

        Raises:
            ListError: no column makes a task.
        """
        self._some_tasks()
        return "".join(f"{line}\n" for line in self._lines())

    def _some_tasks(self) -> tuple[ProposedTask, ...]:
        if self.tasks:
            return self.tasks
        columns = listed([_title(decision) for decision in self.decisions])
        lacking = [decision for decision in self.decisions if decision.lacking]
        blanks = (
            f"; {plural(lacking[0].lacking, 'record')} with something else than a number in "
            f"{listed(lacking[0].called, most=3)}: blank or mend these cells"
            if lacking
            else ""
        )
        raise ListError(f"{self.source}: no column makes a task: {columns}{blanks}")

    def _lines(self) -> Iterator[str]:
        found = plural(self.records, "record", thousands=True)
        yield f"# Tasks told from {_comment(self.source)}: {found}."
        yield "# A wrong guess is corrected by one line: write another there, or # before it."
        if self.identity is not None:
            name = _comment(shown(self.identity))
            yield f"# Split by {name} (split --group), so that nobody is in train and in val."
        if self.parts is not None:
            name = _comment(shown(self.parts))
            yield f"# Column {name} says which part of the data a record is of (split --parts)."
        for note in self.notes:
            yield f"# {_comment(note)}"
        yield "tasks:"
        for decision in self.decisions:
            yield from _of_decision(decision)


def _of_decision(decision: Decision) -> Iterator[str]:
    yield f"  # {_comment(_title(decision))}; {_comment(decision.why)}."
    for caution in decision.cautions:
        yield f"  # Mind: {_comment(caution)}"
    if decision.transform:
        yield f"  # {_TRANSFORMS[decision.transform]}"
    if decision.task is not None:
        if decision.task.normalize is not None:
            yield f"  # {_NORMALIZED}"
        yield f"  {'# ' if decision.lacking else ''}- {decision.task.to_yaml()}"
    for start, readings in (("Not sure; it may be", decision.doubts), ("Else", decision.others)):
        for reading in readings:
            yield from _of_reading(start, reading)


def _of_reading(start: str, reading: Reading) -> Iterator[str]:
    task = reading.task
    names = () if task is None else task.classes or task.dim or ()
    if task is None or (isinstance(names, tuple) and len(names) > _MOST_NAMES):
        yield f"  # {start}: {_comment(reading.meaning)}."
        return
    yield f"  # {start}: {_comment(reading.meaning)}:"
    yield f"  # - {task.to_yaml()}"


def _title(decision: Decision) -> str:
    what = decision.kind if decision.task is not None else f"{decision.kind}, no task"
    return f"{listed(decision.called, most=3)}: {what}"


def _comment(text: str) -> str:
    """Return text as it can stand behind a `#`, on one line."""
    return "".join(letter if letter.isprintable() else " " for letter in text)
