"""Image records as image files."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from caffe_multilabel import _core
from caffe_multilabel.data.keys import key_text
from caffe_multilabel.errors import ImageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from caffe_multilabel.caffe.proto.types import Datum
    from caffe_multilabel.tasks.record_shape import RecordShape

__all__ = ["ENDINGS", "Image", "images_of"]

# Format: (how its files begin, at which byte, the endings it goes by, the usual one first).
_FORMATS = {
    "JPEG": (b"\xff\xd8\xff", 0, (".jpg", ".jpeg", ".jpe", ".jfif")),
    "PNG": (b"\x89PNG\r\n\x1a\n", 0, (".png",)),
    "BMP": (b"BM", 0, (".bmp", ".dib")),
    "GIF": (b"GIF8", 0, (".gif",)),
    "WebP": (b"WEBP", 8, (".webp",)),
    "TIFF, little-endian": (b"II*\0", 0, (".tif", ".tiff")),
    "TIFF, big-endian": (b"MM\0*", 0, (".tif", ".tiff")),
    "JPEG 2000": (b"\0\0\0\x0cjP  ", 0, (".jp2",)),
    "AVIF": (b"ftypavif", 4, (".avif",)),
    "PGM": (b"P5", 0, (".pgm", ".pnm")),
    "PPM": (b"P6", 0, (".ppm", ".pnm")),
}

ENDINGS = {names[0]: names for _, _, names in _FORMATS.values()}
"""All endings of a format by its usual one."""


@dataclass(frozen=True, slots=True)
class Image:
    """An image as a file's content.

    Attributes:
        content: the file.
        ending: the usual ending of its format, with the dot.
        encoded: the record holds these bytes; else they were made of its pixels.
        channels: of a raw image; 0 for an encoded one.
    """

    content: bytes
    ending: str
    encoded: bool
    channels: int


def images_of(image_db: str, key: bytes, datum: Datum, record: RecordShape) -> tuple[Image, ...]:
    """Return a record's images: its own bytes if it is encoded, else a PNG of the pixels of each.

    Ramps, which a conversion makes anew, are left out.

    Args:
        image_db: where the record is from, for messages.
        key: its key.
        datum: its value.
        record: how records of the DB are made up.

    Raises:
        ImageError: the record holds something that is no image file, and cannot become one.
    """
    if datum.encoded and record.is_plain:
        ending = _ending(datum.data)
        if ending is None:
            found = f"it begins with {datum.data[:8]!r}"
            raise _error(image_db, key, f"is encoded in a format that is not known: {found}")
        return (Image(datum.data, ending, True, 0),)
    problem = _problem(datum, record)
    if problem is not None:
        raise _error(image_db, key, problem)
    planes = np.frombuffer(datum.data, np.uint8)
    each = planes.reshape(record.images, -1, datum.height, datum.width)
    colours = record.image_channels(datum.channels)
    return tuple(_png(image[:colours]) for image in each)


def _png(planes: NDArray[np.uint8]) -> Image:
    channels = len(planes)
    pixels = planes[0] if channels == 1 else planes.transpose(1, 2, 0)
    content = _core.encode_image(np.ascontiguousarray(pixels), "png")
    return Image(content, ".png", False, channels)


def _problem(datum: Datum, record: RecordShape) -> str | None:
    """Say why raw pixels make no image files."""
    shape = (datum.channels, datum.height, datum.width)
    if datum.encoded:
        return f"is encoded, and its DB is said to hold records of {record}, which are raw"
    if record.image_channels(datum.channels) not in (1, 3):
        said = "" if record.is_plain else f", of {record}"
        return f"has {datum.channels} channels{said}; image files are written for 1 and 3"
    if not datum.data:
        return "holds floats or nothing; an image file holds bytes"
    if min(shape) < 1 or len(datum.data) != math.prod(shape):
        return f"has {len(datum.data)} bytes for a shape of {shape}"
    return None


def _ending(content: bytes) -> str | None:
    for begin, offset, endings in _FORMATS.values():
        if content.startswith(begin, offset):
            return endings[0]
    return None


def _error(image_db: str, key: bytes, problem: str) -> ImageError:
    name = key_text(key)
    return ImageError(f"{image_db}: record {name} {problem}", path=image_db, key=name)
