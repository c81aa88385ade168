"""Layers that work in place where Caffe lets them but they, or the layer before, then go wrong.

Shape inference refuses what Caffe refuses. What is here runs, and computes something else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel.nets.lint.findings import Problem, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from caffe_multilabel.caffe.net_graph import Node, Wire
    from caffe_multilabel.nets.lint.view import PhaseView

__all__ = ["PHASE_RULES"]

_MIXED = ("MVN", "LSTMUnit")
"""Types whose gradient of one value is made from others of their top."""


def _in_place(view: PhaseView) -> Iterator[Problem]:
    for node in view.graph.nodes:
        if not (node.layer.top and node.in_place(0)):
            continue
        if node.entry is not None and node.entry.works_in_place(node.layer) == "spoils":
            yield Problem(
                node,
                f"{node.type} needs its bottom after its top is written, and here they are the "
                "same blob",
                "give the top a name of its own",
            )
        wire = node.bottoms[0]
        if view.phase != "TRAIN" or wire is None:
            continue
        maker = view.graph.maker(wire)
        if _overwrites(node, maker, wire):
            yield Problem(
                node,
                f"it writes over the top of {maker.type} layer '{maker.name}', from which that "
                "layer makes its gradient",
                "give the top a name of its own",
            )


def _overwrites(node: Node, maker: Node, wire: Wire) -> bool:
    """Tell whether a layer that works in place takes the top away that its maker reads later."""
    side = "top" if wire.top == 0 else "mask"
    if maker.entry is None or side not in maker.entry.backward_reads(maker.layer):
        return False
    # Where ReLU writes 0 the gradient is 0 whatever the top was; only a gradient that is made from
    # other values of the top as well is then wrong.
    return node.type != "ReLU" or maker.type in _MIXED


PHASE_RULES = (
    Rule("in-place", "error", "work in place that spoils values or gradients", _in_place),
)
