"""Numbers that a net learns of no data, as the weight of a loss, and what a solver does to them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from caffe_multilabel.nets.lint.findings import Problem, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from caffe_multilabel.caffe.net_graph import Node
    from caffe_multilabel.nets.lint.view import PhaseView

__all__ = ["PHASE_RULES"]


def _parameter_gradient(view: PhaseView) -> Iterator[Problem]:
    """Find gradients that are written and not added up: `ParameterLayer` shares its top's diff."""
    if view.iter_size is None or view.iter_size < 2:
        return
    backward = view.backward_layers()
    for node in view.graph.nodes:
        if node.kind == "parameter" and node.index in backward and view.learns(node):
            yield Problem(
                node,
                "the gradient of its weights is that of its top, which each batch writes anew: of "
                f"the batches of iter_size {view.iter_size} the last one alone counts, and is "
                f"divided by {view.iter_size} all the same",
                "let a Bias layer learn it, over a DummyData layer of 0; or leave iter_size at 1",
            )


def _decayed_number(view: PhaseView) -> Iterator[Problem]:
    if view.weight_decay == 0:
        return
    backward = view.backward_layers()
    for node in view.graph.nodes:
        if node.index not in backward or not _is_number_of_its_own(view, node):
            continue
        specs, shapes = node.layer.param, view.measured.shapes[node.index].param_shapes
        decayed = any(
            number >= len(specs) or (specs[number].lr_mult and specs[number].decay_mult)
            for number in range(len(shapes))
        )
        if decayed:
            weight_decay = view.weight_decay
            amount = "" if weight_decay is None else f" {weight_decay:g}"
            yield Problem(
                node,
                f"it learns one number, of no data, and weight_decay{amount} of the solver pulls "
                "it to 0",
                "write param { decay_mult: 0 }",
                severity="info" if weight_decay is None else None,
            )


def _is_number_of_its_own(view: PhaseView, node: Node) -> bool:
    """Tell whether a layer adds or multiplies one number that learns, where no data comes in."""
    if node.kind != "parameter" and node.type not in ("Bias", "Scale"):
        return False
    shapes = view.measured.shapes.get(node.index)
    if shapes is None or not view.learns(node):
        return False
    above = view.graph.above(wire for wire in node.bottoms if wire) - {node.index}
    sources = (view.graph.nodes[index] for index in above)
    constant = all(each.type == "DummyData" or each.bottoms for each in sources)
    return constant and all(math.prod(shape) == 1 for shape in shapes.param_shapes)


PHASE_RULES = (
    Rule(
        "parameter-gradient",
        "warning",
        "a Parameter layer that forgets batches of iter_size",
        _parameter_gradient,
    ),
    Rule(
        "decayed-number", "warning", "weight decay on a number learnt of no data", _decayed_number
    ),
)
