"""Goes through the rules, and looks at what they have decided together."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from caffe_multilabel._base.text import shown
from caffe_multilabel.errors import ListError
from caffe_multilabel.lists.infer.commas import with_comma_doubts
from caffe_multilabel.lists.infer.decision import Decision, Reading
from caffe_multilabel.lists.infer.evidence import ColumnFacts, Remaining
from caffe_multilabel.lists.infer.inferred import InferredTasks
from caffe_multilabel.lists.infer.rules import RULES
from caffe_multilabel.lists.readers import read_table
from caffe_multilabel.lists.table import ImageTable
from caffe_multilabel.lists.texts import layer_name

if TYPE_CHECKING:
    from caffe_multilabel._base.arguments import StrPath
    from caffe_multilabel._base.core_options import HeaderLine, ListKind

__all__ = ["infer_tasks"]

_MOST_CELLS = 10_000_000
"""A table of more pairs of classes is not made, to see whether two columns say the same."""
_LEARNT_AT_NEED = ("identity", "several labels", "unclear", "copy", "origin")


def infer_tasks(
    source: ImageTable | StrPath,
    *,
    kind: ListKind = "auto",
    root: StrPath = "",
    path_column: str | int | None = None,
    path_prefix: str = "",
    path_suffix: str = "",
    header: HeaderLine = "auto",
) -> InferredTasks:
    """Tell what the columns of a labelled list are, and which tasks can be made of them.

    Columns are told by their names, by their distinct texts and by how often each comes; no image
    is opened. Rules are asked one after the other, the surest first; whatever may well be meant
    otherwise is said as a doubt.

    Args:
        source: a list or a folder, as `read_table` takes it, or a table.
        kind: what it is; this and what follows are those of `read_table`, for a source to read.
        root: the folder that the images' paths begin at.
        path_column: the column of the paths, by name or number from 0.
        path_prefix: put before each path.
        path_suffix: put behind each path.
        header: whether the first line names the columns.

    Raises:
        ListError: the source cannot be read, has no records, or no columns beside the images.
        OptionError: an argument is out of its range.

    Example:
        >>> from caffe_multilabel import infer_tasks
        >>> inferred = infer_tasks("train.csv")
        >>> [(decision.names[0], decision.kind) for decision in inferred.decisions][:3]
        [('kind', 'classes'), ('color', 'classes'), ('filled', 'yes/no')]
        >>> inferred.task_file().tasks[0].classes
        ('circle', 'cross', 'heart', 'square', 'star', 'triangle')
        >>> print(inferred.tasks[2].to_yaml())
        {name: filled, loss: sigmoid, dim: 1}
    """
    table = source
    if not isinstance(table, ImageTable):
        table = read_table(
            table,
            kind=kind,
            root=root,
            path_column=path_column,
            path_prefix=path_prefix,
            path_suffix=path_suffix,
            header=header,
        )
    if not len(table) or not table.columns:
        lacks = "no records" if not len(table) else "nothing beside the images"
        raise ListError(f"{table.source}: holds {lacks}, so no tasks can be told from it")
    beginning = Remaining.of(table)
    decisions: list[Decision] = []
    remaining = beginning
    for rule in RULES:
        found = list(rule(remaining))
        decisions += found
        remaining = remaining.without(place for each in found for place in each.columns)
        if not remaining.columns:
            break
    decisions = [with_comma_doubts(each, beginning.columns) for each in decisions]
    decisions.sort(key=lambda decision: decision.columns)
    decisions = _without_twins(decisions, beginning.columns)
    decisions = _without_copies(decisions, beginning.columns)
    decisions = _with_some_task(decisions)
    return InferredTasks(
        source=table.source,
        records=len(table),
        decisions=tuple(_with_own_names(decisions, beginning.columns)),
        notes=table.notes,
    )


def _without_copies(decisions: list[Decision], columns: tuple[ColumnFacts, ...]) -> list[Decision]:
    """Take the task from numbers that stand for the class words of another column."""
    copies: dict[int, Decision] = {}
    single = [
        (place, columns[decision.columns[0]])
        for place, decision in enumerate(decisions)
        if decision.kind == "classes"
    ]
    for first, second in combinations(single, 2):
        words, numbers = sorted((first, second), key=lambda each: each[1].numbers is not None)
        if (
            words[1].numbers is None
            and numbers[1].numbers is not None
            and _say_the_same(words[1], numbers[1])
        ):
            decision = decisions[numbers[0]]
            copies[numbers[0]] = replace(
                decision,
                kind="copy",
                why=f"stands for the classes of {shown(words[1].name)}, number by text",
                task=None,
                doubts=(Reading("a task of its own", decision.task),),
                others=(),
            )
    return [copies.get(place, decision) for place, decision in enumerate(decisions)]


def _say_the_same(first: ColumnFacts, second: ColumnFacts) -> bool:
    count = len(first.texts)
    wide = len(second.column.values)
    if count < 3 or count != len(second.texts) or len(first.column.values) * wide > _MOST_CELLS:
        return False
    pairs = first.column.codes.astype(np.int64) * wide + second.column.codes
    return int(np.count_nonzero(np.bincount(pairs))) == count


def _with_some_task(decisions: list[Decision]) -> list[Decision]:
    """Where nothing else can be learnt, identities and the like are what is to be told apart."""
    if any(decision.task for decision in decisions):
        return decisions
    for place, decision in enumerate(decisions):
        readings = (*decision.doubts, *decision.others) if decision.kind in _LEARNT_AT_NEED else ()
        for reading in readings:
            if reading.task is not None:
                learnt = replace(
                    decision,
                    task=reading.task,
                    why=f"{decision.why}; there is nothing else to learn",
                    doubts=(
                        Reading(f"no task, as what it is ({decision.kind}) would be otherwise"),
                    ),
                    others=(),
                )
                return [*decisions[:place], learnt, *decisions[place + 1 :]]
    return decisions


def _without_twins(decisions: list[Decision], columns: tuple[ColumnFacts, ...]) -> list[Decision]:
    """Take the task from columns of 0 and 1 that write out the classes of a column beside them."""
    whole = {
        decision.task.name: columns[decision.columns[0]]
        for decision in decisions
        if decision.task is not None and decision.kind == "classes"
    }

    def without(decision: Decision) -> Decision:
        task = decision.task
        column = None if task is None else whole.get(task.name)
        if decision.transform != "one-hot" or task is None or column is None:
            return decision
        if not isinstance(task.classes, tuple) or set(task.classes) != set(column.texts):
            return decision
        return replace(
            decision,
            kind="copy",
            why=f"writes out the classes of {shown(column.name)}",
            task=None,
            doubts=(),
            others=(),
            transform="",
        )

    return [without(decision) for decision in decisions]


def _with_own_names(decisions: list[Decision], columns: tuple[ColumnFacts, ...]) -> list[Decision]:
    """Give another name to tasks that would have that of another one, or of another column."""
    wanted = {decision.task.name for decision in decisions if decision.task is not None}
    given: set[str] = set()
    named = []
    for decision in decisions:
        if decision.task is None:
            named.append(decision)
            continue
        # A column that is called as a task of several is not the task's either.
        own = decision.columns if len(decision.columns) == 1 else ()
        taken = given | {layer_name(facts.name) for facts in columns if facts.place not in own}
        name, number = decision.task.name, 2
        while name in taken or (number > 2 and name in wanted):
            name = f"{decision.task.name}_{number}"
            number += 1
        given.add(name)
        named.append(decision if name == decision.task.name else _renamed(decision, name))
    return named


def _renamed(decision: Decision, name: str) -> Decision:
    """Return a decision whose task has another name; its columns are then found by their own."""
    assert decision.task is not None
    task = replace(decision.task, name=name)
    if decision.transform == "one-hot":
        task = replace(task, classes=decision.names)
    return replace(decision, task=task)
