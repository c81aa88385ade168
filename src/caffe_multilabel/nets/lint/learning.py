"""Which weights of a net learn."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from caffe_multilabel.nets.lint.graph import Node
    from caffe_multilabel.nets.lint.view import PhaseView

__all__ = ["learned_layers", "learns"]


def learns(view: PhaseView, node: Node) -> bool:
    """Tell whether a layer has weights with a learning rate other than 0."""
    measured = view.measured.shapes.get(node.place)
    if measured is None or node.type == "BatchNorm":  # its blobs are statistics
        return False
    specs = node.layer.param
    return any(
        number >= len(specs) or specs[number].lr_mult != 0
        for number in range(len(measured.param_shapes))
    )


def learned_layers(view: PhaseView) -> set[int]:
    """Return the places of the layers through which a loss reaches weights that learn.

    A gradient goes down through a layer unless its `propagate_down` stops it.
    """
    learned: set[int] = set()
    for node in view.graph.nodes:
        down = list(node.layer.propagate_down) or [True] * len(node.bottoms)
        passed = (wire for wire, passes in zip(node.bottoms, down, strict=False) if passes)
        if learns(view, node) or any(wire is not None and wire[0] in learned for wire in passed):
            learned.add(node.place)
    return learned
