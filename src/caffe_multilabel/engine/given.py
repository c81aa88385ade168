"""What callers give a net: names of layers, and shapes of inputs."""

from __future__ import annotations

import math
import operator
from typing import TYPE_CHECKING

from caffe_multilabel._base.arguments import items_of
from caffe_multilabel._base.text import did_you_mean, shown
from caffe_multilabel.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from caffe_multilabel.caffe.blob_shape import Shape

__all__ = ["given_shape", "layer_index"]

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
