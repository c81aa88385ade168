"""Layers without a bottom that hold no images of their own, user code, and HDF5 files."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from caffe_multilabel._base.text import plural
from caffe_multilabel.caffe.blob_shape import shape_text
from caffe_multilabel.caffe.layers.base import LayerOutput, Weight
from caffe_multilabel.caffe.layers.fillers import check_filler
from caffe_multilabel.caffe.layers.images import check_mean
from caffe_multilabel.caffe.layers.layer_type import ANY, BOTH, LayerType
from caffe_multilabel.caffe.named_fields import number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caffe_multilabel.caffe.blob_shape import Shape
    from caffe_multilabel.caffe.layers.base import LayerInput

__all__ = ["LAYER_TYPES"]

_T = TypeVar("_T")


def _input(layer: LayerInput) -> LayerOutput:
    shapes = layer.layer.input_param.shape
    if not shapes:
        return _from_caller(layer, "input_param has no shape; give one")
    return _or_data_shapes(layer, [tuple(shape.dim) for shape in shapes], "shape")


def _dummy_data(layer: LayerInput) -> LayerOutput:
    message = layer.layer.dummy_data_param
    output = _or_data_shapes(layer, _dummy_shapes(layer), "shape")
    if message.data_filler:
        fillers = _spread(layer, list(message.data_filler), "data_filler")
        for filler, shape in zip(fillers, output.tops, strict=True):
            check_filler(layer.layer, filler, shape)
    return output


def _dummy_shapes(layer: LayerInput) -> Sequence[Shape]:
    message = layer.layer.dummy_data_param
    axes = {
        "num": list(message.num),
        "channels": list(message.channels),
        "height": list(message.height),
        "width": list(message.width),
    }
    if not any(axes.values()):
        return [tuple(shape.dim) for shape in message.shape]
    if message.shape:
        layer.fail("shape and num, channels, height, width are given; only one way is allowed")
    sizes = [_spread(layer, values, name) for name, values in axes.items()]
    return list(zip(*sizes, strict=True))


def _memory_data(layer: LayerInput) -> LayerOutput:
    message = layer.layer.memory_data_param
    check_mean(layer)
    batch, *record = (
        layer.need_positive(number(message, name), name)
        for name in ("batch_size", "channels", "height", "width")
    )
    return _or_data_shapes(layer, [(batch, *record), (batch,)], "shape")


def _parameter(layer: LayerInput) -> LayerOutput:
    shape = tuple(layer.layer.parameter_param.shape.dim)
    return LayerOutput((shape,), (Weight(shape),))


def _hdf5_data(layer: LayerInput) -> LayerOutput:
    if layer.layer.HasField("transform_param"):
        layer.fail("transform_param is given, and this layer does not transform its data")
    return _from_caller(layer, "its shapes are in the HDF5 files, not in the net")


def _python(layer: LayerInput) -> LayerOutput:
    return _from_caller(layer, "its shapes are what the user's Python code makes them")


def _hdf5_output(layer: LayerInput) -> LayerOutput:
    data, label = layer.legacy(0), layer.legacy(1)
    if data[0] != label[0]:
        layer.fail(
            f"bottom[0] is {shape_text(layer.bottoms[0])} and bottom[1] "
            f"{shape_text(layer.bottoms[1])}; their first axis must be the same"
        )
    return LayerOutput()


def _or_data_shapes(layer: LayerInput, shapes: Sequence[Shape], field: str) -> LayerOutput:
    own = _spread(layer, shapes, field)
    return LayerOutput(
        tuple(
            own_shape if given is None else given
            for own_shape, given in zip(own, layer.data_shapes, strict=True)
        )
    )


def _spread(layer: LayerInput, values: Sequence[_T], field: str) -> Sequence[_T]:
    """Return a value for each top where one for all, or one each, is given."""
    if len(values) not in (1, layer.top_count):
        layer.fail(
            f"{field} is given {plural(len(values), 'time')}; once, or once for each top "
            f"({layer.top_count}), is allowed"
        )
    return [values[0]] * layer.top_count if len(values) == 1 else values


def _from_caller(layer: LayerInput, reason: str) -> LayerOutput:
    for name, shape in zip(layer.layer.top, layer.data_shapes, strict=True):
        if shape is None:
            layer.fail(f"{reason}; pass data_shapes={{'{name}': (...)}}, its whole shape")
    return LayerOutput(tuple(shape for shape in layer.data_shapes if shape is not None))


LAYER_TYPES = (
    LayerType(
        name="DummyData",
        kind="data",
        shape=_dummy_data,
        bottoms=(0, 0),
        tops=(1, None),
        message="dummy_data_param",
        random=True,
    ),
    LayerType(
        name="HDF5Data",
        kind="data",
        shape=_hdf5_data,
        bottoms=(0, 0),
        tops=(1, None),
        message="hdf5_data_param",
        sized=False,
        random=True,
        deploy="fed",
    ),
    LayerType(
        name="HDF5Output",
        propagates=(),
        kind="sink",
        shape=_hdf5_output,
        bottoms=(2, 2),
        tops=(0, 0),
        message="hdf5_output_param",
        deploy="dropped",
    ),
    LayerType(
        name="Input",
        kind="input",
        shape=_input,
        bottoms=(0, 0),
        tops=(1, None),
        message="input_param",
        sized=lambda layer: len(layer.input_param.shape) > 0,
    ),
    LayerType(
        name="MemoryData",
        kind="data",
        shape=_memory_data,
        bottoms=(0, 0),
        tops=(2, 2),
        message="memory_data_param",
        transformed=True,
        random=True,
        deploy="fed",
    ),
    LayerType(
        name="Parameter",
        shares="weight",
        top_diff="shares",
        kind="parameter",
        shape=_parameter,
        bottoms=(0, 0),
        message="parameter_param",
        blobs="weights",
    ),
    # What the user's code does is not known, so it may do anything.
    LayerType(
        name="Python",
        kind="user",
        shape=_python,
        bottoms=ANY,
        tops=ANY,
        message="python_param",
        sized=False,
        random=True,
        backward=BOTH,
    ),
)
