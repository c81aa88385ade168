"""Puts a net together layer by layer and refuses what Caffe would refuse when it wires blobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from caffe_multilabel.caffe.net_state import select_layers
from caffe_multilabel.caffe.proto import schema
from caffe_multilabel.errors import PrototxtError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from caffe_multilabel.caffe.net_state import Phase
    from caffe_multilabel.caffe.proto.types import LayerParameter, NetParameter

__all__ = ["PHASES", "NameTakenError", "NetBuilder"]

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
        self._layers: dict[Phase, set[str]] = {phase: set() for phase in phases}
        self._blobs: dict[Phase, set[str]] = {phase: set(blobs) for phase in phases}

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
            **fields: the layer's other fields, messages as dicts and enums by name.

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
        for phase in self._blobs:
            if select_layers(alone, phase):
                self._check(layer, phase)
        self.net.layer.append(layer)

    def extend(self, layers: Iterable[LayerParameter]) -> None:
        """Add copies of several finished layers."""
        for layer in layers:
            self.append(layer)

    def _check(self, layer: LayerParameter, phase: Phase) -> None:
        names, blobs = self._layers[phase], self._blobs[phase]
        if layer.name in names:
            raise NameTakenError(f"layer '{layer.name}': a layer of this name is there already")
        for bottom in layer.bottom:
            if bottom not in blobs:
                raise PrototxtError(
                    f"layer '{layer.name}': no layer above makes its bottom '{bottom}'"
                )
        for place, top in enumerate(layer.top):
            in_place = place < len(layer.bottom) and layer.bottom[place] == top
            if top in blobs and not in_place:
                raise NameTakenError(
                    f"layer '{layer.name}': its top '{top}' is a blob that is there already"
                )
            blobs.add(top)
        names.add(layer.name)
