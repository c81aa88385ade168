"""The shapes of data layers that the caller gives."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from caffe_multilabel.caffe.layers import RULES
from caffe_multilabel.caffe.shapes.blobs import shape_problem
from caffe_multilabel.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from caffe_multilabel.caffe.proto.types import LayerParameter, NetParameter
    from caffe_multilabel.caffe.shapes.blobs import Shape

__all__ = ["GivenShapes"]


class GivenShapes:
    """Shapes by the name of a top or a layer; see `infer_shapes`."""

    def __init__(self, shapes: Mapping[str, Sequence[int]], net: NetParameter) -> None:
        """Take the caller's shapes.

        Args:
            shapes: the shapes by name.
            net: the whole net, whose data layers of any phase may be meant.

        Raises:
            OptionError: a name that no data layer has, or a shape that no blob can have.
        """
        data = [layer for layer in net.layer if layer.type in RULES and RULES[layer.type].data]
        known = {name for layer in data for name in (layer.name, *layer.top)}
        self._shapes: dict[str, Shape] = {}
        for name, sizes in shapes.items():
            if name not in known:
                near = difflib.get_close_matches(name, sorted(known), n=1)
                hint = f"; did you mean '{near[0]}'?" if near else ""
                raise OptionError(
                    f"data_shapes['{name}']: no data layer, nor a top of one, has that name{hint}",
                    key=name,
                )
            shape = tuple(int(size) for size in sizes)
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
