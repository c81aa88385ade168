"""The shapes, parameters and work of a net, as Caffe would set it up, without Caffe.

`infer_shapes` walks a net in Caffe's order with Caffe's rules and stops at the first layer that
Caffe would stop at.
"""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from caffe_multilabel._base.arguments import (
    MAX_SIDE,
    instance_of,
    is_one_of,
    items_of,
    whole_number,
)
from caffe_multilabel._base.short_repr import short_repr
from caffe_multilabel._base.text import did_you_mean, plural, shown
from caffe_multilabel.caffe.blob_shape import Shape, count, shape_problem, shape_text
from caffe_multilabel.caffe.forks.by_name import as_bvlc
from caffe_multilabel.caffe.layers import find_type, type_of
from caffe_multilabel.caffe.layers.base import LayerInput, fail
from caffe_multilabel.caffe.layers.fillers import check_filler
from caffe_multilabel.caffe.named_fields import enum_name, is_set
from caffe_multilabel.caffe.net_graph import AUTOMATIC, NetGraph, Param
from caffe_multilabel.caffe.proto.checks import check_message
from caffe_multilabel.caffe.proto.upgrade import upgrade_net
from caffe_multilabel.errors import OptionError, PrototxtError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from caffe_multilabel.caffe.layers.base import LayerOutput
    from caffe_multilabel.caffe.layers.layer_type import Counts, LayerType
    from caffe_multilabel.caffe.net_graph import Node
    from caffe_multilabel.caffe.net_state import Phase
    from caffe_multilabel.caffe.proto.types import LayerParameter, NetParameter, ParamSpec

__all__ = ["LayerShapes", "NetShapes", "Shape", "infer_shapes", "loss_weights", "shape_text"]


@dataclass(frozen=True)
class LayerShapes:
    """One layer of a net that was set up.

    Attributes:
        name: the layer's name.
        type: its type, as in `Convolution`.
        index: its index in `net.layer`, layers of other phases counted.
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

    Example:
        >>> from caffe_multilabel import infer_shapes, read_net
        >>> shapes = infer_shapes(read_net("deploy.prototxt"), "TEST")
        >>> shapes.blobs["data"], shapes.outputs
        ((1, 3, 64, 64), ('kind', 'color', 'filled', 'size', 'centre'))
        >>> shapes.parameters, shapes.multiply_adds
        (5341508, 27614292)
    """

    layers: tuple[LayerShapes, ...]
    blobs: dict[str, Shape]
    outputs: tuple[str, ...]
    duplicate_names: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()

    __repr__ = short_repr

    @property
    def parameters(self) -> int:
        """How many weights the net has, shared ones counted once."""
        return sum(layer.parameters for layer in self.layers)

    @property
    def multiply_adds(self) -> int:
        """Multiply-adds of one forward pass of the whole batch."""
        return sum(layer.multiply_adds for layer in self.layers)


def infer_shapes(
    net: NetParameter,
    phase: Phase,
    *,
    stages: Iterable[str] = (),
    level: int = 0,
    data_shapes: Mapping[str, Sequence[int]] | None = None,
) -> NetShapes:
    """Set a net up for a phase as Caffe does: layers chosen, connected, checked and measured.

    Weights that the net holds (`blobs`) are not looked at, nor is any file it names.

    Args:
        net: a net in the current format, as `read_net` gives it. Fields and enum values of a
            fork's net are taken for those of the same names in BVLC Caffe.
        phase: which layers it has, by their `include` and `exclude`.
        stages: stages, likewise.
        level: the level, likewise.
        data_shapes: for data layers, what the net does not say, by the name of a top, or of a
            layer for its first top. For Data, ImageData and WindowData: the channels, height and
            width of a record as Caffe decodes it, to which `crop_size` and `batch_size` are
            applied, or all 4 dimensions of the blob. For the other data layers, and for Python
            layers, where Caffe asks the user's code: all dimensions. What is given goes before
            what the net says.

    Raises:
        PrototxtError: Caffe would not set up the net, with the first layer that does not fit and
            why; or the shape of a data layer is not known. `key` is the layer's name, `index` its
            index in `net.layer`.
        OptionError: an argument is not of the kind above.

    Example:
        >>> from caffe_multilabel import infer_shapes, read_net
        >>> records = {"data": (3, 64, 64), "label": (6, 1, 1)}
        >>> shapes = infer_shapes(read_net("train_val.prototxt"), "TRAIN", data_shapes=records)
        >>> shapes.blobs["data"], shapes.blobs["conv1"]
        ((64, 3, 64, 64), (64, 20, 60, 60))
    """
    check_message("net", net, "NetParameter")
    given, net = net, as_bvlc(net)
    if net is not given:  # to an old fork its old format is the current one
        upgrade_net(net, name="the net")
    for field in ("layers", "input"):
        if getattr(net, field):
            raise PrototxtError(f"the net has '{field}', of an old format; upgrade_net first")
    known_shapes = _DataShapes({} if data_shapes is None else data_shapes, net)
    stages = items_of("stages", stages, "names of stages")
    level = whole_number("level", level, -(2**31), MAX_SIDE)
    graph = NetGraph.of(net, phase, stages=stages, level=level, strict=True)
    unread = set(graph.unread())
    outputs = tuple(name for name in graph.blobs() if graph.final(name) in unread)
    blobs: dict[str, Shape] = {}
    shared = _SharedWeights(graph)
    layers: list[LayerShapes] = []
    assumptions: list[str] = []
    for node in graph.nodes:
        layer = node.layer
        bottom_shapes = tuple(blobs[name] for name in layer.bottom)
        names = node.top_names
        try:
            output = _set_up(node, bottom_shapes, known_shapes)
            param_shapes = tuple(weight.shape for weight in output.weights)
            parameters = shared.add(node, param_shapes)
            weights = loss_weights(layer, len(names))
        except PrototxtError as error:
            error.index = node.layer_index
            raise
        named = zip(names, output.tops, strict=True)
        blobs.update((name, shape) for name, shape in named if name != AUTOMATIC)
        assumptions += (f"layer '{layer.name}' ({layer.type}): {t}" for t in output.assumptions)
        layers.append(
            LayerShapes(
                name=layer.name,
                type=layer.type,
                index=node.layer_index,
                bottoms=tuple(layer.bottom),
                tops=names,
                bottom_shapes=bottom_shapes,
                top_shapes=output.tops,
                param_shapes=param_shapes,
                parameters=parameters,
                multiply_adds=output.multiply_adds,
                loss_weights=weights,
            )
        )
    times = Counter(layer.name for layer in layers)
    duplicates = tuple(name for name, number in times.items() if number > 1)
    return NetShapes(tuple(layers), blobs, outputs, duplicates, tuple(assumptions))


def _set_up(node: Node, bottoms: tuple[Shape, ...], known_shapes: _DataShapes) -> LayerOutput:
    layer, tops = node.layer, len(node.top_names)
    entry = type_of(layer)
    _check_counts(layer, entry, tops)
    shapes = known_shapes.of(layer) if entry.takes_shapes else (None,) * tops
    output = entry.shape(LayerInput(layer, bottoms, tops, shapes))
    for what, shape in (
        *((f"top[{top}]", shape) for top, shape in enumerate(output.tops)),
        *((f"weight[{index}]", weight.shape) for index, weight in enumerate(output.weights)),
    ):
        problem = shape_problem(shape)
        if problem is not None:
            fail(layer, f"{what} would have {problem}")
    for weight in output.weights:
        if weight.filler is not None and not layer.blobs:
            check_filler(layer, weight.filler, weight.shape)
    _check_in_place(layer, bottoms, output.tops)
    return output


def _check_counts(layer: LayerParameter, entry: LayerType, tops: int) -> None:
    bottoms = len(layer.bottom)
    _check_count(layer, bottoms, entry.bottoms, "bottom")
    _check_count(layer, tops, entry.tops, "top")
    if entry.paired and bottoms != tops:
        fail(
            layer,
            f"{plural(bottoms, 'bottom')} and {plural(tops, 'top')}; "
            "it has one top for each bottom",
        )
    if len(layer.propagate_down) not in (0, bottoms):
        fail(
            layer,
            f"propagate_down is given {plural(len(layer.propagate_down), 'time')}; once for each "
            f"bottom ({bottoms}), or not at all, is allowed",
        )


def _check_count(layer: LayerParameter, found: int, allowed: Counts, what: str) -> None:
    least, most = allowed
    if found < least or (most is not None and found > most):
        if most is None:
            wanted = f"at least {least}"
        else:
            wanted = str(least) if least == most else f"{least} to {most}"
        fail(layer, f"{plural(found, what)}; it has {wanted}")


def _check_in_place(
    layer: LayerParameter, bottoms: tuple[Shape, ...], tops: tuple[Shape, ...]
) -> None:
    """Refuse to change a bottom's size in place: Caffe would do so again with every forward."""
    for name, bottom, shape, top in zip(layer.bottom, bottoms, tops, layer.top, strict=False):
        if name == top and count(bottom) != count(shape):
            fail(
                layer,
                f"top '{top}' is in place of its bottom, {shape_text(bottom)}, and would make it "
                f"{shape_text(shape)}; give the top another name",
            )


def loss_weights(layer: LayerParameter, tops: int) -> tuple[float, ...]:
    """Return a weight for each top of a layer in the sum of losses, as written or by default.

    Raises:
        PrototxtError: there are not as many weights as tops.
    """
    weights = tuple(layer.loss_weight)
    default = type_of(layer).default_loss_weight(layer)
    if not weights and default:
        weights = (default,)
    if len(weights) not in (0, tops):
        fail(
            layer,
            f"loss_weight is given {plural(len(layer.loss_weight), 'time')}; once for each top "
            f"({tops}) is needed",
        )
    return weights or (0.0,) * tops


class _DataShapes:
    """Shapes by the name of a top or a layer; see `infer_shapes`."""

    def __init__(self, shapes: Mapping[str, Sequence[int]], net: NetParameter) -> None:
        """Take the caller's shapes.

        Args:
            shapes: the shapes by name.
            net: the whole net, whose data layers of any phase may be meant.

        Raises:
            OptionError: a name that no data layer has, or a shape that no blob can have.
        """
        data = [
            layer
            for layer in net.layer
            if (entry := find_type(layer)) is not None and entry.takes_shapes
        ]
        known = {name for layer in data for name in (layer.name, *layer.top)}
        self._shapes: dict[str, Shape] = {}
        instance_of("data_shapes", shapes, Mapping, "shapes by the name of a top or layer")
        for name, sizes in shapes.items():
            if not is_one_of(name, known):
                raise OptionError(
                    f"data_shapes['{name}']: no data layer, nor a top of one, has that name"
                    f"{did_you_mean(str(name), sorted(known))}",
                    key=str(name),
                )
            try:
                shape = tuple(map(operator.index, items_of(name, sizes, "whole numbers")))
            except (TypeError, OptionError):
                raise OptionError(
                    f"data_shapes['{name}'] is {shown(sizes)}, must be whole numbers", key=name
                ) from None
            problem = shape_problem(shape)
            if problem is not None:
                raise OptionError(f"data_shapes['{name}']: {problem}", key=name)
            self._shapes[name] = shape

    def of(self, layer: LayerParameter) -> tuple[Shape | None, ...]:
        """Return the shape given for each top of a data layer, or None."""
        return tuple(
            self._shapes.get(top, self._shapes.get(layer.name) if index == 0 else None)
            for index, top in enumerate(layer.top)
        )


@dataclass(slots=True)
class _Owned:
    """A named blob of weights, as its owner has it, and the rates that a layer first gave it."""

    shape: Shape
    rates: dict[str, float]


class _SharedWeights:
    """The named blobs of weights of a net, each owned by the first layer that has it."""

    def __init__(self, graph: NetGraph) -> None:
        self._graph = graph
        self._owned: dict[Param, _Owned] = {}

    def add(self, node: Node, shapes: Sequence[Shape]) -> int:
        """Take a layer's blobs of weights and return how many values it owns of them.

        Raises:
            PrototxtError: there are more `param` than blobs, or a shared blob has another shape
                or other rates than its owner says.
        """
        specs = node.layer.param
        if len(specs) > len(shapes):
            fail(
                node.layer,
                f"{plural(len(specs), 'param')} for {plural(len(shapes), 'blob')} of weights",
            )
        owned = 0
        for number, shape in enumerate(shapes):
            param = Param(node.index, number)
            owner = self._graph.owner(param)
            owned += count(shape) if owner == param else 0
            if number < len(specs) and specs[number].name:
                self._take(node.layer, specs[number], shape, owner)
        return owned

    def _take(self, layer: LayerParameter, spec: ParamSpec, shape: Shape, owner: Param) -> None:
        multipliers = {"lr_mult": spec.lr_mult, "decay_mult": spec.decay_mult}
        rates = {rate: value for rate, value in multipliers.items() if is_set(spec, rate)}
        owned = self._owned.setdefault(owner, _Owned(shape, rates))
        if enum_name(spec, "share_mode") == "PERMISSIVE":
            fits = count(shape) == count(owned.shape)
        else:
            fits = shape == owned.shape
        if not fits:
            name = self._graph.nodes[owner.node].name
            fail(
                layer,
                f"weights '{spec.name}' are {shape_text(shape)} here and "
                f"{shape_text(owned.shape)} in layer '{name}', which owns them",
            )
        for rate, value in rates.items():
            if owned.rates.setdefault(rate, value) != value:
                fail(
                    layer,
                    f"{rate} of the shared weights '{spec.name}' is {value:g} here and "
                    f"{owned.rates[rate]:g} in a layer before; it must be the same",
                )
