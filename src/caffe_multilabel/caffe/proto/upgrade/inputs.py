"""The old input fields of a net, which became an Input layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel.errors import PrototxtError

if TYPE_CHECKING:
    from caffe_multilabel.caffe.proto.types import NetParameter

__all__ = ["upgrade_inputs"]

_AXES = 4  # num, channels, height and width of each input in `input_dim`


def upgrade_inputs(net: NetParameter, name: str) -> list[str]:
    """Turn `input` with `input_shape` or `input_dim` into an Input layer, in place.

    An `input` without either is what old caffemodels hold, and is taken off. A fork from before
    the Input layer reads the old fields itself, so they stay in its nets.

    Returns:
        A remark where there are more shapes than inputs; Caffe takes the first ones.

    Raises:
        PrototxtError: there are fewer shapes than inputs.
    """
    if "input_param" not in type(net)().layer.add().DESCRIPTOR.fields_by_name:
        return []
    remarks = []
    if net.input_shape:
        dims = [list(shape.dim) for shape in net.input_shape]
        remarks = _compare("input_shape", len(dims), len(net.input), name)
        _put_first(net, dims)
    elif net.input_dim:
        flat = list(net.input_dim)
        remarks = _compare("input_dim", len(flat), _AXES * len(net.input), name)
        _put_first(net, [flat[start : start + _AXES] for start in range(0, len(flat), _AXES)])
    for field in ("input", "input_shape", "input_dim"):
        net.ClearField(field)
    return remarks


def _compare(field: str, found: int, needed: int, name: str) -> list[str]:
    if found < needed:
        raise PrototxtError(f"{name}: {found} {field} for inputs that need {needed}", path=name)
    return [f"{found} {field}: only the first {needed} are used"] if found > needed else []


def _put_first(net: NetParameter, dims: list[list[int]]) -> None:
    layer = type(net)().layer.add()
    layer.name = "input"
    layer.type = "Input"
    layer.top.extend(net.input)
    for dim in dims[: len(net.input)]:
        layer.input_param.shape.add().dim.extend(dim)
    net.layer.insert(0, layer)
