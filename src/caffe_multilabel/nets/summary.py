"""A net as the rows of a table."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from caffe_multilabel._base.arguments import items_of
from caffe_multilabel.caffe.blob_shape import shape_text
from caffe_multilabel.caffe.layers import FORK_TYPES, LAYER_TYPES
from caffe_multilabel.caffe.net_graph import NetGraph
from caffe_multilabel.caffe.net_state import NetState, how_to_give, stages_asked_for
from caffe_multilabel.caffe.shapes import infer_shapes
from caffe_multilabel.errors import PrototxtError
from caffe_multilabel.nets.analysis.data_shapes import find_data_shapes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from caffe_multilabel.caffe.blob_shape import Shape
    from caffe_multilabel.caffe.net_state import Phase
    from caffe_multilabel.caffe.proto.types import NetParameter
    from caffe_multilabel.caffe.shapes import LayerShapes, NetShapes
    from caffe_multilabel.nets.analysis.load import LoadedNet

__all__ = [
    "NetSummary",
    "NoDataError",
    "SummaryRow",
    "SummaryTotals",
    "summarise",
    "summarise_with_dbs",
]


class NoDataError(PrototxtError):
    """No layer of a net brings in data in the phase, stages and level that were asked for."""


@dataclass(frozen=True)
class SummaryRow:
    """A layer.

    Attributes:
        name: its name.
        type: its type.
        output: the shapes of its tops for people, as in `64x96x55x55, 64`.
        top_shapes: the same as numbers.
        parameters: how many weights it owns.
        multiply_adds: multiply-adds of one forward pass of the whole batch.
    """

    name: str
    type: str
    output: str
    top_shapes: tuple[Shape, ...]
    parameters: int
    multiply_adds: int


@dataclass(frozen=True)
class SummaryTotals:
    """All layers.

    Attributes:
        layers: how many there are.
        parameters: weights, shared ones counted once.
        multiply_adds: multiply-adds of one forward pass of the whole batch.
        batch_size: items in a batch, by the first data layer; None where the net has none.
    """

    layers: int
    parameters: int
    multiply_adds: int
    batch_size: int | None


@dataclass(frozen=True)
class NetSummary:
    """A net in one phase.

    Attributes:
        name: the net's name.
        phase: the phase.
        rows: a row for each layer, in order.
        totals: the sums.
        assumptions: what the net does not say, or a fork or an old format alone can say, and how
            it was taken.
    """

    name: str
    phase: Phase
    rows: tuple[SummaryRow, ...]
    totals: SummaryTotals
    assumptions: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the summary as dicts, lists, strings and numbers, ready for JSON."""
        return asdict(self) | {
            "rows": [asdict(row) | {"top_shapes": _lists(row.top_shapes)} for row in self.rows],
            "assumptions": list(self.assumptions),
        }


def summarise(
    net: NetParameter,
    phase: Phase,
    *,
    stages: Iterable[str] = (),
    level: int = 0,
    data_shapes: Mapping[str, Sequence[int]] | None = None,
) -> NetSummary:
    """Set a net up for a phase and return its layers as rows.

    Takes and raises what `infer_shapes` does.
    """
    shapes = infer_shapes(net, phase, stages=stages, level=level, data_shapes=data_shapes)
    totals = SummaryTotals(
        layers=len(shapes.layers),
        parameters=shapes.parameters,
        multiply_adds=shapes.multiply_adds,
        batch_size=_batch_size(shapes),
    )
    rows = tuple(map(_row, shapes.layers))
    return NetSummary(net.name, phase, rows, totals, shapes.assumptions)


def summarise_with_dbs(
    loaded: LoadedNet,
    phase: Phase,
    *,
    stages: Iterable[str] = (),
    level: int = 0,
    data_shapes: Mapping[str, Shape],
) -> NetSummary:
    """Summarise a net whose Data layers have the shapes that its DBs, or else its losses, tell.

    What was said of the net when it was loaded is among the assumptions. Takes and raises what
    `find_data_shapes` and `infer_shapes` do.

    Raises:
        NoDataError: no layer brings in data, so the net has no such phase.
    """
    net, stages = loaded.net, items_of("stages", stages, "names of stages")
    if not NetGraph.of(net, phase, stages=stages, level=level).has_data():
        state = NetState(phase, tuple(map(str, stages)), level)
        asked = stages_asked_for(net.layer, phase)
        why = f"; its layers ask for stages ({', '.join(asked)}): " if asked else ""
        way = how_to_give(asked) if asked else ""
        raise NoDataError(f"no layer brings in data in {state}{why}{way}")
    found = find_data_shapes(net, phase, data_shapes, stages=stages, level=level)
    summary = summarise(net, phase, stages=stages, level=level, data_shapes=found.shapes)
    said = (*loaded.fork_remarks, *loaded.remarks, *found.assumptions, *summary.assumptions)
    return replace(summary, assumptions=said)


def _row(layer: LayerShapes) -> SummaryRow:
    return SummaryRow(
        name=layer.name,
        type=layer.type,
        output=", ".join(map(shape_text, layer.top_shapes)),
        top_shapes=layer.top_shapes,
        parameters=layer.parameters,
        multiply_adds=layer.multiply_adds,
    )


def _batch_size(shapes: NetShapes) -> int | None:
    for layer in shapes.layers:
        entry = LAYER_TYPES.get(layer.type) or FORK_TYPES[layer.type]
        if entry.takes_shapes and layer.top_shapes and layer.top_shapes[0]:
            return layer.top_shapes[0][0]
    return None


def _lists(shapes: Iterable[Shape]) -> list[list[int]]:
    return [list(shape) for shape in shapes]
