"""What a layer makes of labels that it hands on as other numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from caffe_multilabel.caffe.net_graph import Node

__all__ = ["AS_STORED", "Scaling", "scaling_of"]


@dataclass(frozen=True, slots=True)
class Scaling:
    """A number becomes `scale` times it, plus `shift`."""

    scale: float = 1.0
    shift: float = 0.0

    def then(self, other: Scaling) -> Scaling:
        """Return what comes of both, this one first."""
        return Scaling(self.scale * other.scale, self.shift * other.scale + other.shift)


AS_STORED = Scaling()


def scaling_of(node: Node) -> Scaling | None:
    """Return what a Power layer makes of its bottom; None of others, and of powers but 1."""
    if node.type != "Power" or not node.tops:
        return None
    fields = node.layer.power_param
    if fields.power != 1 or fields.scale == 0:
        return None
    return Scaling(fields.scale, fields.shift)
