"""Columns that say nothing to learn: names and numbers of records, parts, dates, text."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from caffe_multilabel._base.text import listed, plural, shown
from caffe_multilabel.lists.infer.decision import ProposedTask, Reading
from caffe_multilabel.lists.infer.evidence import SAMPLE
from caffe_multilabel.lists.infer.rules.making import (
    class_task,
    decide,
    number_task,
    task_name,
    task_of_texts,
)
from caffe_multilabel.lists.infer.unknown import IGNORED
from caffe_multilabel.lists.infer.words import word_set
from caffe_multilabel.lists.multi_hot import labels_in, mark_between
from caffe_multilabel.lists.parts import part_word
from caffe_multilabel.lists.texts import natural_order

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from caffe_multilabel.lists.infer.decision import Decision
    from caffe_multilabel.lists.infer.evidence import ColumnFacts, Remaining

__all__ = [
    "constant",
    "date",
    "file_name",
    "free_text",
    "index",
    "pixels",
    "several_labels",
    "several_task",
    "split",
]

_MOST_LABELS = 5000

_FILE = re.compile(
    r"(?i)https?://\S+|.*\.(jpe?g|png|bmp|tiff?|gif|webp|ppm|pgm|jp2|dcm|npy|mat|txt|xml|json)"
)
_DATE = re.compile(
    r"(19|20)[0-9]{2}[-/.年](0?[1-9]|1[0-2])[-/.月](0?[1-9]|[12][0-9]|3[01])日?([T ].*)?"
    r"|(0?[1-9]|[12][0-9]|3[01])[-/.](0?[1-9]|[12][0-9]|3[01])[-/.](19|20)[0-9]{2}([T ].*)?"
    r"|(19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])([0-9]{6}|[0-9]{9})?"
    r"|[0-9]{1,2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?"
)
_WITH_DIGITS = re.compile(r"(?:[^0-9]*[0-9]){4}.*")
_PIXELS = re.compile(r"[0-9. ,\[\]-]{100,}")
_OTHER_PARTS = word_set("eval evaluation holdout trainval query gallery probe")
_PART_WORDS = {"train", "training", "test", "testing", "val", "valid", "validation"}
_SURE_PARTS = {"split", "partition", "fold", "kfold", "划分"}
_MOST_PARTS = 20
_FLAGS = 5
"""Of so many columns with the same two texts each is a flag, whatever its name."""


def constant(facts: ColumnFacts) -> Decision | None:
    """The same in every record."""
    if not facts.texts:
        return decide(facts, "constant", "no record says anything in it")
    if len(facts.texts) > 1:
        return None
    text = shown(facts.texts[0])
    if not facts.unknown:
        return decide(facts, "constant", f"{text} in every record; there is nothing to learn")
    why = f"{text} {facts.of_records}, nothing in the others"
    return decide(facts, "constant", why, doubts=[Reading("yes where it says something, else no")])


def file_name(facts: ColumnFacts) -> Decision | None:
    """Names of files, paths and URLs."""
    if facts.numbers is not None or len(facts.texts) < 2:
        return None
    if _all(_FILE, facts.texts):
        return decide(facts, "file name", f"its texts are file names, as {shown(facts.texts[0])}")
    paths = sum("/" in text or "\\" in text for text in islice(facts.texts, SAMPLE))
    named = facts.role == "file" and "name" not in facts.words[:-1]
    if named and facts.each < 2:
        return decide(facts, "file name", f"by its name, with {_distinct(facts)}")
    if paths >= 0.9 * min(len(facts.texts), SAMPLE) and facts.each < 3:
        return decide(facts, "file name", f"its texts are paths, as {shown(facts.texts[0])}")
    return None


def split(remaining: Remaining) -> Iterator[Decision]:
    """Which part of the data a record belongs to: train, val, test, or a fold."""
    alike = Counter(frozenset(facts.texts) for facts in remaining.columns if len(facts.texts) == 2)
    for facts in remaining.columns:
        among = alike[frozenset(facts.texts)] if len(facts.texts) == 2 else 0
        if len(facts.texts) <= _MOST_PARTS and among < _FLAGS:  # VOC has trains among its classes
            decision = _split(facts)
            if decision is not None:
                yield decision


def _split(facts: ColumnFacts) -> Decision | None:
    names: list[str] = sorted(facts.texts, key=natural_order)
    seen = listed(names)
    if all(part_word(text) or text.lower() in _OTHER_PARTS for text in facts.texts):
        return decide(facts, "split", f"says which part of the data a record belongs to: {seen}")
    if len(facts.texts) == 2 and _PART_WORDS & set(facts.words):
        return decide(facts, "split", f"by its name, with the values {seen}")
    if facts.role != "split":
        return None
    why = f"by its name, with the values {seen}"
    if _SURE_PARTS & set(facts.words):
        return decide(facts, "split", why)
    return decide(facts, "split", why, doubts=[Reading("classes", task_of_texts(facts))])


def date(facts: ColumnFacts) -> Decision | None:
    """Dates and times."""
    if facts.texts and _all(_DATE, facts.texts):
        return decide(facts, "date", f"its texts are dates or times, as {shown(facts.texts[0])}")
    if facts.role == "date" and facts.numbers is not None and facts.high > 1e8:
        return decide(facts, "date", "by its name, with numbers that count seconds")
    if facts.role == "date" and facts.numbers is None and _all(_WITH_DIGITS, facts.texts):
        return decide(facts, "date", f"by its name, with texts as {shown(facts.texts[0])}")
    return None


def index(facts: ColumnFacts) -> Decision | None:
    """A number or a name of each record, which no other record has."""
    if len(facts.texts) < facts.known or len(facts.texts) < 3:
        return None
    named = facts.role in ("index", "identity") or "id" in facts.words[-1:]
    named = named or facts.name.startswith("Unnamed:")
    many = facts.known >= 20
    if facts.is_whole and facts.numbers is not None:
        steps = np.diff(facts.numbers)  # texts stand in the order of the records
        counting = facts.known == facts.records and bool((steps == 1).all())
        if counting and (named or many):
            why = f"counts the records, from {facts.low:.0f} to {facts.high:.0f}"
            doubts = []
            if not named and facts.by_place:
                doubts = [Reading("a class of each record", class_task(facts, len(facts.texts)))]
            return decide(facts, "index", why, doubts=doubts)
        return decide(facts, "index", _another_each(facts)) if named else None
    if facts.numbers is not None:
        return None
    if named or (many and not any(" " in text for text in islice(facts.texts, SAMPLE))):
        return decide(facts, "index", _another_each(facts))
    return None


def pixels(facts: ColumnFacts) -> Decision | None:
    """Images written out as numbers in one cell, as fer2013 has them."""
    if facts.numbers is None and facts.texts and _all(_PIXELS, facts.texts[:20]):
        numbers = len(facts.texts[0].replace(",", " ").split())
        return decide(facts, "pixels", f"each cell holds {plural(numbers, 'number')}")
    return None


def several_labels(facts: ColumnFacts) -> Decision | None:
    """Several labels in one cell, as `rust|scab`."""
    if facts.numbers is not None:
        return None
    mark = mark_between(facts.texts[:SAMPLE])
    return None if mark is None else _several(facts, mark)


def several_task(facts: ColumnFacts, mark: str) -> ProposedTask | None:
    """Make a sigmoid task of the labels in cells; None where the column has no name for it."""
    labels = _labels(facts, mark)
    usable = 2 <= len(labels) <= _MOST_LABELS and all(map(str.isprintable, labels))
    if facts.by_place or not usable:
        return None
    name = task_name(facts.name, facts.number)
    return ProposedTask(name=name, loss="sigmoid", dim=tuple(labels))


def _labels(facts: ColumnFacts, mark: str) -> list[str]:
    found = {label for text in facts.texts for label in labels_in(text, mark)}
    return sorted(found, key=natural_order)


def _several(facts: ColumnFacts, mark: str) -> Decision:
    named = "blanks" if mark == " " else f"'{mark}'"
    count = plural(len(_labels(facts, mark)), "label")
    why = f"cells hold several of {count}, parted by {named}"
    combined = Reading("a class for each combination", task_of_texts(facts))
    task = several_task(facts, mark)
    if task is None:
        return decide(
            facts,
            "several labels",
            why,
            doubts=[combined],
            cautions=["With a name over the column these labels would be a sigmoid task."],
        )
    doubts = [combined]
    if facts.unknown:
        unknown = replace(task, ignore_label=IGNORED)
        doubts.append(Reading("blank cells are unknown, not without any label", unknown))
    return decide(facts, "several labels", why, task=task, doubts=doubts, transform="multi-hot")


def free_text(facts: ColumnFacts) -> Decision | None:
    """Sentences, and names that hardly repeat."""
    if facts.numbers is not None or len(facts.texts) < 2:
        return None
    sample = facts.texts[:SAMPLE]
    words = sum(len(text.split()) for text in sample) / len(sample)
    letters = sum(map(len, sample)) / len(sample)
    why = f"{_distinct(facts)}, of {words:.1f} words on average"
    if facts.role == "text" and (facts.each < 5 or words >= 3):
        return decide(facts, "free text", f"by its name, with {why}")
    if facts.each < 2 and (words >= 4 or (letters >= 20 and words >= 2)):
        return decide(facts, "free text", why)
    return None


def unclear(facts: ColumnFacts) -> Decision:
    """Everything else."""
    why = f"no rule tells what it is: {_distinct(facts)}, as {shown(facts.texts[0])}"
    if facts.numbers is not None:
        name = class_task(facts, 2).name
        return decide(
            facts, "unclear", why, doubts=[Reading("numbers", number_task(name, [facts]))]
        )
    return decide(facts, "unclear", why, doubts=[Reading("classes", task_of_texts(facts))])


def _all(form: re.Pattern[str], texts: Sequence[str]) -> bool:
    return all(form.fullmatch(text) for text in islice(texts, SAMPLE))


def _distinct(facts: ColumnFacts) -> str:
    return f"{plural(len(facts.texts), 'distinct text', thousands=True)} {facts.of_records}"


def _another_each(facts: ColumnFacts) -> str:
    return f"another one in each of {plural(facts.known, 'record', thousands=True)}"
