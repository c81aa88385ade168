"""Columns of numbers to learn: real ones, and whole ones of many values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel._base.text import plural
from caffe_multilabel.labels.normalizing import MAX_FLOAT
from caffe_multilabel.lists.infer.decision import Reading
from caffe_multilabel.lists.infer.rules.making import (
    decide,
    number_task,
    task_name,
    task_of_texts,
)
from caffe_multilabel.lists.infer.unknown import is_dense

if TYPE_CHECKING:
    from caffe_multilabel.lists.infer.decision import Decision
    from caffe_multilabel.lists.infer.evidence import ColumnFacts

__all__ = ["real_numbers", "whole_numbers"]

_FEW = 10
_MOST_CLASSES = 1000


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
    task = number_task(task_name(facts.name, facts.place), [facts])
    return decide(facts, "number", why, task=task, doubts=doubts, cautions=cautions)
