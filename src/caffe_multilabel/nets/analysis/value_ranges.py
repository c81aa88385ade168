"""Between what bounds the values of each blob lie, as far as the layers and the labels tell.

Bounds are those that types of layers give by their formula: a sum of squares is never below 0. What
nothing bounds runs from minus infinity to infinity. Bounds may be wider than they had to be, for
nothing is known of blobs that hang together.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from caffe_multilabel.caffe.named_fields import enum_name
from caffe_multilabel.nets.analysis.value_range import ANYTHING, Reach, ValueRange, all_at_once

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from caffe_multilabel.caffe.net_graph import NetGraph, Node, Wire

__all__ = ["base_range", "value_ranges"]

_SATURATED = 17.0
"""Where x is further below 0, 1 + exp(x) is 1 in float32, and BNLL 0."""
_SHARE = ValueRange(0.0, 1.0, Reach.ROUNDED, Reach.ROUNDED)
_STEP = ValueRange(0.0, 1.0, Reach.EXACT, Reach.EXACT)


def value_ranges(
    graph: NetGraph, known: Mapping[Wire, ValueRange], counts: Mapping[Wire, int]
) -> dict[Wire, ValueRange]:
    """Return the ranges of all blobs of a phase.

    Args:
        graph: the phase.
        known: the ranges of some blobs, as of label columns.
        counts: how many values each blob has, where that is known.
    """
    ranges: dict[Wire, ValueRange] = {}
    for node in graph.nodes:
        below = [ANYTHING if wire is None else ranges[wire] for wire in node.bottoms]
        read = [0 if wire is None else counts.get(wire, 0) for wire in node.bottoms]
        made = [counts.get(wire, 0) for wire in node.tops]
        parts = read[0] // made[0] if read and made and made[0] else 0
        for wire in node.tops:
            found = _made(node, below, parts) if wire.top == 0 or _hands_on(node) else ANYTHING
            ranges[wire] = known.get(wire, found)
    return ranges


def base_range(node: Node, below: ValueRange) -> ValueRange:
    """Return the range of what a Power takes the power of, or a Log the logarithm."""
    message = node.layer.power_param if node.type == "Power" else node.layer.log_param
    if message.scale == 0:
        return ValueRange(message.shift, message.shift, Reach.EXACT, Reach.EXACT)
    return below.affine(message.scale, message.shift)


def _made(node: Node, below: Sequence[ValueRange], parts: int) -> ValueRange:
    """Return the range of a layer's first top; `parts` values make one, 0 if that is not known."""
    if _hands_on(node):
        return _hull(below)
    if node.is_loss:
        return _of_loss(node)
    rule = _RULES.get(node.type)
    return ANYTHING if rule is None or not below else rule(node, below, parts)


def _hands_on(node: Node) -> bool:
    """Tell whether tops hold values of the bottoms, as they are."""
    return node.kind in ("view", "join") and len(node.bottoms) > 0


def _hull(ranges: Iterable[ValueRange]) -> ValueRange:
    whole, *others = ranges
    for each in others:
        whole = whole.hull(each)
    return whole


def _of_loss(node: Node) -> ValueRange:
    """Return that of a loss: 0 where the margin is kept, or where no label counts."""
    if node.labels is None or node.type == "InfogainLoss":
        return ANYTHING  # its matrix may hold anything
    may_be_none = node.labels.ignored(node.layer) is not None
    has_margin = node.type in ("ContrastiveLoss", "HingeLoss")
    return ValueRange(low=0.0, at_low=Reach.EXACT if may_be_none or has_margin else Reach.NEVER)


def _power(node: Node, below: Sequence[ValueRange], _parts: int) -> ValueRange:
    power, base = node.layer.power_param.power, base_range(node, below[0])
    if power == 1:
        return base
    if power > 0 and power % 2 == 0:
        base = base.magnitude()
    if power == 0 or base.low < 0:
        return ANYTHING
    if power > 0:
        return base.rising(lambda value: _pow(value, power))
    return ValueRange(_pow(base.high, power), _pow(base.low, power), base.at_high, base.at_low)


def _pow(value: float, power: float) -> float:
    try:
        return math.inf if value == 0 and power < 0 else value**power
    except OverflowError:
        return math.inf


def _exp(node: Node, below: Sequence[ValueRange], _parts: int) -> ValueRange:
    message = node.layer.exp_param
    base = math.e if message.base == -1 else message.base
    factor = math.log(base) if base > 0 else 0.0
    if message.scale * factor == 0:
        return ValueRange(low=0.0)
    return below[0].affine(message.scale * factor, message.shift * factor).rising(_exponential)


def _exponential(value: float) -> float:
    return math.exp(min(value, 700.0)) if value < math.inf else math.inf


def _relu(node: Node, below: Sequence[ValueRange], _parts: int) -> ValueRange:
    if node.layer.relu_param.negative_slope or below[0].low > 0:
        return below[0] if below[0].low >= 0 else ANYTHING
    at_low = below[0].at_low if below[0].low == 0 else Reach.EXACT
    return ValueRange(0.0, max(below[0].high, 0.0), at_low)


def _bnll(_node: Node, below: Sequence[ValueRange], _parts: int) -> ValueRange:
    at_low = Reach.ROUNDED if below[0].low < -_SATURATED else Reach.NEVER
    return ValueRange(low=0.0, at_low=at_low)


def _dropout(_node: Node, below: Sequence[ValueRange], _parts: int) -> ValueRange:
    return ValueRange(low=0.0, at_low=Reach.EXACT) if below[0].low >= 0 else ANYTHING


def _eltwise(node: Node, below: Sequence[ValueRange], _parts: int) -> ValueRange:
    message = node.layer.eltwise_param
    operation = enum_name(message, "operation")
    if operation == "PROD":
        return _product(node, below, 0)
    if operation == "MAX":
        least = max(each.low for each in below)
        at_low = min(each.at_low for each in below if each.low == least)
        return ValueRange(least, max(each.high for each in below), at_low)
    total = ValueRange(0.0, 0.0, Reach.EXACT, Reach.EXACT)
    for number, each in enumerate(below):
        factor = message.coeff[number] if number < len(message.coeff) else 1.0
        if factor:
            total = total.plus(each.affine(factor, 0))
    return total


def _product(_node: Node, below: Sequence[ValueRange], _parts: int) -> ValueRange:
    if len(below) == 1:  # the other factor is learnt
        return ANYTHING
    whole, *others = below
    for each in others:
        whole = whole.times(each)
    return whole


def _pooling(node: Node, below: Sequence[ValueRange], _parts: int) -> ValueRange:
    message = node.layer.pooling_param
    padded = message.pad or message.pad_h or message.pad_w
    if enum_name(message, "pool") == "MAX" or not padded:
        return below[0]
    return below[0].hull(_STEP)  # what is beyond the border counts as 0


def _reduction(node: Node, below: Sequence[ValueRange], parts: int) -> ValueRange:
    message = node.layer.reduction_param
    operation = enum_name(message, "operation")
    each = below[0]
    if operation in ("ASUM", "SUMSQ"):
        each = each.magnitude()
    if operation == "SUMSQ":
        each = each.rising(lambda value: _pow(value, 2))
    if not message.coeff:
        return ANYTHING
    low, high = each.low, each.high
    if operation != "MEAN":  # a sum of one value or more
        low *= parts or (math.inf if low < 0 else 1)
        high *= parts or (math.inf if high > 0 else 1)
    total = ValueRange(low, high, all_at_once(each.at_low), all_at_once(each.at_high))
    return total.affine(message.coeff, 0)


def _clip(node: Node, _below: Sequence[ValueRange], _parts: int) -> ValueRange:
    message = node.layer.clip_param
    return ValueRange(message.min, message.max, Reach.EXACT, Reach.EXACT)


_RULES: dict[str, Callable[[Node, Sequence[ValueRange], int], ValueRange]] = {
    "AbsVal": lambda _node, below, _parts: below[0].magnitude(),
    "BNLL": _bnll,
    "Clip": _clip,
    "Dropout": _dropout,
    "Eltwise": _eltwise,
    "Exp": _exp,
    "Pooling": _pooling,
    "Power": _power,
    "ReLU": _relu,
    "Reduction": _reduction,
    "Scale": _product,
    "Sigmoid": lambda _node, _below, _parts: _SHARE,
    "Softmax": lambda _node, _below, _parts: _SHARE,
    "Threshold": lambda _node, _below, _parts: _STEP,
    "Tile": lambda _node, below, _parts: below[0],
}
