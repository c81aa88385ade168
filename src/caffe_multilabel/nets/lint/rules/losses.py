"""Losses and accuracies: what they compare, and what of their parameters Caffe reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel.caffe.layers import LAYER_TYPES
from caffe_multilabel.nets.lint.findings import Problem, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from caffe_multilabel.caffe.net_graph import NetGraph, Node, Wire
    from caffe_multilabel.nets.analysis.score_heads import Head
    from caffe_multilabel.nets.lint.view import PhaseView

__all__ = ["PHASE_RULES"]

_OUTPUTS = frozenset(entry.output for entry in LAYER_TYPES.values() if entry.output)
"""Types that make the answer of a loss's scores; they leave the best class the best."""
_APPLIES = {"Softmax": "it applies softmax itself", "Sigmoid": "it applies the sigmoid itself"}


def _accuracy_labels(view: PhaseView) -> Iterator[Problem]:
    losses: dict[Wire, list[Head]] = {}
    for head in view.heads:
        if head.is_loss and head.scores is not None and head.columns is not None:
            losses.setdefault(_origin(view.graph, head.scores), []).append(head)
    for head in view.heads:
        if head.is_loss or head.scores is None or head.columns is None:
            continue
        trained = losses.get(_origin(view.graph, head.scores), [])
        if trained and not any(map(head.compares_with_those_of, trained)):
            loss = trained[0]
            yield Problem(
                head.node,
                f"it compares '{head.node.layer.bottom[0]}' with {columns_of(view, head)}, and "
                f"loss '{loss.node.name}' trains it on {columns_of(view, loss)}",
                f"take '{_label_blob(loss)}' as the second bottom",
            )


def _origin(graph: NetGraph, wire: Wire) -> Wire:
    """Follow scores back to the layer that makes them."""
    node = graph.maker(wire)
    while node.type in _OUTPUTS or (node.entry is not None and node.entry.passes_on):
        below = node.bottom(0)
        if below is None:
            break
        wire, node = below, graph.maker(below)
    return wire


def columns_of(view: PhaseView, head: Head) -> str:
    """Name the label columns of a head, and their layer where there are several."""
    columns = head.columns or ()
    layer = f" of '{head.source.name}'" if head.source and len(view.labels) > 1 else ""
    if len(columns) == 1:
        return f"label column {columns[0]}{layer}"
    return f"label columns {columns[0]} to {columns[-1]}{layer}"


def _label_blob(head: Head) -> str:
    return str(head.node.layer.bottom[head.node.bottoms.index(head.labels)])


def _accuracy_ignore(view: PhaseView) -> Iterator[Problem]:
    for head in view.heads:
        if head.is_loss or head.columns is None or head.ignore_label is not None:
            continue
        loss = next(
            (
                other
                for other in view.heads
                if other.is_loss
                and other.compares_with_those_of(head)
                and other.ignore_label is not None
                and not 0 <= other.ignore_label < (head.outputs or 0)
            ),
            None,
        )
        if loss is not None:
            yield Problem(
                head.node,
                f"loss '{loss.node.name}' ignores label {loss.ignore_label}, and this layer takes "
                "it for a class and reads memory beyond its scores",
                f"write accuracy_param {{ ignore_label: {loss.ignore_label} }}",
            )


def _loss_param(view: PhaseView) -> Iterator[Problem]:
    for head in view.heads:
        layer = head.node.layer
        loss_param = layer.loss_param
        unread = []
        if loss_param.HasField("ignore_label") and head.traits.ignore_label != "loss_param":
            unread.append("ignore_label")
        if not head.traits.normalization:
            unread += [name for name in ("normalization", "normalize") if loss_param.HasField(name)]
        if unread:
            instead = (
                "write it in accuracy_param"
                if head.traits.ignore_label == "accuracy_param" and "ignore_label" in unread
                else "delete it; where labels are missing, multiply scores and labels by a mask"
                if "ignore_label" in unread
                else "delete it, and set the scale by loss_weight"
            )
            yield Problem(
                head.node,
                f"loss_param has {', '.join(unread)}, which {head.node.type} does not read",
                instead,
            )


def _activated(view: PhaseView) -> Iterator[Problem]:
    for head in view.heads:
        maker = None if head.scores is None else _skip_dropout(view.graph, head.scores)
        reason = None if maker is None else _refused(head, maker)
        if maker is not None and reason is not None:
            yield Problem(
                head.node,
                f"its scores come from {maker.type} layer '{maker.name}', but {reason}",
                f"take the blob that '{maker.name}' reads, or delete that layer",
            )


def _refused(head: Head, maker: Node) -> str | None:
    """Say why a layer must not stand right before a loss; None if it may."""
    entry = head.node.entry
    if entry is not None and entry.output and maker.type == entry.output:
        return _APPLIES[maker.type]
    if head.traits.kind == "binary" and maker.type == "ReLU":
        return "scores that are never negative make no probability under 0.5"
    return None


def _skip_dropout(graph: NetGraph, wire: Wire) -> Node:
    node = graph.maker(wire)
    while node.entry is not None and node.entry.passes_on:
        below = node.bottom(0)
        if below is None:
            break
        node = graph.maker(below)
    return node


def _frozen(view: PhaseView) -> Iterator[Problem]:
    if view.phase != "TRAIN":
        return
    learned = view.learned_layers()
    for node in view.graph.nodes:
        if node.loss_weight and view.is_canary(node):
            yield Problem(
                node,
                f"it compares numbers of records, and its weight, {node.loss_weight:g}"
                f"{'' if node.layer.loss_weight else ' as none is written'}, adds that to the loss "
                "that Caffe prints; it teaches the net nothing",
                "write loss_weight: 0; Caffe prints it all the same, 0 while images and labels are "
                "in step",
            )
            continue
        measured = node.index in view.measured.shapes
        if measured and node.loss_weight and node.index not in learned:
            yield Problem(
                node,
                "no layer that it depends on learns, so it teaches the net nothing",
                "give the layers of its head an lr_mult above 0, or loss_weight: 0 here",
            )


PHASE_RULES = (
    Rule("accuracy-labels", "error", "an accuracy on other labels than its loss", _accuracy_labels),
    Rule("accuracy-ignore", "error", "an accuracy counts what its loss ignores", _accuracy_ignore),
    Rule("loss-param", "warning", "loss_param fields that the type does not read", _loss_param),
    Rule(
        "activated-scores",
        "warning",
        "an activation too many before a loss",
        _activated,
    ),
    Rule("frozen-loss", "warning", "a loss under which nothing learns", _frozen),
)
