"""Which layers of a net some blobs depend on, and which blobs nobody reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel.caffe.net_state import select_layers
from caffe_multilabel.nets.generate.builder import PHASES

if TYPE_CHECKING:
    from collections.abc import Collection

    from caffe_multilabel.caffe.net_state import Phase
    from caffe_multilabel.caffe.proto.types import LayerParameter, NetParameter
    from caffe_multilabel.nets.generate.builder import NetBuilder

__all__ = ["needed_layers", "silence_unread", "unread_blobs"]


def needed_layers(net: NetParameter, blobs: Collection[str]) -> list[LayerParameter]:
    """Return the layers that some blobs depend on in any phase, in the order of the net."""
    kept: set[int] = set()
    for phase in PHASES:
        wanted = set(blobs)
        for index, layer in reversed(select_layers(net, phase)):
            if wanted.intersection(layer.top):
                wanted.update(layer.bottom)
                kept.add(index)
    return [net.layer[index] for index in sorted(kept)]


def unread_blobs(net: NetParameter, phase: Phase) -> list[str]:
    """Return the blobs that no layer of a phase reads once they are final."""
    unread: dict[str, None] = {}
    for _, layer in select_layers(net, phase):
        for bottom in layer.bottom:
            unread.pop(bottom, None)
        unread.update(dict.fromkeys(layer.top))
    return list(unread)


def silence_unread(net: NetBuilder, blobs: Collection[str]) -> None:
    """Silence those of some blobs that no layer reads, which Caffe would print as outputs."""
    unread = {
        phase: [blob for blob in unread_blobs(net.net, phase) if blob in blobs] for phase in PHASES
    }
    train, test = unread["TRAIN"], unread["TEST"]
    always = [blob for blob in train if blob in test]
    if always:
        net.add("Silence", "silence_trunk", always, ())
    for phase, of_phase in unread.items():
        once = [blob for blob in of_phase if blob not in always]
        if once:
            name = f"silence_trunk_{phase.lower()}"
            net.add("Silence", name, once, (), include=[{"phase": phase}])
