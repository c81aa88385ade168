"""Caffe's `transform_param` as keywords, checked once and given to the core."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Literal, TypedDict, get_args

import numpy as np

from caffe_multilabel._base.arguments import MAX_SIDE, is_one_of, switch, whole_number
from caffe_multilabel._base.text import did_you_mean, shown
from caffe_multilabel.caffe.net_state import Phase
from caffe_multilabel.caffe.proto.blobs import read_mean
from caffe_multilabel.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray
    from typing_extensions import Unpack

    from caffe_multilabel._base.arguments import StrPath
    from caffe_multilabel._base.core_options import TransformOptions

__all__ = ["Phase", "TransformKeywords", "mean_image", "transform_options"]


class TransformKeywords(TypedDict, total=False):
    """Caffe's `transform_param` as keywords, all of which may be left out.

    Attributes:
        phase: "TRAIN" crops at random, "TEST", the default, in the centre.
        crop_size: side in pixels of the square cut out; None and 0 take the whole image.
        mirror: flip half of the images left to right, in both phases, as Caffe does.
        mean_value: mean to subtract: one number, or one a channel in BGR order. Of records of
            several images those of one image do, and nothing is taken from ramps.
        mean_file: mean image to subtract, of the images' whole size: the path of a binaryproto, or
            an array (C, H, W); not of records with ramps.
        scale: factor on the pixels once the mean is subtracted; 1 by default.
        force_color: decode encoded images to 3 channels.
        force_gray: decode encoded images to 1 channel.

    Example:
        >>> from caffe_multilabel import MultilabelDataset, TransformKeywords
        >>> transform: TransformKeywords = {"crop_size": 48, "mean_value": [104, 117, 123]}
        >>> data = MultilabelDataset("train_images", "train_labels")
        >>> next(data.batches(8, **transform))[0].shape
        (8, 3, 48, 48)
    """

    phase: Phase
    crop_size: int | None
    mirror: bool
    mean_value: float | Sequence[float]
    mean_file: StrPath | ArrayLike | None
    scale: float
    force_color: bool
    force_gray: bool


_DEFAULTS: TransformKeywords = {
    "phase": "TEST",
    "crop_size": None,
    "mirror": False,
    "mean_value": (),
    "mean_file": None,
    "scale": 1.0,
    "force_color": False,
    "force_gray": False,
}


def transform_options(**keywords: Unpack[TransformKeywords]) -> TransformOptions:
    """Return the keywords as the core takes them.

    Raises:
        TypeError: there is no such keyword.
        OptionError: one is out of its range or does not go with another.
        PrototxtError: the mean file cannot be read.
    """
    for unknown in keywords.keys() - _DEFAULTS.keys():
        hint = did_you_mean(unknown, _DEFAULTS)
        raise TypeError(f"there is no keyword argument '{unknown}' of the transform{hint}")
    options: TransformKeywords = {**_DEFAULTS, **keywords}
    phase, crop_size, mean_file = options["phase"], options["crop_size"], options["mean_file"]
    scale, mean_value = options["scale"], options["mean_value"]
    force_color = switch("force_color", options["force_color"])
    force_gray = switch("force_gray", options["force_gray"])
    if not is_one_of(phase, get_args(Phase)):
        hint = did_you_mean(str(phase).upper(), get_args(Phase))
        raise OptionError(f"phase is {shown(phase)}, must be 'TRAIN' or 'TEST'{hint}")
    if force_color and force_gray:
        raise OptionError("force_color and force_gray exclude each other")
    scales, mean_values = _numbers("scale", scale), _numbers("mean_value", mean_value)
    if len(scales) != 1:
        raise OptionError(f"scale is {shown(scale)}, must be one number")
    if mean_values and mean_file is not None:
        raise OptionError("mean_value and mean_file exclude each other")
    decoding: Literal["stored", "color", "gray"] = (
        "color" if force_color else "gray" if force_gray else "stored"
    )
    return {
        "train": phase == "TRAIN",
        "crop_size": whole_number("crop_size", 0 if crop_size is None else crop_size, 0, MAX_SIDE),
        "mirror": switch("mirror", options["mirror"]),
        "mean_values": mean_values,
        "mean": None if mean_file is None else mean_image(mean_file),
        "scale": scales[0],
        "decoding": decoding,
    }


def mean_image(mean_file: StrPath | ArrayLike) -> NDArray[np.float32]:
    """Return the mean image (C, H, W) of a binaryproto, or the one that was given.

    Raises:
        OptionError: what was given is no image.
        PrototxtError: the file cannot be read.
    """
    if isinstance(mean_file, str | os.PathLike):
        return read_mean(mean_file)
    try:
        with np.errstate(over="ignore"):  # what is too large becomes inf
            image = np.asarray(mean_file, dtype=np.float32)
    except (TypeError, ValueError):
        raise OptionError("mean_file must be a path or an array (C, H, W)") from None
    if image.ndim != 3 or not image.size:
        raise OptionError(f"mean_file is an array of shape {image.shape}, must be (C, H, W)")
    return image


def _numbers(name: str, value: float | Sequence[float]) -> list[float]:
    try:
        numbers = np.atleast_1d(np.asarray(value, dtype=np.float64))
    except (TypeError, ValueError):
        numbers = np.array([np.nan])
    if numbers.ndim != 1 or not np.isfinite(numbers).all():
        raise OptionError(f"{name} is {shown(value)}, must be finite")
    return [float(number) for number in numbers]
