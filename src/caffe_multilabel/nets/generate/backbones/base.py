"""What a built-in backbone is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from caffe_multilabel.caffe.layers import LAYER_TYPES
from caffe_multilabel.caffe.shapes import infer_shapes
from caffe_multilabel.nets.generate.data_layers import add_input
from caffe_multilabel.nets.generate.layers import LayerBuilder

if TYPE_CHECKING:
    from collections.abc import Callable

    from caffe_multilabel.caffe.proto.types import NetParameter
    from caffe_multilabel.caffe.shapes import NetShapes

__all__ = ["Backbone"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Backbone:
    """A net of the model zoo without its data, its classifier and its losses.

    Layers and blobs have the names, and weights the shapes, of the public caffemodel, so that
    `--weights` finds them.

    Attributes:
        name: what a task file calls it.
        source: where the public net stands.
        build: adds the layers to a builder, above the blob `data`.
        features: the blob that tasks hang on when they name none.
        image: channels, height and width of the images that the public net takes.
        mean_value: what the public net takes from pixels, one number or one a channel, BGR.
        scale: what it multiplies the rest by.
        any_size: whether images are better taken whole than cropped to that size.
    """

    name: str
    source: str
    build: Callable[[LayerBuilder], None]
    features: str
    image: tuple[int, int, int] = (3, 224, 224)
    mean_value: tuple[float, ...] = (104, 117, 123)
    scale: float = 1.0
    any_size: bool = False

    @property
    def crop_size(self) -> int | None:
        """Side of the square to crop; None where images are taken whole."""
        return None if self.any_size else self.image[1]

    def net(self) -> NetParameter:
        """Return the layers, with all that tasks may attach to."""
        builder = LayerBuilder(self.name, blobs=["data"])
        self.build(builder)
        return builder.net

    def blobs(self) -> tuple[str, ...]:
        """Return the blobs that tasks may attach to, from shallow to deep."""
        return tuple(dict.fromkeys(top for layer in self.net().layer for top in layer.top))

    def shapes(self) -> NetShapes:
        """Return the shapes of all blobs and weights for one image of the public net."""
        builder = LayerBuilder(self.name)
        add_input(builder, "data", self.image)
        self.build(builder)
        return infer_shapes(builder.net, "TRAIN")

    def parameter_count(self) -> int:
        """Return how many numbers the layers learn for such an image; statistics are not."""
        layers = self.shapes().layers
        return sum(
            layer.parameters for layer in layers if LAYER_TYPES[layer.type].blobs != "statistics"
        )
