"""Data layers of forks: images with boxes, with a label for every pixel, and videos."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from caffe_multilabel.caffe.blob_shape import shape_text
from caffe_multilabel.caffe.layers.base import LayerInput, LayerOutput
from caffe_multilabel.caffe.layers.forks.settings import Settings
from caffe_multilabel.caffe.layers.images import check_mean, record_channels
from caffe_multilabel.caffe.layers.layer_type import LayerType

if TYPE_CHECKING:
    from collections.abc import Callable

    from caffe_multilabel.caffe.blob_shape import Shape
    from caffe_multilabel.caffe.proto.types import LayerParameter

__all__ = ["LAYER_TYPES"]

_SSD = "weiliu89/caffe, branch ssd"
_BOX = 8  # image, label, instance, the coordinates, and whether it is difficult
_Blob: TypeAlias = tuple[int, int, int, int]

_RECORD = 3  # axes of a record: channels, height, width
_BLOB = 4


@dataclass(frozen=True, slots=True)
class _Sizes:
    """Height and width, 0 where the images keep theirs, after resizing and of the crop.

    Attributes:
        resized: the size that images are brought to.
        crop: the size that is then cut out of them.
        fitted: `resized` is what they must fill, and they keep their proportions.
    """

    resized: tuple[int, int]
    crop: tuple[int, int]
    fitted: bool = False

    def of(self, height: int, width: int) -> tuple[int, int]:
        """Return the height and width of images of a size, 0 for one that is not known."""
        resized = self.before_crop(height, width)
        return self.crop[0] or resized[0], self.crop[1] or resized[1]

    def before_crop(self, height: int, width: int) -> tuple[int, int]:
        """Return the height and width of resized images."""
        high, wide = self.resized
        if not self.fitted:
            return high or height, wide or width
        if not (height and width):
            return 0, 0
        proportions = _single(width / height)
        if proportions < _single(wide / high):
            return int(_single(wide / proportions)), wide
        return high, int(_single(proportions * high))


def _single(number: float) -> float:
    """Round as Caffe's float does; its results of one operation are those of double, rounded."""
    rounded: float = struct.unpack("f", struct.pack("f", number))[0]
    return rounded


def _ssd_sizes(layer: LayerInput) -> _Sizes:
    transform = Settings(layer, "transform_param")
    crop = _crop(layer, transform, "crop_h", "crop_w")
    if not transform.is_set("resize_param"):
        return _Sizes((0, 0), crop)
    resize = transform.inside("resize_param")
    resized = resize.number("height"), resize.number("width")
    return _Sizes(resized, crop, fitted=resize.choice("resize_mode") == "FIT_SMALL_SIZE")


def _check_resize(layer: LayerInput) -> None:
    transform = Settings(layer, "transform_param")
    if transform.is_set("resize_param"):
        for field in ("height", "width"):
            transform.inside("resize_param").positive(field)


def _dense_sizes(layer: LayerInput) -> _Sizes:
    settings = Settings(layer, "dense_image_data_param")
    return _Sizes(_resized(settings), _crop(layer, settings, "crop_height", "crop_width"))


def _segmented_sizes(layer: LayerInput) -> _Sizes:
    transform = Settings(layer, "transform_param")
    resized = _resized(Settings(layer, "image_data_param"))
    return _Sizes(resized, _crop(layer, transform, "crop_height", "crop_width"))


def _video_sizes(layer: LayerInput) -> _Sizes:
    if not _reads_clips(layer):
        return _ssd_sizes(layer)
    settings = Settings(layer, "video_data_param")
    return _Sizes(_resized(settings), (layer.layer.transform_param.crop_size,) * 2)


def _resized(settings: Settings) -> tuple[int, int]:
    return settings.number("new_height"), settings.number("new_width")


def _crop(layer: LayerInput, settings: Settings, high: str, wide: str) -> tuple[int, int]:
    """Return the height and width of a crop, which forks let differ."""
    square = layer.layer.transform_param.crop_size
    return (square, square) if square else (settings.number(high), settings.number(wide))


def _told_by(sizes: Callable[[LayerInput], _Sizes]) -> Callable[[LayerParameter], bool]:
    """Make a function that tells whether a layer's settings say how large its images are."""
    return lambda layer: all(sizes(LayerInput(layer, (), 0, ())).of(0, 0))


def _images(layer: LayerInput, batch: int, channels: int, sizes: _Sizes) -> _Blob:
    """Return the first top, by what the caller gave of it, else by what the settings say."""
    layer.need_positive(batch, "batch_size")
    given = layer.data_shapes[0]
    if given is not None and len(given) == _BLOB:
        check_mean(layer, given[1])
        return given[0], given[1], given[2], given[3]
    if given is not None and len(given) != _RECORD:
        layer.fail(
            f"the shape given is {shape_text(given)}; records of channels, height and width, or a "
            "blob of 4 axes, are allowed"
        )
    channels, *size = (channels, 0, 0) if given is None else given
    uncut = sizes.before_crop(*size)
    for cut, side in zip(sizes.crop, uncut, strict=True):
        if cut > side > 0:
            layer.fail(f"the crop is {shape_text(sizes.crop)}, of images of {shape_text(uncut)}")
    height, width = sizes.of(*size)
    if not (height and width):
        layer.fail(
            "the net does not say how large its images are; pass "
            f"data_shapes={{'{layer.layer.top[0]}': (channels, height, width)}}"
        )
    check_mean(layer, channels)
    return batch, channels, height, width


def _tops(layer: LayerInput, images: Shape, *others: Shape) -> tuple[Shape, ...]:
    """Return the tops that a layer has, those after its images as the caller gave them, if so."""
    given = layer.data_shapes[1:]
    return (
        images,
        *(ours if own is None else own for ours, own in zip(others, given, strict=False)),
    )


def _check_together(layer: LayerInput, settings: Settings, high: str, wide: str) -> None:
    sizes = settings.number(high), settings.number(wide)
    if bool(sizes[0]) != bool(sizes[1]):
        layer.fail(f"{high} is {sizes[0]} and {wide} {sizes[1]}; they go together")


def _annotated_data(layer: LayerInput) -> LayerOutput:
    """Give images and the boxes of the whole batch, one a row."""
    _check_resize(layer)
    channels, assumptions = record_channels(layer)
    top = _images(layer, layer.layer.data_param.batch_size, channels, _ssd_sizes(layer))
    if layer.data_shapes[0] is not None:
        assumptions = ()
    if layer.data_shapes[1:] == (None,):
        assumptions += ("there is one box; how many there are depends on the images",)
    return LayerOutput(_tops(layer, top, (1, 1, 1, _BOX)), assumptions=assumptions)


def _video_data(layer: LayerInput) -> LayerOutput:
    """Give frames one by one, as SSD does, or clips of a list, as yjxiong does."""
    if _reads_clips(layer):
        return _clips(layer)
    _check_resize(layer)
    top = _images(layer, layer.layer.data_param.batch_size, 3, _video_sizes(layer))
    return LayerOutput(_tops(layer, top, (top[0],)))


def _clips(layer: LayerInput) -> LayerOutput:
    if layer.top_count == 1:
        layer.fail("1 top; it has 2")
    settings = Settings(layer, "video_data_param")
    channels = 1 if settings.flag("grayscale", default=False) else 3
    if settings.choice("modality") == "FLOW":  # along x and along y
        channels = 2
    channels *= settings.number("new_length", 1) * settings.number("num_segments", 1)
    _check_together(layer, settings, "new_height", "new_width")
    top = _images(layer, settings.number("batch_size"), channels, _video_sizes(layer))
    return LayerOutput(_tops(layer, top, (top[0], 1, 1, 1)))


def _dense_image_data(layer: LayerInput) -> LayerOutput:
    settings = Settings(layer, "dense_image_data_param")
    _check_together(layer, settings, "new_height", "new_width")
    _check_together(layer, settings, "crop_height", "crop_width")
    channels = 3 if settings.flag("is_color", default=True) else 1
    top = _images(layer, settings.number("batch_size"), channels, _dense_sizes(layer))
    return LayerOutput(_tops(layer, top, (top[0], 1, *top[2:])))


def _image_seg_data(layer: LayerInput) -> LayerOutput:
    """Give images, a label for each pixel, and the size of each image."""
    transform, message = Settings(layer, "transform_param"), layer.layer.image_data_param
    if transform.is_set("mean_file"):
        layer.fail("mean_file is given, which it does not take; use mean_value")
    sides = transform.is_set("crop_height"), transform.is_set("crop_width")
    if any(sides) and (transform.is_set("crop_size") or not all(sides)):
        layer.fail(
            "crop_size, crop_height and crop_width do not fit; crop_size, or the other two, are "
            "allowed"
        )
    _check_together(layer, Settings(layer, "image_data_param"), "new_height", "new_width")
    channels = 3 if message.is_color else 1
    top = _images(layer, message.batch_size, channels, _segmented_sizes(layer))
    return LayerOutput(_tops(layer, top, (top[0], 1, *top[2:]), (top[0], 1, 1, 2)))


def _reads_clips(layer: LayerInput) -> bool:
    return Settings(layer, "video_data_param").knows("modality")


LAYER_TYPES = (
    LayerType(
        name="AnnotatedData",
        fork=_SSD,
        kind="data",
        shape=_annotated_data,
        bottoms=(0, 0),
        tops=(1, 2),
        message="annotated_data_param",
        transformed=True,
        sized=_told_by(_ssd_sizes),
        random=True,
        deploy="fed",
    ),
    # Beside transform_param it reads a mean_file and a mirror of its own.
    LayerType(
        name="DenseImageData",
        fork="alexgkendall/caffe-segnet",
        kind="data",
        shape=_dense_image_data,
        bottoms=(0, 0),
        tops=(2, 2),
        message="dense_image_data_param",
        sized=_told_by(_dense_sizes),
        random=True,
        deploy="fed",
    ),
    # The net makes the tops that are not named.
    LayerType(
        name="ImageSegData",
        fork="hszhao/PSPNet",
        kind="data",
        shape=_image_seg_data,
        bottoms=(0, 0),
        tops=(1, 3),
        message="image_data_param",
        transformed=True,
        sized=_told_by(_segmented_sizes),
        random=True,
        deploy="fed",
    ),
    LayerType(
        name="VideoData",
        fork=_SSD,
        kind="data",
        shape=_video_data,
        bottoms=(0, 0),
        tops=(1, 2),
        message="video_data_param",
        transformed=True,
        sized=_told_by(_video_sizes),
        random=True,
        deploy="fed",
    ),
)
