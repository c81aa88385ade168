"""Columns of numbers to learn: real ones, and whole ones of many values."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from caffe_multilabel._base.text import listed, plural, shown
from caffe_multilabel.labels.normalizing import MAX_FLOAT
from caffe_multilabel.lists.infer.decision import Reading
from caffe_multilabel.lists.infer.evidence import ColumnFacts
from caffe_multilabel.lists.infer.rules.making import (
    decide,
    number_task,
    task_name,
    task_of_texts,
)
from caffe_multilabel.lists.infer.unknown import is_dense
from caffe_multilabel.lists.table import Column
from caffe_multilabel.lists.texts import is_number

if TYPE_CHECKING:
    from caffe_multilabel.lists.infer.decision import Decision

__all__ = ["mostly_numbers", "real_numbers", "whole_numbers"]

_FEW = 10
_FEW_SLIPS = 0.2
_MOST_CLASSES = 1000


def mostly_numbers(facts: ColumnFacts) -> Decision | None:
    """Many numbers, and in few records something else, which has to be mended first."""
    if facts.numbers is not None or len(facts.texts) <= _FEW:
        return None
    counts = dict(zip(facts.texts, facts.counts.tolist(), strict=True))
    slips = [text for text in counts if not is_number(text)]
    records = sum(counts[text] for text in slips)
    if len(counts) - len(slips) <= _FEW or records > _FEW_SLIPS * facts.known:
        return None
    taken = set(slips)
    cells = ("" if cell.strip() in taken else cell for cell in facts.column.cells())
    numbers = ColumnFacts(facts.place, Column.of(facts.column.name, cells), number=facts.number)
    found = real_numbers(numbers) or whole_numbers(numbers)
    if found is None:
        return None
    held = "holds" if records == 1 else "hold"
    said = listed(list(map(shown, slips)), most=3)
    caution = (
        f"{plural(records, 'record', thousands=True)} {held} something else: {said}. So the task "
        "waits behind a #: blank or mend these cells, then take the # away."
    )
    return replace(found, lacking=records, cautions=(caution, *found.cautions))


def real_numbers(facts: ColumnFacts) -> Decision | None:
    """Numbers with a fraction."""
    if facts.numbers is None or facts.is_whole:
        return None
    few = len(facts.texts) <= _FEW and facts.role not in ("number", "score", "count")
    doubts = [Reading("classes", task_of_texts(facts))] if few else []
    what = plural(len(facts.texts), "distinct number", thousands=True)
    why = f"{what} with fractions {facts.of_records}, from {facts.low:g} to {facts.high:g}"
    return _number(facts, why, doubts)


def whole_numbers(facts: ColumnFacts) -> Decision | None:
    """Whole numbers that count or measure, by their name or because they are many."""
    if facts.numbers is None:
        return None
    sure = facts.role in ("number", "score", "count")
    # Codes of lengths or ages, as 0 to 5 of a sleeve's, have names of numbers as well.
    coded = facts.role == "count" or (facts.whole is not None and is_dense(facts.whole))
    few = len(facts.texts) <= (_FEW if coded else 5)
    doubts = []
    if not sure or few:
        task = task_of_texts(facts) if len(facts.texts) <= _MOST_CLASSES else None
        doubts = [Reading("classes, or identities", task)]
    what = plural(len(facts.texts), "distinct whole number", thousands=True)
    why = f"{what} {facts.of_records}, from {facts.low:g} to {facts.high:g}"
    return _number(facts, f"by its name, with {why}" if sure else why, doubts)


def _number(facts: ColumnFacts, why: str, doubts: list[Reading]) -> Decision:
    cautions = []
    if max(abs(facts.low), abs(facts.high)) > MAX_FLOAT:
        cautions.append(f"No label is larger than {MAX_FLOAT:.5g}: take others out of the list.")
    task = number_task(task_name(facts.name, facts.number), [facts])
    return decide(facts, "number", why, task=task, doubts=doubts, cautions=cautions)
