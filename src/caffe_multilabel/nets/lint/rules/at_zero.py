"""Layers that make nan or infinite numbers where a value is 0."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from caffe_multilabel.caffe.named_fields import enum_name
from caffe_multilabel.nets.analysis.scaling import AS_STORED, Scaling, scaling_of
from caffe_multilabel.nets.analysis.value_range import ANYTHING, Reach, ValueRange
from caffe_multilabel.nets.analysis.value_ranges import base_range, value_ranges
from caffe_multilabel.nets.lint.findings import Problem, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from caffe_multilabel.caffe.net_graph import Node, Wire
    from caffe_multilabel.nets.lint.view import PhaseView

__all__ = ["PHASE_RULES"]

_EXACT_POWERS = (0, 1, 2)
"""Powers whose gradient Caffe does not make by dividing the top by the bottom."""
_SUMS = ("SUM", "MEAN")
_STEEP = 1e3
"""A record whose gradient is so many times as large outweighs all others of a batch."""


def _ranges(view: PhaseView) -> dict[Wire, ValueRange]:
    """Return the ranges of all blobs, with what the DBs tell of label columns."""
    known: dict[Wire, ValueRange] = {}
    for wire, part in view.columns.items():
        facts = view.label_facts(part.source)
        numbers = part.columns.ravel().tolist()
        if facts is None or not facts.columns or not numbers:
            continue
        values = [
            seen.value
            for number in numbers
            for seen in facts.columns[number].scaled(part.scaling).values
        ]
        if values:
            known[wire] = ValueRange(min(values), max(values), Reach.EXACT, Reach.EXACT)
    counts = {
        wire: math.prod(view.measured.shapes[node.index].top_shapes[wire.top])
        for node in view.graph.nodes
        if node.index in view.measured.shapes
        for wire in node.tops
    }
    return value_ranges(view.graph, known, counts)


def _at_zero(view: PhaseView) -> Iterator[Problem]:
    powers = [node for node in view.graph.nodes if node.type in ("Power", "Log") and node.bottoms]
    if not powers:
        return
    ranges, backward = _ranges(view), view.backward_layers()
    for node in powers:
        wire = node.bottoms[0]
        if wire is None:
            continue
        base = base_range(node, ranges[wire])
        message = node.layer.power_param
        infinite = node.type == "Log" or message.power < 0
        steep = node.type == "Power" and message.scale and message.power not in _EXACT_POWERS
        bottom = node.layer.bottom[0]
        if infinite and base.reaches_zero:
            yield Problem(node, f"{_where(node, bottom)}, {_harm(node)}", _way_out(view, node))
        elif node.type == "Power" and infinite and _may_count_nothing(view, node, ranges):
            count = _counted(view, node)
            summed = bottom if count is None else view.graph.blob(count)
            yield Problem(
                node,
                f"'{summed}' is a sum over the batch of what no layer makes and no DB tells; in a "
                f"batch where all of it is 0, {_harm(node)}",
                _way_out(view, node),
            )
        elif infinite and node.index in backward and _is_length_of_zeros(view, node, ranges):
            yield Problem(
                node,
                f"'{bottom}' is of values behind a ReLU, which can all be 0 in a record; there "
                f"its power {message.power:g} is {base.low**message.power:.2g}, and so many times "
                "the gradient goes down",
                "write shift: 1e-4, or take the values before the ReLU",
            )
        elif steep and base.reaches_zero and node.index in backward:
            yield Problem(
                node,
                f"{_where(node, bottom)}, its gradient is nan: Caffe divides the top by the "
                f"bottom for every power but 1 and 2, and this is {message.power:g}",
                "write power 1 or 2, or a shift that keeps it from 0",
            )


_AT_LEAST_ONE = (
    "divide by max(1, n): Power { shift: -1 }, ReLU, then Power { shift: 1 power: -1 } of that"
)


def _where(node: Node, bottom: str) -> str:
    """Say where a layer is at 0."""
    message = node.layer.power_param if node.type == "Power" else node.layer.log_param
    plain = message.scale == 1 and message.shift == 0
    what = f"'{bottom}'" if plain else f"{message.scale:g} x '{bottom}' + {message.shift:g}"
    return f"{what} can be 0, and where it is"


def _harm(node: Node) -> str:
    if node.type == "Log":
        return "the logarithm is infinite, and what is made of it nan"
    return f"its power {node.layer.power_param.power:g} is infinite, and what is made of it nan"


def _way_out(view: PhaseView, node: Node) -> str:
    wire = node.bottoms[0]
    maker = None if wire is None else view.graph.maker(wire)
    if _counted(view, node) is not None and maker is not None:
        least = -maker.layer.power_param.shift if maker.type == "Power" else 0.0
        if node.layer.power_param.shift == least > 0:
            return (
                f"let it read a ReLU of '{node.layer.bottom[0]}', so that it is the power of "
                f"max({least:g}, n)"
            )
        return _AT_LEAST_ONE
    is_power = node.type == "Power"
    message = node.layer.power_param if is_power else node.layer.log_param
    if message.shift:
        return "write a shift that keeps it from 0"
    return f"write a small shift in {'power_param' if is_power else 'log_param'}, as shift: 1e-4"


def _counted(view: PhaseView, node: Node) -> Wire | None:
    """Return the sum over a batch that a layer is at 0 with; None if it is of none.

    Views, and layers that take from the sum what the next ones add again, are followed upwards.
    """
    message = node.layer.power_param if node.type == "Power" else node.layer.log_param
    made, wire = Scaling(message.scale, message.shift), node.bottom(0)
    while wire is not None:
        maker = view.graph.maker(wire)
        if _is_sum(maker):
            return wire if made.shift == 0 else None
        scaling = AS_STORED if maker.kind == "view" else scaling_of(maker)
        if scaling is None:
            return None
        made, wire = scaling.then(made), maker.bottom(0)
    return None


def _is_sum(node: Node) -> bool:
    """Tell whether a layer sums over a batch."""
    message = node.layer.reduction_param
    is_sum = node.type == "Reduction" and enum_name(message, "operation") in _SUMS
    return is_sum and message.axis == 0


def _may_count_nothing(view: PhaseView, node: Node, ranges: Mapping[Wire, ValueRange]) -> bool:
    """Tell whether a Power is of a sum over the batch, of labels or weights that nothing bounds."""
    count = _counted(view, node)
    if count is None or ranges[count] != ANYTHING:
        return False
    above = (view.graph.nodes[index] for index in view.graph.above([count]))
    return not any(map(view.may_learn, above))


def _is_length_of_zeros(view: PhaseView, node: Node, ranges: Mapping[Wire, ValueRange]) -> bool:
    """Tell whether a power of a sum of squares is very steep where a ReLU left nothing but 0."""
    wire = node.bottom(0)
    maker = None if wire is None else view.graph.maker(wire)
    if wire is None or maker is None or node.type != "Power" or maker.type != "Reduction":
        return False
    squared, base = maker.bottom(0), base_range(node, ranges[wire])
    if squared is None or enum_name(maker.layer.reduction_param, "operation") != "SUMSQ":
        return False
    values = ranges[squared]
    all_zero = values.low == 0 and values.at_low == Reach.EXACT
    return all_zero and 0 < base.low < 1 and base.low**node.layer.power_param.power > _STEEP


def _unstable_product(view: PhaseView) -> Iterator[Problem]:
    backward = view.backward_layers()
    products = [
        node
        for node in view.graph.nodes
        if node.index in backward
        and node.type == "Eltwise"
        and enum_name(node.layer.eltwise_param, "operation") == "PROD"
        and not node.layer.eltwise_param.stable_prod_grad
    ]
    ranges = _ranges(view) if products else {}
    for node in products:
        down = list(node.layer.propagate_down)
        divided = (
            node.layer.bottom[number]
            for number, wire in enumerate(node.bottoms)
            if wire is not None
            and wire.node in backward
            and all(down[number : number + 1])
            and not ranges[wire].excludes_zero
        )
        name = next(divided, None)
        if name is not None:
            yield Problem(
                node,
                "with stable_prod_grad false Caffe divides the top by a bottom for the gradient of "
                f"that bottom: it is nan where '{name}' is 0",
                "delete stable_prod_grad, which is true if it is not written",
            )


PHASE_RULES = (
    Rule("at-zero", "warning", "a power or a logarithm of what can be 0", _at_zero),
    Rule("unstable-product", "warning", "a product whose gradient is nan at 0", _unstable_product),
)
