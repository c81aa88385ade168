"""How much each loss counts in the sum."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from caffe_multilabel.caffe.losses import starting_loss
from caffe_multilabel.labels.normalizing import Normalizing
from caffe_multilabel.nets.lint.findings import Problem, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from caffe_multilabel.caffe.net_graph import Node
    from caffe_multilabel.nets.analysis.score_heads import Head
    from caffe_multilabel.nets.lint.label_facts import ColumnFacts
    from caffe_multilabel.nets.lint.view import PhaseView

__all__ = ["PHASE_RULES"]

_SLACK = 0.02
"""Three weights of 0.33 are meant to sum to 1."""
_DROWNS = 10
"""A loss so many times all others together leaves nothing of their gradients."""


def _weighted(view: PhaseView) -> list[Node]:
    return [node for node in view.graph.nodes if node.loss_weight]


def _missing(view: PhaseView) -> Iterator[Problem]:
    nodes = _weighted(view) if view.phase == "TRAIN" else []
    bare = [node for node in nodes if not node.layer.loss_weight]
    if len(nodes) < 2 or not bare:
        return
    if len(bare) == len(nodes):
        yield Problem(
            None,
            f"none of the {len(nodes)} losses has a loss_weight, so each counts 1 and the sum is "
            f"{len(nodes)}",
            f"write loss_weight: {1 / len(nodes):.3g} in each, or what each task is worth",
        )
        return
    for node in bare:
        yield Problem(
            node,
            "no loss_weight, so Caffe takes 1",
            "write loss_weight, so that those of all losses sum to 1",
        )


def _sum(view: PhaseView) -> Iterator[Problem]:
    nodes = _weighted(view) if view.phase == "TRAIN" else []
    if len(nodes) < 2 or any(not node.layer.loss_weight for node in nodes):
        return
    if all(_weighs_itself(view, node) for node in nodes):
        return
    total = sum(sum(node.layer.loss_weight) for node in nodes)
    if abs(total - 1) > _SLACK:
        yield Problem(
            None,
            f"the loss_weight of the {len(nodes)} losses sum to {total:.4g}, which multiplies the "
            "learning rate as a whole",
            f"divide each by {total:.4g}, and multiply base_lr by it"
            if total > 0
            else "give weights above 0",
        )


def _weighs_itself(view: PhaseView, node: Node) -> bool:
    """Tell whether a sum holds a number that is learnt of no data, as the weight of its loss is."""
    for wire in node.bottoms if node.type == "Eltwise" else ():
        above = [view.graph.nodes[index] for index in view.graph.above([wire] if wire else [])]
        fed = any(other.entry is None or other.entry.transformed for other in above)
        if not fed and any(map(view.learns, above)):
            return True
    return False


def _scale(view: PhaseView) -> Iterator[Problem]:
    if view.phase != "TRAIN" or not view.labels:
        return
    expected: dict[Head, tuple[float, float]] = {}
    for head in view.heads:
        weight = head.node.loss_weight
        if not head.is_loss or weight <= 0:
            continue
        source = head.source or view.labels[0].node
        read = view.columns_read(head)
        columns = [read[column] for column in head.columns or ()] if read else []
        value = _expected(head, columns, max(source.layer.data_param.batch_size, 1))
        if value is None:
            return
        expected[head] = value, value * weight
    total = sum(weighted for _, weighted in expected.values())
    for head, (value, weighted) in expected.items():
        others = total - weighted
        if head.traits.kind == "real" and others > 0 and weighted > _DROWNS * others:
            weight = weighted / value
            stored = [each.summary for each in view.columns_read(head).values()]
            wanted = Normalizing.of((each.count, each.mean, each.variance) for each in stored)
            yield Problem(
                head.node,
                f"at the start it is about {value:.4g}, half the sum of variance and squared mean "
                f"of its {len(head.columns or ())} label columns; by loss_weight {weight:.4g} that "
                f"is {weighted:.4g}, and all other losses together come to {others:.4g}",
                f"write {wanted or 'normalize'} in its task and generate again, or divide its "
                "labels before conversion",
            )


def _expected(head: Head, columns: Sequence[ColumnFacts], batch: int) -> float | None:
    """Return what a loss comes to before anything is learnt; None where that cannot be told.

    Args:
        head: the loss.
        columns: what the label columns that it reads hold; empty if that is not known.
        batch: items of a batch.
    """
    if head.traits.kind == "real":
        if not columns:
            return None
    elif head.outputs is None or head.outputs < 1:
        return None
    return starting_loss(
        head.node.type,
        outputs=head.outputs or 1,
        batch_size=batch,
        shares=[_counted(head, column) for column in columns] or [1.0] * len(head.columns or (0,)),
        mean_squares=[column.mean_square for column in columns],
        normalization=head.normalization,
    )


def _counted(head: Head, column: ColumnFacts) -> float:
    """Return the share of a column's labels that the head does not ignore."""
    if not column.complete or head.ignore_label is None:
        return 1.0
    total = sum(seen.count for seen in column.values)
    kept = sum(s.count for s in column.values if math.trunc(s.value) != head.ignore_label)
    return kept / total if total else 1.0


PHASE_RULES = (
    Rule("loss-weight", "warning", "losses without loss_weight beside others", _missing),
    Rule("loss-weight-sum", "warning", "the weights of the losses do not sum to 1", _sum),
    Rule("loss-scale", "warning", "a regression so large that it drowns all others", _scale),
)
