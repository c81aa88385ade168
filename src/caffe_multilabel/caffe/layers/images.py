"""Data layers that read images and their labels: Data, ImageData, WindowData."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel._base.text import plural
from caffe_multilabel.caffe.blob_shape import shape_text
from caffe_multilabel.caffe.layers.base import LayerOutput
from caffe_multilabel.caffe.layers.layer_type import LayerType

if TYPE_CHECKING:
    from caffe_multilabel.caffe.blob_shape import Shape
    from caffe_multilabel.caffe.layers.base import LayerInput
    from caffe_multilabel.caffe.proto.types import LayerParameter

__all__ = ["LAYER_TYPES", "check_mean", "record_channels"]

_RECORD = 3  # axes of a record: channels, height, width
_BLOB = 4


def _data(layer: LayerInput) -> LayerOutput:
    """Set up a layer whose records are in a database, which the net does not hold."""
    transform = layer.layer.transform_param
    batch = layer.layer.data_param.batch_size
    crop = transform.crop_size
    if layer.data_shapes[0] is not None:
        return _with_labels(layer, _of_data_shape(layer, layer.data_shapes[0], batch))
    if not crop:
        _unknown(layer)
    channels, assumptions = record_channels(layer)
    top = _checked(layer, (channels, crop, crop), batch)
    return _with_labels(layer, top, assumptions)


def record_channels(layer: LayerInput) -> tuple[int, tuple[str, ...]]:
    """Return the channels of records that are not at hand, and what is assumed of them."""
    transform = layer.layer.transform_param
    if len(transform.mean_value) > 1:  # Caffe refuses any other number of channels
        return len(transform.mean_value), ()
    channels = 1 if transform.force_gray else 3
    return channels, (f"the records have {plural(channels, 'channel')}",)


def _image_data(layer: LayerInput) -> LayerOutput:
    message = layer.layer.image_data_param
    crop = layer.layer.transform_param.crop_size
    height, width = message.new_height, message.new_width
    if bool(height) != bool(width):
        layer.fail(f"new_height is {height} and new_width {width}; they go together")
    if layer.data_shapes[0] is not None:
        return _with_labels(layer, _of_data_shape(layer, layer.data_shapes[0], message.batch_size))
    if not (height or crop):
        _unknown(layer)
    record = (3 if message.is_color else 1, height or crop, width or crop)
    return _with_labels(layer, _checked(layer, record, message.batch_size))


def _window_data(layer: LayerInput) -> LayerOutput:
    batch = layer.layer.window_data_param.batch_size
    crop = layer.need_positive(layer.layer.transform_param.crop_size, "transform_param.crop_size")
    if layer.data_shapes[0] is not None:
        return _with_labels(layer, _of_data_shape(layer, layer.data_shapes[0], batch))
    top = _checked(layer, (3, crop, crop), batch)
    return _with_labels(layer, top, ("the images have 3 channels",))


def _of_data_shape(layer: LayerInput, shape: Shape, batch: int) -> Shape:
    """Return the first top where the caller gave it, or its records."""
    if len(shape) == _BLOB:
        check_mean(layer, shape[1])
        return shape
    if len(shape) != _RECORD:
        layer.fail(
            f"the shape given is {shape_text(shape)}; records of channels, height and width, or "
            "a blob of 4 axes, are allowed"
        )
    return _checked(layer, shape, batch)


def _checked(layer: LayerInput, record: Shape, batch: int) -> Shape:
    """Return the blob that a batch of records makes after Caffe's transform."""
    layer.need_positive(batch, "batch_size")
    transform = layer.layer.transform_param
    channels, height, width = record
    crop = transform.crop_size
    if crop > min(height, width):
        layer.fail(f"crop_size is {crop}, more than the images have ({shape_text(record)})")
    if transform.force_color and transform.force_gray:
        layer.fail("force_color and force_gray are given; only one is allowed")
    check_mean(layer, channels)
    return batch, channels, crop or height, crop or width


def check_mean(layer: LayerInput, channels: int | None = None) -> None:
    """Refuse a mean that Caffe's transform refuses; None stands for channels not known."""
    transform = layer.layer.transform_param
    if transform.HasField("mean_file") and transform.mean_value:
        layer.fail("mean_file and mean_value are given; only one is allowed")
    means = len(transform.mean_value)
    if channels is not None and means not in (0, 1, channels):
        layer.fail(
            f"mean_value is given {plural(means, 'time')}; once, or once for each channel "
            f"({channels}), is allowed"
        )


def _with_labels(layer: LayerInput, top: Shape, assumptions: tuple[str, ...] = ()) -> LayerOutput:
    """Add the second top, an integer label for each image."""
    if layer.top_count == 1:
        return LayerOutput((top,), assumptions=assumptions)
    return LayerOutput((top, layer.data_shapes[1] or (top[0],)), assumptions=assumptions)


def _unknown(layer: LayerInput) -> None:
    name = layer.layer.top[0]
    layer.fail(
        "the net does not say how large its images are; give crop_size, or pass "
        f"data_shapes={{'{name}': (channels, height, width)}}"
    )


def _data_sized(layer: LayerParameter) -> bool:
    return bool(layer.transform_param.crop_size)


def _image_data_sized(layer: LayerParameter) -> bool:
    message = layer.image_data_param
    return bool(message.new_height or message.new_width or layer.transform_param.crop_size)


LAYER_TYPES = (
    LayerType(
        name="Data",
        kind="data",
        shape=_data,
        bottoms=(0, 0),
        tops=(1, 2),
        message="data_param",
        transformed=True,
        sized=_data_sized,
        random=True,
        deploy="fed",
    ),
    LayerType(
        name="ImageData",
        kind="data",
        shape=_image_data,
        bottoms=(0, 0),
        tops=(2, 2),
        message="image_data_param",
        transformed=True,
        sized=_image_data_sized,
        random=True,
        deploy="fed",
    ),
    LayerType(
        name="WindowData",
        kind="data",
        shape=_window_data,
        bottoms=(0, 0),
        tops=(2, 2),
        message="window_data_param",
        transformed=True,
        own_scale=True,
        random=True,
        deploy="fed",
    ),
)
