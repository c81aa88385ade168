"""Columns of classes: words, characters, class numbers and ranks."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from caffe_multilabel._base.text import listed, plural, shown
from caffe_multilabel.lists.infer.decision import Decision, Reading
from caffe_multilabel.lists.infer.rules.making import (
    class_task,
    decide,
    number_task,
    numbered_families,
    task_name,
    yes_no_task,
)
from caffe_multilabel.lists.infer.unknown import IGNORED, known_numbers
from caffe_multilabel.lists.texts import is_number, natural_order, truth_word

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from caffe_multilabel.lists.infer.decision import ProposedTask
    from caffe_multilabel.lists.infer.evidence import ColumnFacts, Remaining
    from caffe_multilabel.lists.infer.unknown import KnownNumbers

__all__ = ["characters", "class_codes", "class_numbers", "class_words", "ranks"]

_FEW_CLASSES = 50
_MOST_CLASSES = 5000
_MOST_RANKS = 20
_LONGEST_NAME = 80
_STEEP = 3
_MOST_CHARACTERS = 100
_LEAST_EACH = 5
_SHARED = 0.8
"""Of the numbers in two columns of one alphabet; by chance each may lack some."""
_FEW_BESIDE = 0.1
"""Of the cells; what stands in so few beside yes and no may say that neither is sure."""
_OF_CLASSES = (None, "class", "rank", "score", "number", "count")
"""What the name of a column of class words may say."""
_SAY_UNKNOWN = {"unknown", "unk", "unsure", "undefined", "not_sure", "未知", "不明", "不详"}


def characters(remaining: Remaining) -> Iterator[Decision]:
    """Numbered columns of single characters, as plates and captchas have: one alphabet for all."""
    for family in numbered_families(remaining.columns, 3):
        if not all(_is_character(facts) for facts in family):
            continue
        for alike in _sharing_an_alphabet(family):
            alphabet = {text for facts in alike for text in facts.texts}
            digits = all(text.isdecimal() and text.isascii() for text in alphabet)
            names = sorted(alphabet, key=natural_order)
            dense = digits and names == [str(number) for number in range(len(names))]
            classes: int | list[str] = len(names) if dense else names
            why = f"one of {plural(len(family), 'column')} of single characters"
            several = "" if len(alike) == 1 else f" in {len(alike)} of them"
            for facts in alike:
                yield decide(
                    facts,
                    "classes",
                    f"{why}; {len(names)} different ones{several}",
                    task=class_task(facts, classes),
                )


def class_codes(remaining: Remaining) -> Iterator[Decision]:
    """Columns that share numbers with gaps of several sizes, as codes of characters: one alphabet.

    Numbers that measure or count have other values in each column, or one step between them.
    """
    groups: list[list[ColumnFacts]] = []
    for facts in remaining.columns:
        if facts.role in (None, "class") and facts.each >= _LEAST_EACH and facts.whole is not None:
            codes = facts.whole.keys()
            for group in groups:
                known = _codes_of(group)
                if len(codes & known) >= _SHARED * len(codes | known):
                    group.append(facts)
                    break
            else:
                groups.append([facts])
    for group in groups:
        numbers = sorted(_codes_of(group))
        steps = {right - left for left, right in pairwise(numbers)}
        if len(group) < 3 or len(steps) < 2 or not 5 <= len(numbers) <= _MOST_CHARACTERS:
            continue
        names = [str(number) for number in numbers]
        why = f"one of {plural(len(group), 'column')} of the same {len(names)} numbers with gaps"
        for facts in group:
            if all(text in names for text in facts.texts):
                yield decide(
                    facts, "classes", f"{why}: codes of classes", task=class_task(facts, names)
                )


def _codes_of(group: Sequence[ColumnFacts]) -> set[int]:
    return {number for facts in group for number in facts.whole or ()}


def _is_character(facts: ColumnFacts) -> bool:
    few = 2 <= len(facts.texts) <= _MOST_CHARACTERS
    return few and all(len(text) == 1 and text.isprintable() for text in facts.texts)


def _sharing_an_alphabet(family: Sequence[ColumnFacts]) -> list[list[ColumnFacts]]:
    groups: list[list[ColumnFacts]] = []
    for facts in family:
        for group in groups:
            alphabet = {text for other in group for text in other.texts}
            shared = len(alphabet.intersection(facts.texts))
            if 2 * shared >= min(len(alphabet), len(facts.texts)):
                group.append(facts)
                break
        else:
            groups.append([facts])
    return groups


def class_words(facts: ColumnFacts) -> Decision | None:
    """Few texts that repeat."""
    if facts.numbers is not None or facts.each < 2 or not 2 <= len(facts.texts) <= _MOST_CLASSES:
        return None
    if not all(text.isprintable() and len(text) <= _LONGEST_NAME for text in facts.texts):
        return None
    names = sorted(facts.texts, key=natural_order)
    few = len(names) <= _FEW_CLASSES or facts.each >= 10 or facts.role == "class"
    doubts = []
    if not few or facts.each < 3:
        doubts.append(Reading("names of persons or things, of which there are few images each"))
    if facts.words == ("name",) and not doubts:
        doubts.append(Reading("names of persons, to split by"))
    if unknown := [text for text in names if text.lower() in _SAY_UNKNOWN]:
        text = f"classes without {shown(unknown[0])}, once its cells are blank in the list"
        known = [name for name in names if name not in unknown]
        task = class_task(facts, known, ignore_label=-1) if len(known) > 1 else None
        doubts.append(Reading(text, task))
    if other := _beside_yes_and_no(facts):
        text = f"yes and no, once the cells of {listed(list(map(shown, other)), most=2)} are blank"
        doubts.append(
            Reading(
                text,
                yes_no_task(task_name(facts.name, facts.number), [facts], ignore_label=IGNORED),
            )
        )
    if facts.role not in _OF_CLASSES or sum("/" in text for text in names) > len(names) / 2:
        doubts.append(Reading("no task, to go by its name and its texts"))
    if slips := _among_numbers(names):
        text = f"numbers, once the cells of {listed(list(map(shown, slips)), most=2)} hold some"
        doubts.append(Reading(text))
    why = f"{plural(len(names), 'distinct text')} {facts.of_records}, {_least(facts)}"
    return decide(
        facts,
        "classes",
        why,
        task=class_task(facts, names),
        doubts=doubts,
        cautions=_spellings(names),
    )


def _beside_yes_and_no(facts: ColumnFacts) -> list[str]:
    """Return what stands in few cells of a column of yes and no; empty for any other column."""
    counts = dict(zip(facts.texts, facts.counts.tolist(), strict=True))
    others = [text for text in counts if truth_word(text) is None]
    both = {truth_word(text) for text in counts} >= {True, False}
    few = sum(counts[text] for text in others) < _FEW_BESIDE * facts.known
    return sorted(others, key=natural_order) if both and few else []


def _among_numbers(names: Sequence[str]) -> list[str]:
    """Return what is no number where most are; empty where they are not."""
    others = [name for name in names if not is_number(name.replace(",", ".", 1))]
    return others if len(names) > 4 and len(others) < len(names) / 2 else []


def _spellings(names: Sequence[str]) -> list[str]:
    seen: dict[str, str] = {}
    for name in names:
        first = seen.setdefault("".join(name.casefold().split()), name)
        if first != name:
            return [f"{shown(first)} and {shown(name)} are two classes: one may be a slip."]
    return []


def ranks(facts: ColumnFacts) -> Decision | None:
    """Whole numbers that are grades."""
    found = known_numbers(facts)
    if found is None or facts.role not in ("rank", "score"):
        return None
    numbers = list(found.counts)
    if not 2 <= len(numbers) <= _MOST_RANKS or numbers[-1] - numbers[0] >= _MOST_RANKS:
        return None
    name = task_name(facts.name, facts.number)
    number = Reading("a number to learn", number_task(name, [facts]))
    scored = facts.role == "score"
    return decide(
        facts,
        "rank",
        f"by its name, with {_seen(found)} {facts.of_records}{found.remark}",
        task=_numbered(facts, found),
        doubts=[number] if scored else [],
        others=[] if scored else [number],
    )


def class_numbers(facts: ColumnFacts) -> Decision | None:
    """Whole numbers that stand for classes."""
    found = known_numbers(facts)
    if found is None or facts.role in ("number", "count", "score", "rank", "date"):
        return None
    numbers = list(found.counts)
    each = sum(found.counts.values()) / max(len(numbers), 1)
    if not 2 <= len(numbers) <= _MOST_CLASSES or each < 2:
        return None
    named = facts.role == "class"
    if numbers[0] < -1 and not named:
        return None
    dense = numbers == list(range(numbers[0], numbers[0] + len(numbers))) and numbers[0] in (0, 1)
    if not (dense or named) and (len(numbers) > _FEW_CLASSES or each < 5):
        return None
    doubts = _doubts(facts, found, each, sure=named, dense=dense)
    why = f"{_seen(found)} {facts.of_records}, {_least(facts)}{found.remark}"
    others = []
    if not doubts and len(numbers) > 2:
        name = task_name(facts.name, facts.number)
        others = [Reading("a number to learn", number_task(name, [facts]))]
    task = _numbered(facts, found)
    return decide(facts, "classes", why, task=task, doubts=doubts, others=others)


def _doubts(
    facts: ColumnFacts, found: KnownNumbers, each: float, *, sure: bool, dense: bool
) -> list[Reading]:
    counts = list(found.counts.values())
    number = Reading("a number to learn", number_task(task_name(facts.name, facts.number), [facts]))
    if facts.role not in (None, "class"):
        return [Reading("no task, to go by its name")]
    if each < 3:
        return [Reading("identities, of which there are few images each")]
    if (sure and (dense or len(counts) <= _FEW_CLASSES)) or (len(counts) == 2 and dense):
        return []
    many = len(counts) > 200 and (not facts.by_place or each < 10)
    if not dense or many or each < 5 or (len(counts) > 4 and _rises_and_falls(counts)):
        return [number]
    return []


def _rises_and_falls(counts: Sequence[int]) -> bool:
    """Tell whether counts have one peak, as those of ages do; those of classes go up and down."""
    peak = counts.index(max(counts))
    steep = max(counts) >= _STEEP * min(counts)
    chance = [2 * count**0.5 if steep else 0 for count in counts]  # where all are alike, none
    slack = [max(pair) for pair in pairwise(chance)]
    steps = [right - left for left, right in pairwise(counts)]
    rising = all(step >= -most for step, most in zip(steps[:peak], slack[:peak], strict=True))
    falling = all(step <= most for step, most in zip(steps[peak:], slack[peak:], strict=True))
    return rising and falling and len(set(counts)) > 1


def _numbered(facts: ColumnFacts, found: KnownNumbers) -> ProposedTask:
    """Make the task of class numbers: their count if they go up from 0, else their spellings."""
    numbers = list(found.counts)
    classes: int | list[str] = len(numbers)
    if numbers != list(range(len(numbers))):
        classes = [facts.spelled(number) for number in numbers]
    return class_task(facts, classes, mapping=found.mapping, ignore_label=found.ignore_label)


def _seen(found: KnownNumbers) -> str:
    numbers = list(found.counts)
    text = f"{plural(len(numbers), 'distinct whole number')}"
    if numbers == list(range(numbers[0], numbers[0] + len(numbers))):
        return f"{text} {numbers[0]} to {numbers[-1]}"
    return f"{text} ({listed(numbers, most=4)})"


def _least(facts: ColumnFacts) -> str:
    return f"the rarest {plural(int(facts.counts.min()), 'time', thousands=True)}"
