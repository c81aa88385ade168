"""How much each loss counts in the sum."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from caffe_multilabel.caffe.losses import starting_loss
from caffe_multilabel.caffe.named_fields import enum_name
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
    """Return the losses that count in the sum; not a canary, whose weight is a slip of its own."""
    return [node for node in view.graph.nodes if node.loss_weight and not view.is_canary(node)]


def _no_loss(view: PhaseView) -> Iterator[Problem]:
    """Find a net that is to be trained and has no loss with a weight.

    Without a solver that is known of one alone that has data of its own to train on. A type that a
    fork has may be a loss.
    """
    nodes = view.graph.nodes
    if view.phase != "TRAIN" or view.trains or any(node.entry is None for node in nodes):
        return
    learning = [node for node in nodes if view.may_learn(node)]
    to_train = view.solver is not None or any(
        node.kind == "data" and enum_name(rule, "phase") == "TRAIN" and rule.HasField("phase")
        for node in nodes
        for rule in node.layer.include
    )
    if not learning or not to_train:
        return
    below = view.graph.below(wire for node in learning for wire in node.tops)
    ends = [
        view.graph.maker(wire)
        for wire in view.graph.unread()
        if wire.node in below and view.graph.maker(wire).kind != "accuracy"
    ]
    losses = [node for node in nodes if node.is_loss and node.index in below] or ends
    yield Problem(
        None,
        "no layer has a loss_weight other than 0, so the loss is 0 and nothing learns: Caffe gives "
        "1 to losses without one, and nothing to Reduction and other layers",
        f"write loss_weight: 1 in '{losses[-1].name}'"
        f"{', or in what else is a loss' if len(losses) > 1 else ''}"
        if losses
        else "add a loss",
    )


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
    nodes = [node for node in nodes if not _is_term(view, node, nodes)]
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


def _is_term(view: PhaseView, node: Node, nodes: Sequence[Node]) -> bool:
    """Tell whether a weight below 0 takes away from another loss of the same scores and labels."""
    if node.loss_weight > 0:
        return False
    above = _sources_of(view, node)
    return any(other.loss_weight > 0 and _sources_of(view, other) == above for other in nodes)


def _sources_of(view: PhaseView, node: Node) -> set[int]:
    """Return the layers that learn and that bring data in, of which a layer is made."""
    above = view.graph.above(wire for wire in node.bottoms if wire is not None)
    nodes = (view.graph.nodes[index] for index in above)
    return {each.index for each in nodes if not each.bottoms or view.may_learn(each)}


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
            continue
        expected[head] = value, value * weight
    total = sum(weighted for _, weighted in expected.values())
    told = {head.node for head in expected}
    untold = ", ".join(f"'{node.name}'" for node in _weighted(view) if node not in told)
    rest = f"the other losses, {untold} not counted," if untold else "all other losses together"
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
                f"is {weighted:.4g}, and {rest} come to {others:.4g}",
                f"write {wanted or 'normalize'} in its task and generate again, or divide its "
                "labels before conversion",
            )


def _expected(head: Head, columns: Sequence[ColumnFacts], batch: int) -> float | None:
    """Return what a loss comes to before anything is learnt; None where that cannot be told.

    Args:
        head: the loss.
        columns: what the label columns that it reads hold; empty if that is not known.
        batch: records of a batch.
    """
    if head.traits.kind == "real":
        if not columns:
            return None
    elif head.outputs is None or head.outputs < 1:
        return None
    return starting_loss(
        head.node.type,
        outputs=head.outputs or 1,
        batch_size=batch * head.items,
        shares=_of_item(head, [_counted(head, column) for column in columns])
        or [1.0] * max(len(head.columns or ()) // head.items, 1),
        mean_squares=_of_item(head, [column.mean_square for column in columns]),
        normalization=head.normalization,
    )


def _of_item(head: Head, of_columns: Sequence[float]) -> list[float]:
    """Return the means over the items of a record, a number for each label of an item."""
    width = len(of_columns) // head.items
    return [sum(of_columns[each::width]) / head.items for each in range(width)]


def _counted(head: Head, column: ColumnFacts) -> float:
    """Return the share of a column's labels that the head does not ignore."""
    if not column.complete or head.ignore_label is None:
        return 1.0
    total = sum(seen.count for seen in column.values)
    kept = sum(s.count for s in column.values if math.trunc(s.value) != head.ignore_label)
    return kept / total if total else 1.0


PHASE_RULES = (
    Rule("no-loss", "error", "a net to train without a weighted loss", _no_loss),
    Rule("loss-weight", "warning", "losses without loss_weight beside others", _missing),
    Rule("loss-weight-sum", "warning", "the weights of the losses do not sum to 1", _sum),
    Rule("loss-scale", "warning", "a regression so large that it drowns all others", _scale),
)
