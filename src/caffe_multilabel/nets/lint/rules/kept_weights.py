"""Losses whose weight Caffe does not keep, or keeps twice: what reads their top, or works in place.

`Layer::SetLossWeights` keeps the weight of a loss in the gradient of its top.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel.caffe.splits import copies, split_name
from caffe_multilabel.nets.lint.findings import Problem, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from caffe_multilabel.caffe.net_graph import NetGraph, Node, Use, Wire
    from caffe_multilabel.nets.lint.view import PhaseView

__all__ = ["PHASE_RULES", "weigh_a_copy"]


def weigh_a_copy(weight: float) -> str:
    """Return the advice how a loss counts whose top another layer reads as well."""
    return f"let a Power layer that reads its top have loss_weight: {weight:g}"


def _counted_twice(view: PhaseView) -> Iterator[Problem]:
    """Find a loss whose weight goes to a copy of its top, and which has another one all the same.

    `InsertSplits` takes the weight away from the layer; `LossLayer::LayerSetUp` then finds none,
    and gives it the 1 that a loss has by default. Other types have no default, and stay without. A
    test prints the sum as well.
    """
    for node in view.graph.nodes:
        if node.entry is None or not node.entry.default_loss_weight(node.layer):
            continue
        for wire in node.tops[:1]:
            readers = view.graph.readers(wire)
            if not readers or not view.graph.has_loss(wire):
                continue
            weight = node.layer.loss_weight[wire.top]
            yield Problem(
                node,
                f"layer '{readers[0].node.name}' reads its top, so Caffe gives its loss_weight to "
                f"a copy, {split_name(view.graph, wire, 0)!r}, and the loss itself 1 again: the "
                "sum that it prints counts this loss more than once, and the gradient does not",
                "write loss_weight: 0; if it is to count beside that layer, "
                f"{weigh_a_copy(weight)}",
            )


def _lost(view: PhaseView) -> Iterator[Problem]:
    """Find a weight that Backward writes over: `Layer::SetLossWeights` puts it into a top's diff.

    It does so once, when the net is made. Where another layer reads the top as well and the weight
    is written, the Split layer of `InsertSplits` takes it, whose diff nothing else writes.
    """
    backward = view.backward_layers()
    for node in view.graph.nodes:
        for wire in node.tops if node.loss_weight and node.index in backward else ():
            readers = [use for use in view.graph.readers(wire) if _sends_back(use, backward)]
            if node.layer.loss_weight:
                if not view.graph.has_loss(wire) or view.graph.readers(wire):
                    continue
                writer = _writes_over(view.graph, wire, backward)
                if writer is not None:
                    below = writer is not node
                    which = f"the Backward of '{writer.name}', in place below it,"
                    yield Problem(
                        node,
                        "Caffe keeps its loss_weight in the gradient of its top, and "
                        f"{which if below else 'in place its Backward'} writes over that: from "
                        "the second iteration on it is another",
                        f"give the top{f' of {writer.name!r}' if below else ''} a name of its own",
                    )
            elif wire.top == 0 and readers:
                yield Problem(
                    node,
                    "Caffe keeps its weight, 1 as none is written, in the gradient of its top, and "
                    f"the Backward of layer '{readers[0].node.name}', which reads the top, writes "
                    "over that: it is trained through that layer alone, and the loss that Caffe "
                    "prints counts it by what was written",
                    "write loss_weight: 0 if that layer is meant to weigh it; to count it beside "
                    f"that, {weigh_a_copy(1)}",
                )


def _writes_over(graph: NetGraph, wire: Wire | None, backward: set[int]) -> Node | None:
    """Return a layer in place whose Backward ends in the gradient of a wire; None if there is none.

    It made the wire, or one further down with the same gradient: below layers that share it, or
    that leave it as it is.
    """
    while wire is not None:
        node = graph.maker(wire)
        if node.entry is None:
            return node if node.in_place(wire.top) and node.index in backward else None
        shares = node.entry.shares_memory(node.layer)
        if node.in_place(wire.top):
            if node.index in backward and not (shares or node.entry.passes_diff):
                return node
            wire = node.bottom(wire.top)
        elif shares and (node.entry.hands_diff_down or node.entry.lends_diff(node.layer)):
            wire = node.bottom(0)
        else:
            return None
        if wire is not None and copies(graph, wire):
            return None
    return None


def _sends_back(use: Use, backward: set[int]) -> bool:
    node = use.node
    able = use.bottom in (
        range(len(node.bottoms)) if node.entry is None else node.entry.propagates_to(node.layer)
    )
    return node.index in backward and able and all(node.layer.propagate_down[use.bottom :][:1])


PHASE_RULES = (
    Rule("counted-twice", "warning", "a loss that Caffe prints more than once", _counted_twice),
    Rule("lost-weight", "error", "a loss whose weight Caffe writes over", _lost),
)
