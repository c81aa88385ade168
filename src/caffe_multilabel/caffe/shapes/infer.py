"""The walk over a net that finds the shape of every blob."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from caffe_multilabel._base.text import plural
from caffe_multilabel.caffe.layers import rule_of
from caffe_multilabel.caffe.layers.base import LayerInput, fail
from caffe_multilabel.caffe.layers.fillers import check_filler
from caffe_multilabel.caffe.proto.schemas import schema
from caffe_multilabel.caffe.select import select_layers
from caffe_multilabel.caffe.shapes.blobs import count, shape_problem, shape_text
from caffe_multilabel.caffe.shapes.given import GivenShapes
from caffe_multilabel.caffe.shapes.model import LayerShapes, NetShapes
from caffe_multilabel.caffe.sharing import SharedWeights
from caffe_multilabel.caffe.wiring import AUTOMATIC, check_wiring, top_names
from caffe_multilabel.errors import PrototxtError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from caffe_multilabel.caffe.layers.base import Counts, LayerOutput, Rule
    from caffe_multilabel.caffe.proto.types import LayerParameter, NetParameter
    from caffe_multilabel.caffe.select import Phase
    from caffe_multilabel.caffe.shapes.blobs import Shape

__all__ = ["infer_shapes"]


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
        net: a net in the current format, as `read_net` gives it. The net of a fork is taken for
            one of BVLC Caffe, whose field numbers forks keep.
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
            why; or the shape of a data layer is not known. `key` is the layer's name.
        OptionError: `phase` or `data_shapes` is not of the kind above.
    """
    for field in ("layers", "input"):
        if getattr(net, field):
            raise PrototxtError(f"the net has '{field}', of an old format; upgrade_net first")
    net = _as_bvlc(net)
    given = GivenShapes(data_shapes or {}, net)
    selected = select_layers(net, phase, stages=stages, level=level)
    outputs = check_wiring(net, [layer for _, layer in selected])
    blobs: dict[str, Shape] = {}
    shared = SharedWeights()
    layers: list[LayerShapes] = []
    assumptions: list[str] = []
    for index, layer in selected:
        bottom_shapes = tuple(blobs[name] for name in layer.bottom)
        output = _set_up(layer, bottom_shapes, given)
        names = top_names(layer)
        named = zip(names, output.tops, strict=True)
        blobs.update((name, shape) for name, shape in named if name != AUTOMATIC)
        assumptions += (f"layer '{layer.name}' ({layer.type}): {t}" for t in output.assumptions)
        param_shapes = tuple(weight.shape for weight in output.weights)
        layers.append(
            LayerShapes(
                name=layer.name,
                type=layer.type,
                index=index,
                bottoms=tuple(layer.bottom),
                tops=names,
                bottom_shapes=bottom_shapes,
                top_shapes=output.tops,
                param_shapes=param_shapes,
                parameters=shared.add(layer, param_shapes),
                multiply_adds=output.multiply_adds,
                loss_weights=_loss_weights(layer, len(names)),
            )
        )
    times = Counter(layer.name for layer in layers)
    duplicates = tuple(name for name, number in times.items() if number > 1)
    return NetShapes(tuple(layers), blobs, outputs, duplicates, tuple(assumptions))


def _as_bvlc(net: NetParameter) -> NetParameter:
    """Return a net in BVLC Caffe's schema, whose fields the rules read."""
    bvlc = schema().message("NetParameter")
    return net if isinstance(net, bvlc) else bvlc.FromString(net.SerializeToString())


def _set_up(layer: LayerParameter, bottoms: tuple[Shape, ...], given: GivenShapes) -> LayerOutput:
    rule = rule_of(layer)
    tops = len(top_names(layer))
    _check_counts(layer, rule, tops)
    shapes = given.of(layer) if rule.data else (None,) * tops
    output = rule.apply(LayerInput(layer, bottoms, tops, shapes))
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


def _check_counts(layer: LayerParameter, rule: Rule, tops: int) -> None:
    bottoms = len(layer.bottom)
    _check_count(layer, bottoms, rule.bottoms, "bottom")
    _check_count(layer, tops, rule.tops, "top")
    if rule.paired and bottoms != tops:
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


def _loss_weights(layer: LayerParameter, tops: int) -> tuple[float, ...]:
    weights = tuple(layer.loss_weight)
    if not weights and rule_of(layer).loss:
        weights = (1.0,)
    if len(weights) not in (0, tops):
        fail(
            layer,
            f"loss_weight is given {plural(len(layer.loss_weight), 'time')}; once for each top "
            f"({tops}) is needed",
        )
    return weights or (0.0,) * tops
