"""The lists of images that ImageData layers name, and how the core reads them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Literal

from caffe_multilabel import _core
from caffe_multilabel._base.arguments import MAX_SIDE
from caffe_multilabel.caffe.layers.base import fail

if TYPE_CHECKING:
    from caffe_multilabel._base.core_options import FileOptions
    from caffe_multilabel.caffe.blob_shape import Shape
    from caffe_multilabel.caffe.proto.types import LayerParameter

__all__ = ["file_options", "first_image_shape", "list_decoding"]


def file_options(
    layer: LayerParameter, *, skip: int = 0, shuffle: int | None = None
) -> FileOptions:
    """Return how the core has to go through the list of an ImageData layer.

    Args:
        layer: the layer.
        skip: how many lines come after all others, the first time round.
        shuffle: the seed of their order; that of the list if None.

    Raises:
        PrototxtError: images are to be scaled to a size that no image has.
    """
    settings = layer.image_data_param
    for side, size in (("new_height", settings.new_height), ("new_width", settings.new_width)):
        if size > MAX_SIDE:
            fail(layer, f"{side} is {size}, must be at most {MAX_SIDE}")
    # One side alone is refused by the shape rule, which sees the image first.
    scaled = settings.new_height > 0 and settings.new_width > 0
    return {
        "root": os.fsencode(settings.root_folder),
        "height": settings.new_height if scaled else 0,
        "width": settings.new_width if scaled else 0,
        "skip": skip,
        "shuffle": shuffle,
    }


def list_decoding(layer: LayerParameter) -> Literal["color", "gray"]:
    """Return whether an ImageData layer reads images in colour."""
    return "color" if layer.image_data_param.is_color else "gray"


def first_image_shape(layer: LayerParameter) -> Shape:
    """Return channels, height and width of the first image that an ImageData layer's list names.

    Raises:
        PrototxtError: images are to be scaled to a size that no image has.
        ListError: the list cannot be read, or one of its lines does not fit.
        ImageError: the image cannot be read.
    """
    files = _core.LabelledFiles(os.fsencode(layer.image_data_param.source))
    return files.first_shape(decoding=list_decoding(layer), **file_options(layer))
