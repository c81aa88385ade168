"""What rules share: how decisions and tasks are made of columns, and names parted."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

from caffe_multilabel.labels.normalizing import Normalizing
from caffe_multilabel.labels.schema import MAX_EXACT
from caffe_multilabel.lists.infer.decision import Decision, ProposedTask, Reading
from caffe_multilabel.lists.infer.unknown import IGNORED
from caffe_multilabel.lists.texts import layer_name, natural_order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from caffe_multilabel.lists.infer.decision import Transform
    from caffe_multilabel.lists.infer.evidence import ColumnFacts, Remaining

    Rule: TypeAlias = Callable[[Remaining], Iterator[Decision]]

__all__ = [
    "Rule",
    "class_task",
    "decide",
    "each",
    "number_task",
    "numbered_families",
    "task_name",
    "task_of_texts",
    "yes_no_task",
]

_MOST_CLASSES = 100_000


def each(rule: Callable[[ColumnFacts], Decision | None]) -> Rule:
    """Make a rule of one that looks at one column."""

    def over_all(remaining: Remaining) -> Iterator[Decision]:
        for facts in remaining.columns:
            decision = rule(facts)
            if decision is not None:
                yield decision

    over_all.__name__, over_all.__doc__ = rule.__name__, rule.__doc__
    return over_all


def decide(
    columns: ColumnFacts | Sequence[ColumnFacts],
    kind: str,
    why: str,
    *,
    task: ProposedTask | None = None,
    doubts: Sequence[Reading] = (),
    others: Sequence[Reading] = (),
    cautions: Sequence[str] = (),
    transform: Transform = "",
) -> Decision:
    """Decide on one column or several."""
    group = list(columns) if isinstance(columns, Sequence) else [columns]
    return Decision(
        kind=kind,
        columns=tuple(facts.place for facts in group),
        names=tuple(facts.name for facts in group),
        why=why,
        task=task,
        doubts=tuple(doubts),
        others=tuple(others),
        cautions=tuple(cautions),
        transform=transform,
    )


def task_name(text: str, number: int) -> str:
    """Return a name that layers can have, for a task named after a column.

    Example:
        >>> task_name("vehicle type", 2), task_name("", 2)
        ('vehicle_type', 'label_2')
    """
    return layer_name(text) or f"label_{number}"


def class_task(
    facts: ColumnFacts,
    classes: int | Sequence[str],
    *,
    mapping: Sequence[tuple[int, int]] = (),
    ignore_label: int | None = None,
) -> ProposedTask:
    """Make a softmax task of a column."""
    unknown = -1 if facts.unknown else None
    return ProposedTask(
        name=task_name(facts.name, facts.number),
        loss="softmax",
        classes=classes if isinstance(classes, int) else tuple(classes),
        columns=(facts.number,) if facts.by_place else (),
        map=tuple(mapping),
        ignore_label=unknown if ignore_label is None else ignore_label,
    )


def task_of_texts(facts: ColumnFacts) -> ProposedTask | None:
    """Make a softmax task with a class for each text; None where that makes no sense."""
    if not 2 <= len(facts.texts) <= _MOST_CLASSES or not all(map(str.isprintable, facts.texts)):
        return None
    return class_task(facts, sorted(facts.texts, key=natural_order))


def yes_no_task(
    name: str,
    columns: Sequence[ColumnFacts],
    *,
    mapping: Sequence[tuple[int, int]] = (),
    ignore_label: int | None = None,
) -> ProposedTask:
    """Make a sigmoid task of columns of yes and no.

    What blank cells become is no number that the list has for something else.
    """
    unknown = None
    if any(facts.unknown for facts in columns):
        taken = dict(mapping)
        unknown = IGNORED if IGNORED not in taken or IGNORED in taken.values() else IGNORED - 1
    return ProposedTask(
        name=name,
        loss="sigmoid",
        dim=_dim(columns),
        columns=_places(columns),
        map=tuple(mapping),
        ignore_label=unknown if ignore_label is None else ignore_label,
    )


def number_task(name: str, columns: Sequence[ColumnFacts]) -> ProposedTask:
    """Make a euclidean task of columns of numbers, normalized where they need it.

    What blank cells become is a whole number below all that is known.
    """
    unknown = None
    if any(facts.unknown for facts in columns):
        least = min((facts.low for facts in columns if facts.numbers is not None), default=0)
        unknown = IGNORED if least > IGNORED else math.floor(least) - 1
    normalizing = Normalizing.of(facts.moments for facts in columns)
    return ProposedTask(
        name=name,
        loss="euclidean",
        dim=_dim(columns),
        columns=_places(columns),
        ignore_label=unknown if unknown is None or unknown >= -MAX_EXACT else None,
        normalize=normalizing if normalizing is not None and normalizing.is_needed else None,
    )


def numbered_families(columns: Sequence[ColumnFacts], least: int) -> list[list[ColumnFacts]]:
    """Return columns that are numbered in a row under one name, as `c1`, `c2`, `c3`.

    Args:
        columns: where to look.
        least: how many a family has at least.
    """
    stems: dict[tuple[str, ...], list[ColumnFacts]] = defaultdict(list)
    for facts in columns:
        if len(facts.words) > 1 and facts.words[-1].isdecimal():
            stems[facts.words[:-1]].append(facts)
    return [
        family
        for family in stems.values()
        if len(family) >= least and _in_a_row([int(facts.words[-1]) for facts in family])
    ]


def _in_a_row(numbers: list[int]) -> bool:
    return sorted(numbers) == list(range(min(numbers), min(numbers) + len(numbers)))


def _dim(columns: Sequence[ColumnFacts]) -> int | tuple[str, ...]:
    names = [" ".join(facts.name.split()) for facts in columns]
    named = len(names) > 1 and all(names) and len(set(names)) == len(names)
    return tuple(names) if named and all(map(str.isprintable, names)) else len(columns)


def _places(columns: Sequence[ColumnFacts]) -> tuple[int, ...]:
    by_place = any(facts.by_place for facts in columns)
    return tuple(facts.number for facts in columns) if by_place else ()
