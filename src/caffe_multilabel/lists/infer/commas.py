"""Doubts about commas that may be those of decimals, or part what a cell holds."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from caffe_multilabel._base.text import shown
from caffe_multilabel.lists.infer.decision import Reading
from caffe_multilabel.lists.infer.rules.apart import several_task
from caffe_multilabel.lists.infer.rules.making import number_task, task_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caffe_multilabel.lists.infer.decision import Decision
    from caffe_multilabel.lists.infer.evidence import ColumnFacts

__all__ = ["with_comma_doubts"]


def with_comma_doubts(decision: Decision, columns: Sequence[ColumnFacts]) -> Decision:
    """Say where commas are taken for those of decimals, and where they may be meant otherwise.

    Args:
        decision: any.
        columns: all columns of the table.
    """
    group = [columns[place] for place in decision.columns]
    if decision.kind == "several labels":
        [facts] = group
        pointed = facts.with_decimals()
        if pointed is None:
            return decision
        task = number_task(task_name(facts.name, facts.number), [pointed])
        doubt = Reading("numbers with decimal commas", task)
        return replace(decision, doubts=(*decision.doubts, doubt))
    decimal = [facts for facts in group if facts.has_decimal_commas]
    if not decimal:
        return decision
    comma = next(text for text in decimal[0].texts if "," in text)
    why = f"{decision.why}, with decimal commas as in {shown(comma)}"
    if not any(facts.may_be_several for facts in decimal):
        return replace(decision, why=why)
    meant = several_task(decimal[0], ",") if len(group) == 1 else None
    doubt = Reading("several labels, or several numbers, in a cell", meant)
    return replace(decision, why=why, doubts=(*decision.doubts, doubt))
