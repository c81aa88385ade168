"""Columns of yes and no: one class as several columns, families of attributes, single ones."""

from __future__ import annotations

import itertools
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from caffe_multilabel._base.text import listed, plural
from caffe_multilabel.lists.infer.decision import ProposedTask, Reading
from caffe_multilabel.lists.infer.rules.making import (
    class_task,
    decide,
    number_task,
    task_name,
    yes_no_task,
)
from caffe_multilabel.lists.infer.unknown import IGNORED, known_numbers
from caffe_multilabel.lists.texts import natural_order, truth_of, truth_word

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from caffe_multilabel.lists.infer.decision import Decision
    from caffe_multilabel.lists.infer.evidence import ColumnFacts, Remaining

__all__ = ["attributes", "one_hot", "three_valued"]

_MOST_SPELLINGS = 8
"""Of yes and no; a column of more texts holds other words too."""
_LEAST_FAMILY = 3
_LEAST_OF_TWOS = 4
"""So many columns of 1 and 2 are attributes; fewer may be any two classes."""
_LEAST_RECORDS = 20
"""In fewer records columns may exclude each other by chance."""
_SEPARATORS = "_-. :/="
_VAGUE = {"is", "has", "with", "attr", "attribute", "label"}
_SINGLE = {"class", "count", "rank", "score", "number"}
"""What the name of a column says that is no attribute among a few others."""
_MANY = 5
"""Among so many columns of yes and no each is an attribute, but for one named `_LABELS`."""
_LABELS = {("class",), ("label",), ("target",), ("y",)}

Mapping = tuple[tuple[int, int], ...]
_MINUS: Mapping = ((-1, 0),)
_MINUS_AND_ZERO: Mapping = ((-1, 0), (0, -1))
_TWOS: Mapping = ((1, 0), (2, 1))


@dataclass(frozen=True, slots=True)
class _Coding:
    """How a column writes yes and no.

    Attributes:
        mapping: what its numbers stand for, by which families are told apart.
        unknown: the number that says `unknown`, or None.
    """

    mapping: Mapping = ()
    unknown: int | None = None


def one_hot(remaining: Remaining) -> Iterator[Decision]:
    """Columns of 0 and 1, of which exactly one is 1 in every record: one class."""
    candidates = [
        facts
        for facts in remaining.columns
        if _coding(facts) == _Coding() and not facts.unknown and facts.name
    ]
    families: dict[str, list[ColumnFacts]] = defaultdict(list)
    for facts in candidates:
        families["".join(facts.words[:1])].append(facts)
    taken: set[int] = set()
    for family in families.values():
        if len(family) > 1 and _prefix(family) and _excludes(family, remaining.records):
            taken.update(facts.place for facts in family)
            yield _one_hot(family, _prefix(family), remaining.records)
    rest = [facts for facts in candidates if facts.place not in taken]
    for family in _runs(rest, remaining.records):
        yield _one_hot(family, "", remaining.records)


def _one_hot(family: list[ColumnFacts], prefix: str, records: int) -> Decision:
    name = task_name(prefix.strip(_SEPARATORS), family[0].number) if prefix else "class"
    names = tuple(facts.name.removeprefix(prefix) for facts in family)
    flags = Reading(
        "values of yes and no that do not exclude each other", yes_no_task(name, family)
    )
    many = records >= _LEAST_RECORDS
    return decide(
        family,
        "one-hot",
        f"exactly one of {len(family)} columns is 1 in every one of {records:,} records",
        task=ProposedTask(name=name, loss="softmax", classes=names),
        doubts=[] if many else [flags],
        others=[flags] if many else [],
        transform="one-hot",
    )


def _runs(columns: list[ColumnFacts], records: int) -> Iterator[list[ColumnFacts]]:
    """Find columns side by side that exclude each other."""
    yes = list(map(_yes, columns))
    start = 0
    while start < len(columns):
        total, stop = 0, start
        while stop < len(columns) and total < records:
            total += yes[stop]
            stop += 1
        run = columns[start:stop]
        if total == records and len(run) > 1 and _excludes(run, records):
            yield run
            start = stop
        else:
            start += 1


def _excludes(family: Sequence[ColumnFacts], records: int) -> bool:
    if sum(map(_yes, family)) != records:
        return False
    total = np.zeros(records, np.int32)
    for facts in family:
        yes = np.array([bool(truth_of(text)) for text in facts.column.values], np.int32)
        total += yes[facts.column.codes]
    return bool((total == 1).all())


def _prefix(family: Sequence[ColumnFacts]) -> str:
    """Return what the names begin with alike, up to a separator."""
    first, last = min(facts.name for facts in family), max(facts.name for facts in family)
    alike = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False))
    common = "".join(letter for letter, _ in alike)
    cut = max((common.rfind(mark) for mark in _SEPARATORS), default=-1)
    prefix = common[: cut + 1]
    return prefix if all(len(facts.name) > len(prefix) for facts in family) else ""


def _yes(facts: ColumnFacts) -> int:
    counts = zip(facts.texts, facts.counts.tolist(), strict=True)
    return sum(count for text, count in counts if truth_of(text))


def _coding(facts: ColumnFacts) -> _Coding | None:
    spellings = facts.texts if len(facts.texts) <= _MOST_SPELLINGS else ()
    # Lists that were put together may have words in one part and 1 and 0 in the other.
    in_words = any(truth_word(text) is not None for text in spellings)
    if in_words and {truth_of(text) for text in spellings} == {True, False}:
        return _Coding()
    found = known_numbers(facts)
    if found is None:
        return None
    numbers = tuple(found.counts)
    if numbers == (0, 1):
        return _Coding((), found.unknown)
    if numbers == (-1, 1):
        return _Coding(_MINUS)
    return _Coding(_TWOS, found.unknown) if numbers == (1, 2) else None


def three_valued(remaining: Remaining) -> Iterator[Decision]:
    """Columns of -1, 0 and 1: yes, no and unknown; which of -1 and 0 is unknown, counts tell."""
    family = [
        facts
        for facts in remaining.columns
        if facts.whole is not None and tuple(facts.whole) == (-1, 0, 1)
    ]
    if not family:
        return
    shares = {
        number: sum((facts.whole or {})[number] for facts in family)
        / sum(facts.known for facts in family)
        for number in (-1, 0)
    }
    zero_unknown = shares[0] < shares[-1]
    alike = _MINUS if zero_unknown else ()
    own = {facts.place for facts in family}
    family = [
        facts
        for facts in remaining.columns
        if facts.place in own or (len(family) >= _LEAST_FAMILY and _coding(facts) == _Coding(alike))
    ]
    columns = [family] if len(family) >= _LEAST_FAMILY else [[facts] for facts in family]
    # Who knows yes of some and no of fewer still has left most of them unknown, in either coding.
    yes = 1 - sum(shares.values())
    clear = len(family) >= _LEAST_FAMILY and min(shares.values()) <= 0.3 * yes and shares[0] < 0.85
    for group in columns:
        name = "attributes" if len(group) > 1 else task_name(group[0].name, group[0].number)
        readings = [
            Reading(
                "yes 1, no -1, unknown 0",
                yes_no_task(name, group, mapping=_MINUS_AND_ZERO, ignore_label=IGNORED),
            ),
            Reading("yes 1, no 0, unknown -1", yes_no_task(name, group, ignore_label=IGNORED)),
        ]
        if not zero_unknown:
            readings.reverse()
        others = readings[1:]
        if len(group) == 1:
            others.append(Reading("three classes", class_task(group[0], ("-1", "0", "1"))))
        why = (
            f"-1 in {shares[-1]:.0%} and 0 in {shares[0]:.0%} of what "
            f"{plural(len(family), 'column')} say: {readings[0].meaning}"
        )
        yield decide(
            group,
            "yes/no",
            why,
            task=readings[0].task,
            doubts=[] if clear else others,
            others=others if clear else [],
        )


def attributes(remaining: Remaining) -> Iterator[Decision]:
    """Columns of two values that say yes and no: families as one task, others alone."""
    by_mapping: dict[Mapping, list[tuple[ColumnFacts, _Coding]]] = defaultdict(list)
    for facts in remaining.columns:
        coding = _coding(facts)
        if coding is not None:
            by_mapping[coding.mapping].append((facts, coding))
    for mapping, found in by_mapping.items():
        single = [
            (facts, coding)
            for facts, coding in found
            if facts.words in _LABELS or (facts.role in _SINGLE and len(found) < _MANY)
        ]
        by_mapping[mapping] = [each for each in found if each not in single]
        if mapping != _TWOS:
            yield from (_single(facts, coding) for facts, coding in single)
    named: set[str] = set()
    for mapping, found in by_mapping.items():
        for group in _families(found):
            least = _LEAST_OF_TWOS if mapping == _TWOS else _LEAST_FAMILY
            if len(group) >= least and len({coding.unknown for _, coding in group} - {None}) < 2:
                yield _family(group, named)
            elif mapping != _TWOS:
                yield from (_single(facts, coding) for facts, coding in group)


def _families(
    found: list[tuple[ColumnFacts, _Coding]],
) -> list[list[tuple[ColumnFacts, _Coding]]]:
    """Part columns by the first word of their names, if that leaves none of them alone."""
    by_word: dict[str, list[tuple[ColumnFacts, _Coding]]] = defaultdict(list)
    for facts, coding in found:
        by_word[facts.words[0] if len(facts.words) > 1 else ""].append((facts, coding))
    parted = len(by_word) > 1 and all(
        word and len(group) >= _LEAST_FAMILY for word, group in by_word.items()
    )
    return list(by_word.values()) if parted else [found]


def _family(group: list[tuple[ColumnFacts, _Coding]], named: set[str]) -> Decision:
    family = [facts for facts, _ in group]
    coding = max((coding for _, coding in group), key=lambda coding: coding.unknown is not None)
    words = {facts.words[0] for facts in family if len(facts.words) > 1}
    shared = len(words) == 1 and all(len(facts.words) > 1 for facts in family)
    name = words.pop() if shared else "attributes"
    name = "attributes" if name in _VAGUE or name in named or name.isdecimal() else name
    while name in named:
        name += "_2"
    named.add(name)
    names = listed([facts.name for facts in family], most=3)
    why = f"{len(family)} columns of {_spelled(coding)}, more than one of them yes in a record"
    return decide(
        family,
        "yes/no",
        f"{why}: {names}; one task, since a sigmoid loss takes each value by itself",
        task=_task(name, family, coding),
    )


def _single(facts: ColumnFacts, coding: _Coding) -> Decision:
    name = task_name(facts.name, facts.number)
    others = []
    if coding.mapping == () and facts.whole is not None:
        others.append(Reading("two classes that exclude each other", class_task(facts, 2)))
    counted = facts.whole is not None and facts.role in ("count", "number", "score")
    counted = counted and facts.words[0] not in _VAGUE
    number = Reading("a number to learn", number_task(name, [facts]))
    held = " and ".join(sorted(facts.texts, key=natural_order))
    unknown = "" if coding.unknown is None else f", {coding.unknown} for unknown,"
    return decide(
        facts,
        "yes/no",
        f"only {held}{unknown} {facts.of_records}",
        task=_task(name, [facts], coding),
        doubts=[number] if counted else [],
        others=others,
    )


def _task(name: str, columns: Sequence[ColumnFacts], coding: _Coding) -> ProposedTask:
    ignored = None if coding.unknown is None else IGNORED
    moved = () if coding.unknown in (None, IGNORED) else ((coding.unknown, IGNORED),)
    return yes_no_task(name, columns, mapping=(*coding.mapping, *moved), ignore_label=ignored)


def _spelled(coding: _Coding) -> str:
    values = {(): "yes and no", _MINUS: "-1 and 1", _TWOS: "1 and 2"}[coding.mapping]
    return values if coding.unknown is None else f"{values}, {coding.unknown} for unknown"
