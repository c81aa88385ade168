"""Takes what tasks can hang on out of a prototxt of the user's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from caffe_multilabel._base.text import shown, suggestion
from caffe_multilabel.caffe.net_graph import NetGraph
from caffe_multilabel.caffe.net_state import select_layers
from caffe_multilabel.caffe.proto import read_net, schema
from caffe_multilabel.errors import PrototxtError, TaskFileError
from caffe_multilabel.nets.generate.builder import PHASES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from caffe_multilabel.caffe.net_graph import Node, Wire
    from caffe_multilabel.caffe.net_state import Phase
    from caffe_multilabel.caffe.proto.types import LayerParameter, NetParameter

__all__ = ["BackboneFile", "read_backbone_file"]

_LOSS = "(loss)"


@dataclass(frozen=True, slots=True)
class BackboneFile:
    """The part of a user's net that depends on the images alone.

    Attributes:
        net: its layers.
        image: the blob of the images, which no layer of it makes.
        warnings: what was changed, a sentence each.
    """

    net: NetParameter
    image: str
    warnings: tuple[str, ...]


def read_backbone_file(path: str, features: str) -> BackboneFile:
    """Read a net and take off its data, loss and accuracy layers and what hangs on labels.

    Args:
        path: a prototxt, `train_val` or `deploy`.
        features: a blob of it. What that blob is made from tells which input is the image.

    Raises:
        TaskFileError: the file cannot be read, has no such blob, or makes that blob from
            something other than one image.
    """
    try:
        net = read_net(path)
        graphs = {phase: NetGraph.of(net, phase) for phase in PHASES}
    except PrototxtError as error:
        raise TaskFileError(
            f"backbone.file: {error.message}", path=error.path, line=error.line, key="backbone.file"
        ) from error
    sources = {phase: _sources(graph) for phase, graph in graphs.items()}
    image = _image(graphs, sources, path, features)
    kept = {
        node.layer_index
        for phase, graph in graphs.items()
        for node in graph.nodes
        if _hangs_on(image, node, sources[phase])
    }
    backbone = schema().message("NetParameter")(name=net.name)
    backbone.layer.extend(net.layer[index] for index in sorted(kept))
    for layer in backbone.layer:
        # A weight on a layer in the middle of the net would be one more loss.
        layer.ClearField("loss_weight")
    return BackboneFile(backbone, image, tuple(_rename_twins(backbone, path)))


def _sources(graph: NetGraph) -> dict[Wire, frozenset[str]]:
    """Return the inputs of the net that each wire of a phase is made from."""
    sources: dict[Wire, frozenset[str]] = {}
    for node in graph.nodes:
        for wire in node.tops:
            if _is_end(node):
                sources[wire] = frozenset({_LOSS})
            elif node.bottoms or node.kind == "parameter":
                sources[wire] = _read(node, sources)
            else:
                sources[wire] = frozenset({graph.blob(wire)})
    return sources


def _image(
    graphs: dict[Phase, NetGraph],
    sources: dict[Phase, dict[Wire, frozenset[str]]],
    path: str,
    features: str,
) -> str:
    blobs = {blob for graph in graphs.values() for blob in graph.blobs()}
    if features not in blobs:
        raise TaskFileError(
            f"backbone.features: found {shown(features)}, which is no blob of {path}"
            f"{suggestion(features, blobs)}",
            path=path,
            key="backbone.features",
        )
    wires = {phase: graph.final(features) for phase, graph in graphs.items()}
    inputs = {
        name for phase, wire in wires.items() if wire is not None for name in sources[phase][wire]
    }
    if len(inputs) != 1 or inputs == {_LOSS} or features in inputs:
        found = ", ".join(sorted(inputs)) or "nothing"
        raise TaskFileError(
            f"backbone.features: '{features}' of {path} is made from {found}; "
            "it must be made from one input, the image",
            path=path,
            key="backbone.features",
        )
    return inputs.pop()


def _hangs_on(image: str, node: Node, sources: dict[Wire, frozenset[str]]) -> bool:
    if _is_end(node) or not node.tops:
        return False
    if not node.bottoms:
        return node.kind == "parameter"
    return _read(node, sources) <= {image}


def _is_end(node: Node) -> bool:
    """Tell whether a layer is for training alone; a loss of a fork is known by its name."""
    return node.type.endswith("Loss") if node.entry is None else node.entry.deploy == "dropped"


def _read(node: Node, sources: dict[Wire, frozenset[str]]) -> frozenset[str]:
    return frozenset().union(*(sources[wire] for wire in node.bottoms if wire is not None))


def _rename_twins(net: NetParameter, path: str) -> Iterable[str]:
    """Give each layer a name of its own and say so.

    Weights go to the first layer of a name only, so the others lose nothing by a new one.
    """
    taken = {layer.name for layer in net.layer}
    seen: dict[str, list[LayerParameter]] = {}
    for layer in net.layer:
        twins = seen.setdefault(layer.name, [])
        if any(_share_a_phase(layer, twin) for twin in twins):
            old, number = layer.name, 2
            while f"{old}_{number}" in taken:
                number += 1
            layer.name = f"{old}_{number}"
            taken.add(layer.name)
            yield (f"{path} has two layers named '{old}'; the second is written as '{layer.name}'")
        else:
            twins.append(layer)


def _share_a_phase(first: LayerParameter, second: LayerParameter) -> bool:
    both = schema().message("NetParameter")(layer=[first, second])
    return any(len(select_layers(both, phase)) == 2 for phase in PHASES)
