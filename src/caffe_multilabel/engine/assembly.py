"""A net put together: its layers, the blobs between them, and which gradients are made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from caffe_multilabel._base.text import plural
from caffe_multilabel.caffe.backward import backward_courses, learning_blobs
from caffe_multilabel.caffe.blob_shape import count, shape_text
from caffe_multilabel.caffe.layers import FORK_TYPES
from caffe_multilabel.caffe.layers.base import fail
from caffe_multilabel.caffe.named_fields import enum_name
from caffe_multilabel.caffe.net_graph import NetGraph, Param
from caffe_multilabel.caffe.proto.stored import parse_blob
from caffe_multilabel.caffe.shapes import loss_weights
from caffe_multilabel.caffe.splits import insert_splits
from caffe_multilabel.engine.blob import Blob
from caffe_multilabel.engine.feeds import FEEDS
from caffe_multilabel.engine.fillers import fill
from caffe_multilabel.engine.layers import EMITTERS
from caffe_multilabel.engine.layers.layer import Setup
from caffe_multilabel.engine.step import Step, shapes_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from caffe_multilabel.caffe.blob_shape import Shape
    from caffe_multilabel.caffe.layers.base import LayerOutput
    from caffe_multilabel.caffe.net_graph import Node
    from caffe_multilabel.caffe.net_state import NetState, Phase
    from caffe_multilabel.caffe.proto.types import LayerParameter, NetParameter
    from caffe_multilabel.engine.draws import Draws
    from caffe_multilabel.engine.feeds.feed import Feed
    from caffe_multilabel.engine.place import Place

__all__ = ["Assembly", "Feeds", "assemble", "open_feeds", "refuse_types"]

_KEPT = (32 << 20) - (64 << 10)  # bytes: the most that glibc takes for a size that comes and goes


@dataclass(frozen=True, slots=True)
class Assembly:
    """A net put together; see `Net` for the terms."""

    steps: list[Step]
    blobs: dict[str, Blob]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


def refuse_types(net: NetParameter, state: NetState) -> None:
    """Refuse a net with a layer that the engine does not run, before all else that it may lack.

    Raises:
        PrototxtError: one of the state's layers is of a type that Caffe or a fork has and the
            engine has not.
    """
    for node in NetGraph.of_state(net, state).nodes:
        entry = node.entry or FORK_TYPES.get(node.type)
        if entry is None or node.type in EMITTERS:
            continue
        owner = f", which {entry.fork} has" if entry.fork else ""
        way_out = "; feed the net by an Input or a MemoryData layer" if entry.kind == "data" else ""
        fail(
            node.layer,
            f"the engine does not run {node.type} layers{owner}{way_out}",
            index=node.layer_index,
        )


@dataclass(frozen=True, slots=True)
class Feeds:
    """What the data layers of a net read.

    Attributes:
        of_layer: the feed of a layer, by the layer's index in `net.layer`.
        data_shapes: the shapes that they bring, by the names of tops.
    """

    of_layer: dict[int, Feed]
    data_shapes: dict[str, Shape]


def open_feeds(net: NetParameter, state: NetState, threads: int) -> Feeds:
    """Look at what the data layers of a state read.

    Raises:
        PrototxtError: a layer names nothing that can be read.
        DatabaseError: it is there, and damaged.
        ListError: likewise for a list of images or a window file.
        ImageError: the first image of a list cannot be read.
    """
    feeds: dict[int, Feed] = {}
    shapes: dict[str, Shape] = {}
    for node in NetGraph.of_state(net, state).nodes:
        if node.type in FEEDS:
            phase = layer_phase(node.layer, state.phase)
            feed = feeds[node.layer_index] = FEEDS[node.type](node.layer, phase, threads)
            named = zip(node.top_names, feed.shapes, strict=False)
            shapes.update((name, shape) for name, shape in named if shape is not None)
    return Feeds(feeds, shapes)


def assemble(
    net: NetParameter, state: NetState, place: Place, draws: Draws, feeds: Feeds
) -> Assembly:
    """Put a net together that `infer_shapes` found nothing wrong in.

    Args:
        net: the net.
        state: what of it to put together.
        place: where its tensors are.
        draws: what it draws from, which other nets may have drawn from before.
        feeds: what its data layers read.

    Raises:
        PrototxtError: a layer works in place where Caffe makes nonsense.
    """
    graph = insert_splits(NetGraph.of_state(net, state))
    maker = _Maker(graph, state.phase, place, draws, feeds.of_layer)
    for node in graph.nodes:
        maker.add(node)
    learning = [learning_blobs(step.message, len(step.layer.setup.blobs)) for step in maker.steps]
    courses = backward_courses(graph, lambda node: learning[node.index], forced=net.force_backward)
    for step, course in zip(maker.steps, courses, strict=True):
        step.course = course
        step.layer.blob_wanted = course.weights
    unread = {graph.blob(wire) for wire in graph.unread()}
    # Given back at once: from then on glibc keeps what passes free, and takes no page anew for it.
    torch.empty(_KEPT, dtype=torch.uint8)
    outputs = sorted(unread | ({"(automatic)"} & maker.blobs.keys()))
    inputs = [name for step in maker.steps if step.node.kind == "input" for name in step.top_names]
    return Assembly(maker.steps, maker.blobs, tuple(inputs), tuple(outputs))


class _Maker:
    def __init__(
        self,
        graph: NetGraph,
        phase: Phase,
        place: Place,
        draws: Draws,
        feeds: Mapping[int, Feed],
    ) -> None:
        self.steps: list[Step] = []
        self.blobs: dict[str, Blob] = {}
        self._graph, self._phase, self._place = graph, phase, place
        self._draws, self._feeds = draws, feeds
        self._weights: dict[Param, Blob] = {}

    def add(self, node: Node) -> None:
        """Make a layer and its tops."""
        emitter = EMITTERS[node.type]
        in_place = bool(node.layer.top) and node.in_place(0)
        spoilt = node.entry is not None and node.entry.works_in_place(node.layer) == "spoils_values"
        if in_place and spoilt and not emitter.spoils_as_caffe:
            fail(
                node.layer,
                f"{node.type} in place reads what it has written over; give the top another name",
                index=node.layer_index,
            )
        bottoms = tuple(self.blobs[name] for name in node.layer.bottom)
        feed = self._feeds.get(node.layer_index) if node.type in FEEDS else None
        if feed is not None:
            feed.start(self._draws)
        known = () if feed is None else feed.shapes
        output = shapes_of(node, tuple(blob.shape for blob in bottoms), known)
        inside = node.entry is not None and node.entry.top_diff == "inside"
        own = self._filled(node, output, given=bool(node.layer.blobs) and not inside)
        weights = tuple(self._owned(node, number, blob) for number, blob in enumerate(own))
        setup = Setup(
            message=node.layer,
            phase=layer_phase(node.layer, self._phase),
            bottoms=len(bottoms),
            tops=len(node.top_names),
            in_place=in_place,
            blobs=weights,
            own=own if inside else weights,
            place=self._place,
            draws=self._draws,
            feed=feed,
        )
        layer = emitter(setup)
        tops = []
        for top, (name, shape) in enumerate(zip(node.top_names, output.tops, strict=True)):
            written_over = top < len(node.layer.top) and node.in_place(top)
            tops.append(bottoms[top] if written_over else Blob(shape, self._place))
            self.blobs[name] = tops[-1]
        step = Step(
            node, layer, bottoms, tuple(tops), loss_weights(node.layer, len(node.top_names))
        )
        step.set_up(self._place)
        self.steps.append(step)

    def _filled(self, node: Node, output: LayerOutput, *, given: bool) -> tuple[Blob, ...]:
        """Return the blobs of weights with their first values.

        Those that the net itself holds are taken over, and then nothing is drawn; but not by a
        layer with a net inside, as in Caffe. A layer that shares its weights draws like any other.
        """
        blobs = tuple(Blob(weight.shape, self._place) for weight in output.weights)
        for number, (blob, weight) in enumerate(zip(blobs, output.weights, strict=True)):
            if given:
                blob.write(_own_blob(node, number, output))
            elif weight.filler is None:
                blob.data.fill_(weight.constant)
            else:
                fill(weight.filler, blob.data, self._draws)
        again = () if given else output.weights
        for filling in range(1, max((weight.fillings for weight in again), default=0)):
            for weight in again:
                if weight.filler is not None and filling < weight.fillings:
                    fill(weight.filler, self._place.zeros(weight.shape), self._draws)
        return blobs

    def _owned(self, node: Node, number: int, own: Blob) -> Blob:
        """Return a blob of weights, or one with the memory of the layer that owns it."""
        param = Param(node.index, number)
        owner = self._graph.owner(param)
        blob = own
        if owner != param:
            blob = Blob(own.shape, self._place)
            blob.share_data(self._weights[owner])
            blob.share_diff(self._weights[owner])
            blob.owned = False
        self._weights[param] = blob
        return blob


def _own_blob(node: Node, number: int, output: LayerOutput) -> NDArray[Any]:
    """Return a blob of weights that the net itself holds, in the shape that the layer wants."""
    given, wanted = node.layer.blobs, output.weights[number].shape
    if len(given) != len(output.weights):
        fail(
            node.layer,
            f"has {plural(len(given), 'blob')} of weights with it, and takes {len(output.weights)}",
            index=node.layer_index,
        )
    stored = parse_blob(memoryview(given[number].SerializeToString()))
    values = stored.array(name=f"layer '{node.name}' ({node.type}): blobs[{number}]")
    if values.size != count(wanted):
        fail(
            node.layer,
            f"blobs[{number}] is {shape_text(stored.shape)}, and has to be {shape_text(wanted)}",
            index=node.layer_index,
        )
    return values.reshape(wanted)


def layer_phase(layer: LayerParameter, phase: Phase) -> Phase:
    """Return the phase of a layer, which is the net's where it says none."""
    if not layer.HasField("phase"):
        return phase
    return "TRAIN" if enum_name(layer, "phase") == "TRAIN" else "TEST"
