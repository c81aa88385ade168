"""What can be said of layers although nothing tells their sizes: what is so at any size."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from caffe_multilabel.nets.analysis.needed_columns import needed_columns

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from caffe_multilabel.caffe.net_graph import NetGraph, Node
    from caffe_multilabel.caffe.proto.types import LayerParameter
    from caffe_multilabel.caffe.shapes import LayerShapes, Shape
    from caffe_multilabel.nets.analysis.measure import Measured

__all__ = ["AnySize", "find_any_size"]


@dataclass(frozen=True, slots=True)
class _Sizes:
    """Sizes to try: those of stored records, and of blobs of any number of axes."""

    record: tuple[int, int, int]
    blob: Shape


_TRIALS = (
    _Sizes((3, 256, 320), (2, 3, 256, 320)),
    _Sizes((1, 512, 384), (5, 1, 512, 384)),
    _Sizes((4, 448, 640), (7, 600)),
)
"""No two agree on any axis, so a problem that hangs on a size reads differently at each.

They are large enough for the windows of a deep net, and multiples of 64, which nets halve.
"""


_MOST_CHANNELS = 64
"""No image, and no record of several, has more channels."""
_OF_RECORDS = ("Data", "ImageData")


@dataclass(frozen=True, slots=True)
class AnySize:
    """What holds whatever the sizes are that nothing tells.

    Attributes:
        problems: what is wrong and what to do, by the index of the layer.
        shapes: the layers whose tops have the same shapes at any size, by their index. Only their
            `top_shapes` are to be looked at.
        unsettled: the layers that fit at no size that was tried, by their index, and may at others.
    """

    problems: dict[int, tuple[str, str]] = field(default_factory=dict)
    shapes: dict[int, LayerShapes] = field(default_factory=dict)
    unsettled: set[int] = field(default_factory=set)


def find_any_size(
    graph: NetGraph,
    unknown: Sequence[Node],
    measure_with: Callable[[dict[str, Shape], dict[int, LayerParameter]], Measured],
    *,
    refused: Sequence[Node] = (),
) -> AnySize:
    """Measure a phase with several sizes in the place of those that nothing tells, and compare.

    What is found of a layer counts if it is the same, numbers and all, with each of the sizes that
    the layer could be reached with, and with two at least.

    Args:
        graph: the layers of the phase.
        unknown: the layers whose shapes nothing tells.
        measure_with: measures the phase, given shapes for those layers, by top, and layers to
            measure in the place of others, by their index.
        refused: layers that do not fit. What they make, once they are mended, may have any size.
            Their tops connect.
    """
    if not (unknown or refused):
        return AnySize()
    strange = [node for node in unknown if node.bottoms or node.entry is None]
    stand_ins = {node.index: _stand_in(graph, node) for node in (*strange, *refused)}
    trials: list[Measured] = []
    for sizes in _TRIALS:
        shapes: dict[str, Shape] = {}
        for node in unknown:
            shapes |= _shapes(graph, node, sizes)
        for node in refused:
            shapes |= _mended_shapes(graph, node, sizes)
        trials.append(measure_with(shapes, stand_ins))
    found = AnySize()
    for index in range(len(graph.nodes)):
        problems = [trial.problems[index] for trial in trials if index in trial.problems]
        layers = [trial.shapes[index] for trial in trials if index in trial.shapes]
        if len(problems) > 1 and not layers and len(set(problems)) == 1:
            found.problems[index] = problems[0]
        elif problems and not layers:
            found.unsettled.add(index)
        tops = {layer.top_shapes for layer in layers}
        if len(layers) > 1 and not problems and len(tops) == 1:
            found.shapes[index] = layers[0]
    return found


def _shapes(graph: NetGraph, node: Node, sizes: _Sizes) -> dict[str, Shape]:
    """Return shapes for the tops of a layer, as `infer_shapes` takes them."""
    names = [str(name) for name in node.layer.top]
    if node.type not in _OF_RECORDS:
        return dict.fromkeys(names, sizes.blob)
    # A second top holds a label for each image, as the layer itself says.
    channels, height, width = sizes.record
    means = len(node.layer.transform_param.mean_value)
    parts, certain = needed_columns(graph, node.tops[0], {})  # of images that are cut into parts
    told = max(means, parts)
    trial = _TRIALS.index(sizes)
    if parts > max(means, 1) and not certain:  # the last part may be larger
        told += trial
    if told > _MOST_CHANNELS:  # these are labels
        height, width = trial + 1, 1
    return dict.fromkeys(names[:1], (told if told > 1 else channels, height, width))


def _mended_shapes(graph: NetGraph, node: Node, sizes: _Sizes) -> dict[str, Shape]:
    """Return all dimensions of the tops of a layer that does not fit."""
    shapes = _shapes(graph, node, sizes)
    return {
        name: (sizes.blob[0], *shape) if node.type in _OF_RECORDS else shape
        for name, shape in shapes.items()
    }


def _stand_in(graph: NetGraph, node: Node) -> LayerParameter:
    """Return a layer of BVLC Caffe's that connects as one does of which only that much is known.

    A blob that is worked on in place keeps its size. Bottoms that no layer makes are left out.
    """
    layer = node.layer
    pairs = zip(layer.bottom, node.bottoms, strict=True)
    alone = len(layer.bottom) == len(layer.top) == 1 and node.in_place(0)
    return type(layer)(
        name=layer.name,
        type="TanH" if alone else "Python",
        bottom=[name for name, wire in pairs if wire is not None or name in graph.inputs],
        top=layer.top,
    )
