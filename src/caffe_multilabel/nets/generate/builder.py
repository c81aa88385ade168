"""Puts a net together layer by layer and refuses what Caffe would refuse when it wires blobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from caffe_multilabel.caffe.layers import LAYER_TYPES
from caffe_multilabel.caffe.layers.layer_type import top_in_place
from caffe_multilabel.caffe.net_graph import NetGraph
from caffe_multilabel.caffe.net_state import select_layers
from caffe_multilabel.caffe.proto import schema
from caffe_multilabel.errors import PrototxtError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from caffe_multilabel.caffe.net_state import Phase
    from caffe_multilabel.caffe.proto.types import LayerParameter, NetParameter

__all__ = ["PHASES", "NameTakenError", "NetBuilder", "complete_specs", "unread_blobs"]

PHASES: tuple[Phase, ...] = ("TRAIN", "TEST")


class NameTakenError(PrototxtError):
    """A layer or a blob would get the name of one that is there already."""


class NetBuilder:
    """A net under construction.

    Each layer is checked when it is added, in every phase that it is part of: its name is new,
    its bottoms are made by layers above it, its tops are new blobs or the bottoms they replace.

    Attributes:
        net: the `NetParameter` so far.
    """

    def __init__(
        self, name: str, *, blobs: Iterable[str] = (), phases: Sequence[Phase] = PHASES
    ) -> None:
        """Start a net.

        Args:
            name: the net's name.
            blobs: blobs that are there without a layer of this net.
            phases: the phases that the net will run in.
        """
        self.net: NetParameter = schema().message("NetParameter")(name=name)
        inputs = frozenset(blobs)
        self._graphs: dict[Phase, NetGraph] = {phase: NetGraph(inputs) for phase in phases}

    def add(
        self,
        kind: str,
        name: str,
        bottoms: Sequence[str] = (),
        tops: Sequence[str] | None = None,
        **fields: Any,
    ) -> str:
        """Add a layer and return its first top.

        Args:
            kind: the layer's type, as in `Convolution`.
            name: its name.
            bottoms: the blobs it reads.
            tops: the blobs it makes; one of the layer's own name if None.
            **fields: the layer's other fields, messages as dicts and enums by name; protobuf
                checks them.

        Raises:
            NameTakenError: the layer's name or a top is there already.
            PrototxtError: a bottom that no layer above makes.
        """
        made = (name,) if tops is None else tuple(tops)
        layer = schema().message("LayerParameter")(
            name=name, type=kind, bottom=bottoms, top=made, **fields
        )
        self.append(layer)
        return made[0] if made else ""

    def append(self, layer: LayerParameter) -> None:
        """Add a copy of a finished layer; it is checked as by `add`."""
        alone = schema().message("NetParameter")(layer=[layer])
        graphs = [graph for phase, graph in self._graphs.items() if select_layers(alone, phase)]
        for graph in graphs:
            _check(layer, graph)
        self.net.layer.append(layer)
        for graph in graphs:
            graph.append(self.net.layer[-1], layer_index=len(self.net.layer) - 1)

    def extend(self, layers: Iterable[LayerParameter]) -> None:
        """Add copies of several finished layers."""
        for layer in layers:
            self.append(layer)

    def silence_unread(self, blobs: Collection[str]) -> None:
        """Silence those of some blobs that no layer reads, which Caffe would print as outputs."""
        unread = {
            phase: [blob for blob in unread_blobs(self.net, phase) if blob in blobs]
            for phase in PHASES
        }
        always = [blob for blob in unread["TRAIN"] if blob in unread["TEST"]]
        if always:
            # The name that nets made so far have, from when backbones were called trunks here.
            self.add("Silence", "silence_trunk", always, ())
        for phase, of_phase in unread.items():
            once = [blob for blob in of_phase if blob not in always]
            if once:
                name = f"silence_trunk_{phase.lower()}"
                self.add("Silence", name, once, (), include=[{"phase": phase}])


def unread_blobs(net: NetParameter, phase: Phase) -> list[str]:
    """Return the blobs that no layer of a phase reads once they are final."""
    graph = NetGraph.of(net, phase)
    return [graph.blob(wire) for wire in graph.unread() if wire == graph.final(graph.blob(wire))]


def _check(layer: LayerParameter, graph: NetGraph) -> None:
    if graph.has_layer(layer.name):
        raise NameTakenError(f"layer '{layer.name}': a layer of this name is there already")
    for bottom in layer.bottom:
        if not graph.has_blob(bottom):
            raise PrototxtError(f"layer '{layer.name}': no layer above makes its bottom '{bottom}'")
    for index, top in enumerate(layer.top):
        is_there = graph.has_blob(top) or top in layer.top[:index]
        if is_there and not top_in_place(layer, index):
            raise NameTakenError(
                f"layer '{layer.name}': its top '{top}' is a blob that is there already"
            )


def complete_specs(layer: LayerParameter, weights: int) -> None:
    """Write a `param` for each blob of weights that has none; it says what Caffe does without."""
    while len(layer.param) < weights:
        spec = layer.param.add()
        if LAYER_TYPES[layer.type].blobs == "statistics":
            # Caffe takes no other: they are not learnt.
            spec.lr_mult = 0
