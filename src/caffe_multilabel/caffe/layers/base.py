"""What a layer's shape rule gets, gives back, and how it refuses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from caffe_multilabel._base.text import plural
from caffe_multilabel.caffe.blob_shape import shape_text
from caffe_multilabel.errors import PrototxtError

if TYPE_CHECKING:
    from caffe_multilabel.caffe.blob_shape import Shape
    from caffe_multilabel.caffe.proto.types import FillerParameter, LayerParameter

__all__ = [
    "LayerInput",
    "LayerOutput",
    "Weight",
    "axis_from_0",
    "fail",
    "is_bvlcs",
    "same_shape",
]

_LEGACY_AXES = 4


def fail(layer: LayerParameter, problem: str, *, index: int | None = None) -> NoReturn:
    """Raise the `PrototxtError` of a layer that does not fit; `index` is its index in the net."""
    message = f"layer '{layer.name}' ({layer.type}): {problem}"
    raise PrototxtError(message, key=layer.name, index=index)


def axis_from_0(number: int, axes: int) -> int | None:
    """Return an axis of so many, -1 being the last one, as a number from 0; None if it is none."""
    return number % axes if -axes <= number < axes else None


def is_bvlcs(layer: LayerParameter) -> bool:
    """Tell whether a layer is of a net of BVLC Caffe, and not of one read as a fork's."""
    # Not at the top: what only asks for types needs no protobuf.
    from caffe_multilabel.caffe.proto.schemas import in_bvlc_schema  # noqa: PLC0415

    return in_bvlc_schema(layer)


@dataclass(frozen=True)
class LayerInput:
    """A layer about to be set up.

    A shape rule asks first what needs no size, so that it is told where sizes are not known.

    Attributes:
        layer: its message, in BVLC Caffe's schema.
        bottoms: the shapes of its bottoms.
        top_count: how many tops it has.
        data_shapes: for each top the shape that the caller gave, or None.
    """

    layer: LayerParameter
    bottoms: tuple[Shape, ...]
    top_count: int
    data_shapes: tuple[Shape | None, ...]

    def fail(self, problem: str) -> NoReturn:
        """Raise the `PrototxtError` that names this layer."""
        fail(self.layer, problem)

    def axis(self, number: int, *, bottom: int = 0, field: str = "axis") -> int:
        """Return an axis of a bottom as a number from 0; -1 is the last one."""
        shape = self.bottoms[bottom]
        axis = axis_from_0(number, len(shape))
        if axis is None:
            self.fail(
                f"{field} is {number}, and bottom[{bottom}] has {plural(len(shape), 'axis')} "
                f"({shape_text(shape)})"
            )
        return axis

    def need_axes(self, least: int, what: str, *, most: int | None = None, bottom: int = 0) -> None:
        """Refuse a bottom with too few or too many axes; `what` says which ones are meant."""
        axes = len(self.bottoms[bottom])
        if axes < least or (most is not None and axes > most):
            self.fail(
                f"bottom[{bottom}] is {shape_text(self.bottoms[bottom])}; it must have {what}"
            )

    def legacy(self, bottom: int = 0) -> tuple[int, int, int, int]:
        """Return a bottom as num, channels, height and width, 1 for axes that it lacks."""
        self.need_axes(0, "at most 4 axes", most=_LEGACY_AXES, bottom=bottom)
        num, channels, height, width = (self.bottoms[bottom] + (1,) * _LEGACY_AXES)[:_LEGACY_AXES]
        return num, channels, height, width

    def need_positive(self, value: int, field: str) -> int:
        """Return a number of the message, refused where it is not positive."""
        if value < 1:
            self.fail(f"{field} is {value}; it must be positive")
        return value


@dataclass(frozen=True)
class Weight:
    """A blob of weights: its shape, and what fills it at first.

    Attributes:
        shape: its shape.
        filler: the `FillerParameter` that fills it, if one does.
        constant: what it is filled with where none does.
        fillings: how often the filler is run: once for each timestep that Caffe unrolls the layer
            into. The first counts, and what the others draw nobody else does.
    """

    shape: Shape
    filler: FillerParameter | None = None
    constant: float = 0.0
    fillings: int = 1


@dataclass(frozen=True)
class LayerOutput:
    """A layer that was set up: see `LayerShapes` for the terms."""

    tops: tuple[Shape, ...] = ()
    weights: tuple[Weight, ...] = ()
    multiply_adds: int = 0
    assumptions: tuple[str, ...] = ()


def same_shape(layer: LayerInput) -> LayerOutput:
    """Every top is as bottom[0]."""
    return LayerOutput((layer.bottoms[0],) * layer.top_count)
