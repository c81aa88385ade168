"""A net put together: its layers, the blobs between them, and which gradients are made."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from caffe_multilabel._base.text import plural
from caffe_multilabel.caffe.blob_shape import count, shape_text
from caffe_multilabel.caffe.layers.base import LayerInput, fail
from caffe_multilabel.caffe.named_fields import enum_name
from caffe_multilabel.caffe.net_graph import NetGraph, Param
from caffe_multilabel.caffe.proto.stored import parse_blob
from caffe_multilabel.caffe.shapes import loss_weights
from caffe_multilabel.caffe.splits import insert_splits
from caffe_multilabel.engine.blob import Blob
from caffe_multilabel.engine.fillers import fill
from caffe_multilabel.engine.layers import EMITTERS
from caffe_multilabel.engine.layers.layer import Layer, Pass, Setup

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray

    from caffe_multilabel.caffe.layers.base import LayerOutput
    from caffe_multilabel.caffe.net_graph import Node
    from caffe_multilabel.caffe.net_state import NetState, Phase
    from caffe_multilabel.caffe.proto.types import LayerParameter, NetParameter
    from caffe_multilabel.engine.blob import Place

__all__ = ["Assembly", "Step", "assemble"]


@dataclass(eq=False)
class Step:
    """A layer with its blobs.

    Attributes:
        node: its place in the graph.
        layer: how it computes.
        bottoms: the blobs that it reads.
        tops: the blobs that it writes; one in place is a bottom too.
        loss_weights: a weight for each top.
        needed: whether it runs backward.
        wanted: for each bottom, whether a gradient goes to it.
    """

    node: Node
    layer: Layer
    bottoms: tuple[Blob, ...]
    tops: tuple[Blob, ...]
    loss_weights: tuple[float, ...]
    needed: bool = False
    wanted: list[bool] = field(default_factory=list)
    _bottom_shapes: tuple[tuple[int, ...], ...] = ()

    @property
    def name(self) -> str:
        """The layer's name."""
        return self.node.name

    @property
    def message(self) -> LayerParameter:
        """The layer's message."""
        return self.node.layer

    @property
    def top_names(self) -> tuple[str, ...]:
        """The names of its tops."""
        return self.node.top_names

    @property
    def _feeds(self) -> bool:
        """Whether the caller writes its tops."""
        return self.node.kind == "input"

    @property
    def _views(self) -> bool:
        """Whether its tops have the memory of its bottom, or of its weights."""
        entry = self.node.entry
        return entry is not None and (entry.shares_memory(self.message) or entry.shares == "weight")

    def reshape(self) -> None:
        """Give the tops the shapes that its rule makes of those of the bottoms."""
        shapes = tuple(blob.shape for blob in self.bottoms)
        if self._feeds or (shapes == self._bottom_shapes and shapes):
            return
        self._bottom_shapes = shapes
        self.layer.top_shapes = set_up(self.node, shapes).tops
        for top, shape, weight in zip(
            self.tops, self.layer.top_shapes, self.loss_weights, strict=True
        ):
            top.reshape(shape)
            if weight:
                top.diff.fill_(weight)

    def forward(self) -> float:
        """Write the tops, and return their weighted loss."""
        self.reshape()
        if not (self._feeds or self._views):
            bottoms = tuple(blob.data for blob in self.bottoms)
            tops = self.layer.forward(bottoms)
            for blob, data in zip(self.tops, tops, strict=True):
                blob.take(data)
        return sum(
            float((blob.data * blob.diff).sum())
            for blob, weight in zip(self.tops, self.loss_weights, strict=True)
            if weight
        )

    def make_diffs(self) -> None:
        """Have memory for the diffs that backward writes."""
        for blob, wanted in zip(self.bottoms, self.wanted, strict=True):
            if wanted:
                _ = blob.diff
        for blob, wanted in zip(self.layer.setup.blobs, self.layer.blob_wanted, strict=True):
            if wanted:
                _ = blob.diff

    def backward(self) -> None:
        """Write the diffs of the bottoms that want one, and add to those of the weights."""
        if not self.needed:
            return
        self.layer.refuse_backward(self.wanted)
        if self._views and self.node.type != "Split":
            return  # the diff is shared as well
        found = self.layer.backward(
            Pass(
                tuple(blob.data for blob in self.bottoms),
                tuple(blob.data for blob in self.tops),
                tuple(blob.diff for blob in self.tops),
                tuple(self.wanted),
            )
        )
        for blob, diff, wanted in zip(self.bottoms, found, self.wanted, strict=True):
            if wanted and diff is not None:
                blob.take_diff(diff)


@dataclass(frozen=True, slots=True)
class Assembly:
    """A net put together; see `Net` for the terms."""

    steps: list[Step]
    blobs: dict[str, Blob]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


def set_up(node: Node, shapes: tuple[tuple[int, ...], ...]) -> LayerOutput:
    """Ask the shape rule of a layer."""
    assert node.entry is not None
    tops = len(node.top_names)
    return node.entry.shape(LayerInput(node.layer, shapes, tops, (None,) * tops))


def assemble(
    net: NetParameter, state: NetState, place: Place, generator: torch.Generator
) -> Assembly:
    """Put a net together that `infer_shapes` found nothing wrong in.

    Raises:
        PrototxtError: a layer has a type that the engine does not run, or works in place where
            Caffe makes nonsense.
    """
    graph = insert_splits(NetGraph.of_state(net, state))
    maker = _Maker(graph, state.phase, place, generator)
    for node in graph.nodes:
        maker.add(node)
    _mark_backward(maker.steps, forced=net.force_backward)
    unread = {graph.blob(wire) for wire in graph.unread()}
    outputs = sorted(unread | ({"(automatic)"} & maker.blobs.keys()))
    inputs = [name for step in maker.steps if step.node.kind == "input" for name in step.top_names]
    return Assembly(maker.steps, maker.blobs, tuple(inputs), tuple(outputs))


class _Maker:
    def __init__(
        self, graph: NetGraph, phase: Phase, place: Place, generator: torch.Generator
    ) -> None:
        self.steps: list[Step] = []
        self.blobs: dict[str, Blob] = {}
        self._graph, self._phase, self._place, self._generator = graph, phase, place, generator
        self._weights: dict[Param, Blob] = {}

    def add(self, node: Node) -> None:
        """Make a layer and its tops."""
        emitter = EMITTERS.get(node.type)
        if emitter is None:
            fail(node.layer, f"the engine does not run {node.type} layers", index=node.layer_index)
        in_place = bool(node.layer.top) and node.in_place(0)
        if in_place and emitter.refuses_in_place:
            fail(
                node.layer,
                f"{node.type} in place reads what it has written over; give the top another name",
                index=node.layer_index,
            )
        bottoms = tuple(self.blobs[name] for name in node.layer.bottom)
        output = set_up(node, tuple(blob.shape for blob in bottoms))
        weights = tuple(self._weight(node, number, output) for number in range(len(output.weights)))
        own = node.layer.HasField("phase")
        setup = Setup(
            message=node.layer,
            phase=_phase_of(node.layer) if own else self._phase,
            bottoms=len(bottoms),
            tops=len(node.top_names),
            in_place=in_place,
            blobs=weights,
            place=self._place,
            generator=self._generator,
        )
        layer = emitter(setup)
        tops = []
        for top, (name, shape) in enumerate(zip(node.top_names, output.tops, strict=True)):
            tops.append(self._top(node, top, shape, weights))
            self.blobs[name] = tops[-1]
        step = Step(
            node, layer, bottoms, tuple(tops), loss_weights(node.layer, len(node.top_names))
        )
        layer.top_shapes, layer.tops = output.tops, step.tops
        step.reshape()
        self.steps.append(step)

    def _top(self, node: Node, top: int, shape: tuple[int, ...], weights: tuple[Blob, ...]) -> Blob:
        entry = node.entry
        assert entry is not None
        if top < len(node.layer.top) and node.in_place(top):
            return self.blobs[node.layer.bottom[top]]
        if entry.shares == "weight":
            return weights[0].on(shape)
        if entry.shares_memory(node.layer):
            return self.blobs[node.layer.bottom[0]].on(shape, own_diff=node.type == "Split")
        return Blob(shape, self._place)

    def _weight(self, node: Node, number: int, output: LayerOutput) -> Blob:
        """Return a blob of weights, filled, or with the memory of the one that owns it."""
        weight = output.weights[number]
        blob = Blob(weight.shape, self._place)
        if node.layer.blobs:
            blob.write(_own_blob(node, number, output))
        elif weight.filler is None:
            blob.data.fill_(weight.constant)
        else:
            fill(weight.filler, blob.data, self._generator)
        param = Param(node.index, number)
        owner = self._graph.owner(param)
        if owner != param:
            blob.share(self._weights[owner])
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


def _phase_of(layer: LayerParameter) -> Phase:
    return "TRAIN" if enum_name(layer, "phase") == "TRAIN" else "TEST"


def _mark_backward(steps: list[Step], *, forced: bool) -> None:
    """Mark which layers run backward, and what they give a gradient to, as `Net::Init` does.

    Blobs count by their names there, so that a layer in place has the top of the one before.
    """
    needs: dict[str, bool] = {}
    for step in steps:
        bottoms = [needs[name] for name in step.message.bottom]
        step.wanted = list(step.message.propagate_down) or bottoms
        params = [
            step.message.param[number].lr_mult != 0 if number < len(step.message.param) else True
            for number in range(len(step.layer.setup.blobs))
        ]
        step.layer.blob_wanted = params
        step.needed = any(bottoms) or any(params)
        for name in step.top_names:
            needs[name] = step.needed or (name in step.message.bottom and needs[name])
    _drop_what_reaches_no_loss(steps)
    if not forced:
        return
    for step in steps:
        step.needed = True
        step.wanted = [
            wanted or number not in step.layer.not_forced
            for number, wanted in enumerate(step.wanted)
        ]
        step.layer.blob_wanted = [True] * len(step.layer.blob_wanted)


def _drop_what_reaches_no_loss(steps: list[Step]) -> None:
    under_loss: set[str] = set()
    skipped: set[str] = set()
    for step in reversed(steps):
        names = step.top_names
        contributes = any(step.loss_weights) or any(name in under_loss for name in names)
        if step.needed and all(name in skipped for name in names):
            step.needed = False
            step.wanted = [False] * len(step.wanted)
        if not contributes:
            step.needed = False
            step.wanted = [False] * len(step.wanted)
        for name, wanted in zip(step.message.bottom, step.wanted, strict=True):
            if contributes:
                under_loss.add(name)
            if not wanted:
                skipped.add(name)
