"""What shape inference finds out about a net."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from caffe_multilabel.caffe.shapes.blobs import Shape

__all__ = ["LayerShapes", "NetShapes"]


@dataclass(frozen=True)
class LayerShapes:
    """One layer of a net that was set up.

    Attributes:
        name: the layer's name.
        type: its type, as in `Convolution`.
        index: its place in `net.layer`, layers of other phases counted.
        bottoms: the names of the blobs it reads.
        tops: the names of the blobs it writes; a loss without a top has one named `(automatic)`.
        bottom_shapes: a shape for each bottom.
        top_shapes: a shape for each top; a loss is a scalar, `()`.
        param_shapes: a shape for each blob of weights, shared ones included.
        parameters: how many values those blobs hold; one that an earlier layer owns counts 0.
        multiply_adds: multiplications by a weight, each with its addition, of one forward pass of
            the whole batch: convolutions, inner products and recurrent layers, without biases.
        loss_weights: a weight for each top, as the net says or by default 1 for the first top of a
            loss; 0 where the top is no loss.
    """

    name: str
    type: str
    index: int
    bottoms: tuple[str, ...]
    tops: tuple[str, ...]
    bottom_shapes: tuple[Shape, ...]
    top_shapes: tuple[Shape, ...]
    param_shapes: tuple[Shape, ...]
    parameters: int
    multiply_adds: int
    loss_weights: tuple[float, ...]


@dataclass(frozen=True)
class NetShapes:
    """A net that was set up for one phase.

    Attributes:
        layers: the layers of that phase, in order.
        blobs: the shape of each named blob, in the order in which they are made.
        outputs: the blobs that no layer reads, in that order.
        duplicate_names: names that more than one of the layers has. Caffe takes them, but gives
            the weights of a caffemodel to the first layer of a name only.
        assumptions: what the net does not say and was taken for granted, a sentence each.
    """

    layers: tuple[LayerShapes, ...]
    blobs: dict[str, Shape]
    outputs: tuple[str, ...]
    duplicate_names: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()

    @property
    def parameters(self) -> int:
        """How many weights the net has, shared ones counted once."""
        return sum(layer.parameters for layer in self.layers)

    @property
    def multiply_adds(self) -> int:
        """Multiply-adds of one forward pass of the whole batch."""
        return sum(layer.multiply_adds for layer in self.layers)
