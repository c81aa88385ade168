"""How layers are connected: which blob each bottom reads and each top writes.

Before Caffe connects anything it gives each blob that is read more than once a Split layer, and
each reader its own copy under a new name. So a layer can work in place only where it alone reads
the blob. The same goes for a blob that has a loss weight and a reader.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from caffe_multilabel.caffe.layers import RULES
from caffe_multilabel.caffe.layers.base import fail

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from caffe_multilabel.caffe.proto.types import LayerParameter, NetParameter

__all__ = ["AUTOMATIC", "check_wiring", "top_names"]

AUTOMATIC = "(automatic)"
"""Caffe's name for the top of a loss that has none; no layer can read it."""

_Version: TypeAlias = tuple[int, int]  # the layer and its top that wrote a blob last


@dataclass
class _Reads:
    """Who reads each version of each blob, layers by their place."""

    source: dict[str, _Version] = field(default_factory=dict)
    bottoms: dict[tuple[int, int], _Version] = field(default_factory=dict)
    readers: dict[_Version, list[int]] = field(default_factory=dict)
    losses: set[_Version] = field(default_factory=set)


def top_names(layer: LayerParameter) -> tuple[str, ...]:
    """Return the names of a layer's tops, the one included that Caffe adds to a loss."""
    rule = RULES.get(layer.type)
    if not layer.top and rule is not None and rule.loss:
        return (AUTOMATIC,)
    return tuple(layer.top)


def check_wiring(net: NetParameter, layers: Sequence[LayerParameter]) -> tuple[str, ...]:
    """Check that every bottom exists and every top is new or in place of a bottom.

    Args:
        net: the whole net, to say in which layer a missing blob could be.
        layers: the layers that the phase has, in order.

    Returns:
        The blobs that no layer reads, in the order in which they are made.

    Raises:
        PrototxtError: two layers do not connect.
    """
    reads = _Reads()
    for place, layer in enumerate(layers):
        _read_bottoms(net, layers, reads, place)
        for top, name in enumerate(layer.top):
            reads.source[name] = (place, top)
        for weight, name in zip(layer.loss_weight, layer.top, strict=False):
            if weight != 0:
                reads.losses.add(reads.source[name])
    made: dict[str, LayerParameter] = {}
    for place, layer in enumerate(layers):
        for top, name in enumerate(layer.top):
            if top < len(layer.bottom) and layer.bottom[top] == name:
                _check_in_place(layers, reads, place, top)
            elif name in made:
                fail(
                    layer,
                    f"top '{name}' is made by layer '{made[name].name}' already; only a layer "
                    "that works in place, with the same blob as bottom and top at the same "
                    "position, may write it again",
                )
            made[name] = layer
    return tuple(name for name in made if reads.source[name] not in reads.readers)


def _read_bottoms(
    net: NetParameter, layers: Sequence[LayerParameter], reads: _Reads, place: int
) -> None:
    layer = layers[place]
    for bottom, name in enumerate(layer.bottom):
        version = reads.source.get(name)
        if version is None:
            hint = _where(net, layers, layer, name) or _nearest(name, reads.source)
            fail(layer, f"unknown bottom blob '{name}' (bottom index {bottom}){hint}")
        reads.bottoms[place, bottom] = version
        reads.readers.setdefault(version, []).append(place)


def _check_in_place(layers: Sequence[LayerParameter], reads: _Reads, place: int, top: int) -> None:
    layer = layers[place]
    name = layer.top[top]
    rule = RULES.get(layer.type)
    if rule is not None and not rule.in_place:
        fail(layer, f"top '{name}' is in place of its bottom, which this type does not allow")
    version = reads.bottoms[place, top]
    others = [layers[reader].name for reader in reads.readers[version] if reader != place]
    if others:
        fail(
            layer,
            f"top '{name}' is in place of its bottom, which layer '{others[0]}' reads too; "
            "give the top another name",
        )
    if len(reads.readers[version]) > 1 or version in reads.losses:
        fail(
            layer,
            f"top '{name}' is in place of its bottom, which is used a second time, as a bottom "
            "or as a loss; give the top another name",
        )


def _where(
    net: NetParameter, layers: Sequence[LayerParameter], reader: LayerParameter, name: str
) -> str:
    """Say which layer of the whole net makes a blob that a layer cannot read."""
    maker = next((layer for layer in layers if name in layer.top), None)
    if maker is not None:
        return (
            "; it is its own top"
            if maker == reader
            else f"; layer '{maker.name}' makes it, further down"
        )
    maker = next((layer for layer in net.layer if name in layer.top), None)
    if maker is not None:
        return f"; layer '{maker.name}' makes it, in another phase, stage or level only"
    return ""


def _nearest(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean '{near[0]}'?" if near else "; no layer makes it"
