"""Layers that work in place where Caffe lets them but they, or the layer before, then go wrong.

Shape inference refuses what Caffe refuses. What is here runs, and computes something else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel.caffe.layers.base import enum_name
from caffe_multilabel.nets.lint.rule import Problem, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from caffe_multilabel.nets.lint.graph import Node
    from caffe_multilabel.nets.lint.view import PhaseView

__all__ = ["PHASE_RULES"]

# From the Forward_cpu and Backward_cpu of each type in BVLC Caffe's src/caffe/layers.
_READ_BOTTOM_LATE = frozenset(
    ("BNLL", "Convolution", "Deconvolution", "Eltwise", "InnerProduct", "LRN", "Log", "Pooling")
)
"""Types that read their bottom again after they wrote their top."""
_READ_TOP_BACKWARD = frozenset(("Exp", "LRN", "MVN", "Sigmoid", "Softmax", "TanH"))
"""Types whose gradient is made from what they wrote into their top."""


def _in_place(view: PhaseView) -> Iterator[Problem]:
    for node in view.graph.nodes:
        if not (node.layer.top and node.in_place(0)):
            continue
        if node.type in _READ_BOTTOM_LATE or _is_curve(node):
            yield Problem(
                node,
                f"{node.type} needs its bottom after its top is written, and here they are the "
                "same blob",
                "give the top a name of its own",
            )
        wire = node.bottoms[0]
        maker = None if wire is None else view.graph.maker(wire)
        if view.phase == "TRAIN" and maker is not None and _overwrites(node, maker):
            yield Problem(
                node,
                f"it writes over the top of {maker.type} layer '{maker.name}', from which that "
                "layer makes its gradient",
                "give the top a name of its own",
            )


def _is_curve(node: Node) -> bool:
    return node.type == "Power" and node.layer.power_param.power not in (0, 1)


def _overwrites(node: Node, maker: Node) -> bool:
    if node.type == "ReLU" and maker.type != "MVN":
        return False  # where it writes 0 the gradient is 0 whatever the top was
    return maker.type in _READ_TOP_BACKWARD or (maker.type == "Eltwise" and _divides(maker))


def _divides(eltwise: Node) -> bool:
    message = eltwise.layer.eltwise_param
    return enum_name(message, "operation") == "PROD" and not message.stable_prod_grad


PHASE_RULES = (
    Rule("in-place", "error", "work in place that spoils values or gradients", _in_place),
)
