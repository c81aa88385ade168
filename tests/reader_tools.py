"""LMDBs written by py-lmdb, and Caffe's rules stated in numpy: what the reader is held against."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import lmdb
import numpy as np

from caffe_multilabel.caffe.proto import schema
from lmdb_tools import datums

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray


def datum(**fields: Any) -> bytes:
    """A Datum on the wire."""
    message: bytes = schema().message("Datum")(**fields).SerializeToString()
    return message


def raw(pixels: NDArray[np.uint8]) -> bytes:
    """The image record of (C, H, W) bytes."""
    channels, height, width = pixels.shape
    return datum(channels=channels, height=height, width=width, data=pixels.tobytes())


def floats(values: NDArray[np.float32]) -> bytes:
    """The record of (C, H, W) floats."""
    channels, height, width = values.shape
    numbers = values.ravel().tolist()
    return datum(channels=channels, height=height, width=width, float_data=numbers)


def labels(*values: float) -> bytes:
    """The label record of some numbers."""
    return floats(np.array(values, np.float32).reshape(-1, 1, 1))


def write_db(directory: Path, values: Iterable[bytes], keys: Sequence[bytes] | None = None) -> Path:
    """Write records as any other tool might."""
    directory.mkdir(parents=True)
    with lmdb.open(str(directory), map_size=1 << 30) as env, env.begin(write=True) as txn:
        for index, value in enumerate(values):
            assert txn.put(keys[index] if keys else b"%010d" % index, value)
    return directory


def pixels_of(message: Any, *, flags: int = cv2.IMREAD_UNCHANGED) -> NDArray[Any]:
    """What Caffe's Data layer sees of a Datum, (C, H, W)."""
    if message.encoded:
        image = cv2.imdecode(np.frombuffer(message.data, np.uint8), flags)
        assert image is not None
        return np.atleast_3d(image).transpose(2, 0, 1)
    shape = (message.channels, message.height, message.width)
    if message.data:
        return np.frombuffer(message.data, np.uint8).reshape(shape)
    return np.array(message.float_data, np.float32).reshape(shape)


def images_of(directory: Path) -> list[NDArray[Any]]:
    """All images of an image DB."""
    return [pixels_of(message) for message in datums(directory)]


class Generator:
    """The mt19937 of Caffe's DataTransformer, from numpy."""

    def __init__(self, seed: int) -> None:
        self._bits = np.random.RandomState(seed)._bit_generator

    def rand(self, n: int) -> int:
        """A number from 0 to n - 1, as `DataTransformer::Rand` makes it."""
        return int(self._bits.random_raw()) % n


def caffe_transform(
    image: NDArray[Any],
    generator: Generator,
    *,
    phase: str = "TEST",
    crop_size: int = 0,
    mirror: bool = False,
    mean_value: Sequence[float] = (),
    mean: NDArray[np.float32] | None = None,
    scale: float = 1.0,
) -> NDArray[np.float32]:
    """The rules of data_transformer.cpp, on one image (C, H, W), all in float32."""
    channels, height, width = image.shape
    mirrored = mirror and generator.rand(2) == 1
    values = image.astype(np.float32)
    if mean is not None:
        values -= mean
    elif mean_value:
        each = np.array(mean_value, np.float32)
        values -= np.broadcast_to(each, (channels,))[:, None, None]
    if crop_size:
        if phase == "TRAIN":
            top = generator.rand(height - crop_size + 1)
            left = generator.rand(width - crop_size + 1)
        else:
            top, left = (height - crop_size) // 2, (width - crop_size) // 2
        values = values[:, top : top + crop_size, left : left + crop_size]
    if mirrored:
        values = values[:, :, ::-1]
    return values * np.float32(scale)
