"""Who or what an image shows, and where from: columns to split by, not to learn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel._base.text import plural
from caffe_multilabel.lists.infer.decision import Reading
from caffe_multilabel.lists.infer.rules.making import class_task, decide, task_of_texts
from caffe_multilabel.lists.infer.words import word_set

if TYPE_CHECKING:
    from caffe_multilabel.lists.infer.decision import Decision, ProposedTask
    from caffe_multilabel.lists.infer.evidence import ColumnFacts

__all__ = ["identity", "origin"]

_MOST_ORIGINS = 500
_NUMBERED = {"id", "ids", "no", "编号"}
_NAMED_THINGS = word_set("""
    vehicle car person face subject animal dog cat whale patient user customer product object plant
    tree individual player store item shop bird cow fish horse turtle seal leopard""")
"""With `id` behind it, these are one of its kind; alone they may be a kind."""


def identity(facts: ColumnFacts) -> Decision | None:
    """One person, vehicle or thing that several images show."""
    words = facts.words
    numbered = bool(words) and words[-1] in _NUMBERED
    bare = numbered and len(words) == 1
    rare = facts.each < 3 and len(facts.texts) > 100
    thing = numbered and not bare and (words[-2] in _NAMED_THINGS or facts.role is None or rare)
    if not (bare or thing or facts.role == "identity"):
        return None
    if len(facts.texts) < 3 or (facts.numbers is not None and not facts.is_whole):
        return None
    task = _identity_task(facts)
    why = (
        f"by its name, with {plural(len(facts.texts), 'distinct text', thousands=True)} "
        f"{facts.of_records}, {facts.each:.1f} records for each"
    )
    few = len(facts.texts) <= 50 and facts.each >= 20
    sure = facts.role == "identity" or (thing and words[-2] in _NAMED_THINGS)
    reading = Reading("classes to tell apart", task)
    if few or not sure:
        return decide(facts, "identity", why, doubts=[reading])
    return decide(facts, "identity", why, others=[reading])


def origin(facts: ColumnFacts) -> Decision | None:
    """Where an image comes from: the camera, the site, the annotator."""
    if facts.role != "origin" or len(facts.texts) > _MOST_ORIGINS or facts.each < 2:
        return None
    why = f"by its name, with {plural(len(facts.texts), 'value')} {facts.of_records}"
    return decide(facts, "origin", why, doubts=[Reading("classes", task_of_texts(facts))])


def _identity_task(facts: ColumnFacts) -> ProposedTask | None:
    """Return a task that tells identities apart; None where there are too many."""
    whole = facts.whole
    if whole is not None and list(whole) == list(range(len(whole))):
        return class_task(facts, len(whole))
    return task_of_texts(facts)
