"""The labels of a label DB against the losses that read them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from caffe_multilabel.nets.lint.findings import Problem, Rule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from caffe_multilabel.nets.analysis.score_heads import Head
    from caffe_multilabel.nets.lint.label_facts import ColumnFacts, Seen
    from caffe_multilabel.nets.lint.view import PhaseView

__all__ = ["PHASE_RULES"]

_RECORDS_A_CLASS = 10
"""With so many records for each class, one that none of them has is no accident."""
_MANY_UNUSED = 10
_TELL_APART = ("Threshold", "ArgMax")
"""Types whose top is a number, whatever they read."""
_WAYS_OUT = {
    "class": "store class numbers, or take EuclideanLoss for numbers that are no classes",
    "similar": "store 1 for what is alike and 0 for what is not",
}
"""What to do about fractions, by how labels are read that are cut off."""
_BY_HAND = "see by hand that classes count from 0 and that there are scores for all of them"


def _heads(view: PhaseView) -> Iterator[tuple[Head, list[tuple[int, ColumnFacts]]]]:
    """Give the heads whose labels are known, with their columns; losses before accuracies.

    An accuracy is left out where a loss reads the same columns and says the same of them.
    """
    losses = [head for head in view.heads if head.is_loss]
    for head in view.heads:
        columns = view.columns_read(head)
        if columns and (head.is_loss or not any(map(head.compares_with_those_of, losses))):
            yield head, list(columns.items())


def _kept(head: Head, column: ColumnFacts) -> list[Seen]:
    """Return the labels of a column that a head does not ignore; it compares them cut off."""
    return [seen for seen in column.values if math.trunc(seen.value) != head.ignore_label]


def _first(
    head: Head, columns: list[tuple[int, ColumnFacts]], wrong: Callable[[float], bool]
) -> str:
    """Describe the first label that is wrong, and how many columns have such labels."""
    found = [
        (number, seen)
        for number, column in columns
        if (seen := next((s for s in _kept(head, column) if wrong(s.value)), None))
    ]
    if not found:
        return ""
    number, seen = found[0]
    more = f"; so it is in {len(found) - 1} more of its columns" if len(found) > 1 else ""
    return f"label column {number} holds {seen} (first in record {seen.key}){more}"


def _class_count(view: PhaseView) -> Iterator[Problem]:
    for head, columns in _heads(view):
        classes = head.outputs
        if head.traits.kind != "class" or classes is None:
            continue
        number, last = max(
            ((n, seen) for n, column in columns for seen in _kept(head, column)[-1:]),
            key=lambda item: item[1].value,
            default=(0, None),
        )
        if last is None or math.trunc(last.value) < classes:
            continue
        from_one = last.value == classes and min(
            seen.value for _, column in columns for seen in _kept(head, column)
        )
        yield Problem(
            head.node,
            f"label column {number} goes up to {last} (first in record {last.key}), and "
            f"there are scores for {classes} classes, 0 to {classes - 1}",
            f"let classes count from 0 instead of 1, or make num_output {classes + 1}"
            if from_one == 1
            else f"make num_output {math.trunc(last.value) + 1}, or correct the labels",
        )


def _negative(view: PhaseView) -> Iterator[Problem]:
    for head, columns in _heads(view):
        if head.traits.kind != "class":
            continue
        first = _first(head, columns, lambda value: math.trunc(value) < 0)
        if first:
            yield Problem(
                head.node, f"{first}, and classes count from 0", _fix_of_negative(head, columns)
            )


def _fraction(view: PhaseView) -> Iterator[Problem]:
    for head, columns in _heads(view):
        if head.traits.kind not in _WAYS_OUT:
            continue
        first = _first(head, columns, lambda value: value != math.floor(value))
        if first:
            yield Problem(
                head.node,
                f"{first}, and {head.node.type} cuts labels off to integers",
                _WAYS_OUT[head.traits.kind],
            )


def _sigmoid(view: PhaseView) -> Iterator[Problem]:
    for head, columns in _heads(view):
        if head.traits.kind == "binary":
            first = _first(head, columns, lambda value: not 0 <= value <= 1)
            if first:
                yield Problem(
                    head.node,
                    f"{first}, and the labels of {head.node.type} are 0 to 1",
                    _fix_of_negative(head, columns),
                )


def _fix_of_negative(head: Head, columns: list[tuple[int, ColumnFacts]]) -> str:
    values = {seen.value for _, column in columns for seen in _kept(head, column)}
    if values == {-1, 1}:
        return "convert -1 and +1 to 0 and 1: map: {-1: 0} in the task file"
    least = math.trunc(min(values))
    # Of a fraction Caffe reads the whole part, and 0 is a label.
    if least < 0 and head.traits.ignore_label and head.ignore_label is None:
        message = head.traits.ignore_label
        return f"write {message} {{ ignore_label: {least} }} if {least} stands for no label"
    return "correct the labels"


def _not_finite(view: PhaseView) -> Iterator[Problem]:
    for head, columns in _heads(view):
        for number, column in columns:
            if column.not_finite is not None:
                yield Problem(
                    head.node,
                    f"label column {number} holds {column.not_finite.value} (first in record "
                    f"{column.not_finite.key}), which makes the loss and then all weights nan",
                    "correct the labels, or leave those records out",
                )
    yield from _not_finite_in_arithmetic(view)


def _not_finite_in_arithmetic(view: PhaseView) -> Iterator[Problem]:
    """Find such labels where arithmetic reads them, as for a loss of stock layers."""
    said = {
        (head.source.index, number)
        for head, columns in _heads(view)
        for number, _ in columns
        if head.source is not None
    }
    for wire, part in view.columns.items():
        for use in view.graph.readers(wire):
            node = use.node
            follows = any(top in view.columns for top in node.tops)  # so do those that read it
            if follows or not node.tops or node.labels is not None or node.type in _TELL_APART:
                continue
            facts = view.label_facts(part.source)
            columns = () if facts is None else facts.columns
            wrong = [
                columns[number]
                for number in (part.columns.ravel().tolist() if columns else ())
                if columns[number].not_finite is not None
                and (part.source.index, number) not in said
            ]
            said.update((part.source.index, column.number) for column in wrong)
            seen = wrong[0].not_finite if wrong else None
            if seen is not None:
                more = f"; so it is in {len(wrong) - 1} more columns" if len(wrong) > 1 else ""
                yield Problem(
                    node,
                    f"label column {wrong[0].number} holds {seen.value} (first in record "
                    f"{seen.key}){more}, which no mask takes away: 0 times nan is nan, and so is "
                    "the loss",
                    "write a number that is no label in its place, as -1, and let the task "
                    "ignore it",
                )


def _unused_classes(view: PhaseView) -> Iterator[Problem]:
    for head, columns in _heads(view) if view.phase == "TRAIN" else ():
        classes = head.outputs
        if head.traits.kind != "class" or classes is None:
            continue
        last = max((s.value for _, c in columns for s in _kept(head, c)[-1:]), default=None)
        records = max(column.stored.records for _, column in columns)
        if last is None or records < _RECORDS_A_CLASS * classes:
            continue
        used = math.trunc(last) + 1
        if classes >= 2 * used and classes - used >= _MANY_UNUSED:
            yield Problem(
                head.node,
                f"there are scores for {classes} classes, and labels only go up to {last:g}",
                f"make num_output {used} if there are no more classes",
            )


def _not_compared(view: PhaseView) -> Iterator[Problem]:
    for layer in view.labels:
        if layer.facts is not None and layer.facts.why_not_read:
            yield Problem(
                layer.node,
                f"the labels of {layer.facts.path} are not compared with its losses, for "
                f"{layer.facts.why_not_read}",
                _BY_HAND,
            )
    for node in view.sources.images:
        source = str(node.layer.data_param.source)
        reads = (use.node for top in node.tops[1:2] for use in view.graph.readers(top))
        compares = any(reader.labels is not None and not view.is_canary(reader) for reader in reads)
        if compares and (source in view.databases.lmdbs or view.databases.images is not None):
            yield Problem(
                node,
                f"the labels of its second top '{node.layer.top[1]}', Datum.label of each image, "
                "are not compared with its losses: that would take all images to be read",
                _BY_HAND,
            )


PHASE_RULES = (
    Rule("unchecked-labels", "info", "labels that are not looked at", _not_compared),
    Rule("class-count", "error", "labels beyond the number of classes", _class_count),
    Rule("negative-label", "error", "negative class labels that are not ignored", _negative),
    Rule("fractional-label", "error", "class labels that are no integers", _fraction),
    Rule("sigmoid-label", "error", "labels of yes/no values outside 0 to 1", _sigmoid),
    Rule("not-finite", "error", "labels that are nan or infinite", _not_finite),
    Rule("unused-classes", "info", "many more classes than labels", _unused_classes),
)
