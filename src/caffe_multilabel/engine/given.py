"""What callers give a net: names of layers, and names, values and shapes of inputs."""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping
from typing import TYPE_CHECKING

from caffe_multilabel._base.arguments import items_of
from caffe_multilabel._base.text import did_you_mean, shown
from caffe_multilabel.engine.layers.sources import MemoryData
from caffe_multilabel.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from caffe_multilabel.caffe.blob_shape import Shape
    from caffe_multilabel.engine.layers.layer import Layer

__all__ = ["given_shape", "given_values", "input_name", "layer_index", "memory_layer"]

_INT_MAX = 2**31 - 1


def layer_index(name: object, names: Sequence[str], inputs: Iterable[str]) -> int:
    """Return the index of the first layer of a name.

    Args:
        name: the name.
        names: those of the net's layers, in its order.
        inputs: the names of the net's inputs, whose values may have been given in its place.

    Raises:
        OptionError: there is no such layer, or it is no name.
    """
    if not isinstance(name, str):
        ways = ", ".join(map(_way, inputs)) or "this net has none"
        raise OptionError(
            f"start and end are names of layers, not of type {type(name).__name__}; values go to "
            f"inputs by name: {ways}"
        )
    if name not in names:
        raise OptionError(f"the net has no layer '{name}'{did_you_mean(name, names)}", key=name)
    return names.index(name)


def _way(name: str) -> str:
    """Return the argument of `forward` that feeds an input."""
    own = name in ("start", "end", "inputs") or not name.isidentifier()
    return f"inputs={{{name!r}: ...}}" if own else f"{name}=..."


def input_name(name: object, inputs: Sequence[str]) -> str:
    """Return a name that is one of the net's inputs.

    Raises:
        OptionError: it is none.
    """
    if not isinstance(name, str):
        raise OptionError(f"inputs have names, and {shown(name)} is of type {type(name).__name__}")
    if name not in inputs:
        hint = did_you_mean(name, inputs)
        known = ", ".join(inputs) or "none"
        raise OptionError(f"'{name}' is no input of the net, which has {known}{hint}", key=name)
    return name


def given_values(inputs: Mapping[str, Any] | None, named: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that are given to inputs of the net, by their names.

    Args:
        inputs: those of the argument `inputs`.
        named: those that are arguments of their own.

    Raises:
        OptionError: `inputs` is no mapping, or a value is given twice.
    """
    if inputs is None:
        return dict(named)
    if not isinstance(inputs, Mapping):
        raise OptionError(
            f"inputs is of type {type(inputs).__name__}, must be a mapping of names to values"
        )
    twice = next((name for name in named if name in inputs), None)
    if twice is not None:
        raise OptionError(f"'{twice}' is in inputs and an argument of its own", key=twice)
    return {**inputs, **named}


def memory_layer(name: str | None, layers: Iterable[Layer]) -> MemoryData:
    """Return the MemoryData layer of a name, the first one if it is None.

    Raises:
        OptionError: the net has no such layer.
    """
    found = [layer for layer in layers if isinstance(layer, MemoryData)]
    for layer in found:
        if name in (None, layer.name):
            return layer
    if name is None:
        raise OptionError("the net has no MemoryData layer")
    hint = did_you_mean(name, [layer.name for layer in found])
    raise OptionError(f"the net has no MemoryData layer '{name}'{hint}", key=name)


def given_shape(name: str, given: Iterable[int]) -> Shape:
    """Return a shape that a blob may have: up to INT_MAX values, as in Caffe.

    Raises:
        OptionError: it is none.
    """
    axes = list(items_of(name, given, "axes of a shape"))
    try:
        shape = tuple(operator.index(axis) for axis in axes)
    except TypeError:
        shape = (-1,)
    if min(shape, default=0) < 0 or math.prod(shape) > _INT_MAX:
        raise OptionError(
            f"{name}: {shown(axes)} is no shape; whole numbers from 0 on with a product of at most "
            f"{_INT_MAX} are allowed",
            key=name,
        )
    return shape
