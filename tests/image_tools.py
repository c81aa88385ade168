"""Images for tests, drawn here and made odd byte by byte."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

ORIENTATION_6 = b"MM\0*\0\0\0\x08\0\x01" + struct.pack(">HHIHH", 0x0112, 3, 1, 6, 0) + b"\0\0\0\0"
"""A TIFF structure as Exif holds it: turn by 90 degrees."""


@dataclass(frozen=True)
class ImageFolder:
    """A folder of images and what a list says of them."""

    folder: Path
    names: list[str]

    @property
    def lines(self) -> list[str]:
        """A list line for each image, with two labels."""
        return [f"{name} {index} {index / 4}" for index, name in enumerate(self.names)]

    def lines_of(self, images: int) -> list[str]:
        """Lines of records of several images, of which half share the first with the one before."""
        count = len(self.names)
        return [
            "\t".join(
                [
                    self.names[index // 2],
                    *(self.names[(index * 5 + image) % count] for image in range(1, images)),
                    *(str(index), str(index / 4)),
                ]
            )
            for index in range(count)
        ]

    def write_list(self, path: Path, images: int = 1) -> Path:
        """The list of all of them."""
        lines = self.lines if images == 1 else self.lines_of(images)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path


def draw(seed: int, height: int, width: int, channels: int = 3) -> NDArray[np.uint8]:
    """An image that no two seeds share: a slope, and noise on it."""
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[0:height, 0:width]
    slope = (rows * random.integers(1, 9) + columns * random.integers(1, 9)) % 200
    pixels = slope[:, :, None] + random.integers(0, 50, (height, width, channels))
    done: NDArray[np.uint8] = pixels.astype(np.uint8)
    return done


def encode(pixels: NDArray[Any], ending: str, *options: int) -> bytes:
    """The bytes of an image file."""
    done, data = cv2.imencode(ending, pixels, list(options))
    assert done
    return data.tobytes()


def read(path: Path, flags: int = cv2.IMREAD_COLOR) -> NDArray[np.uint8]:
    """The pixels as `cv2.imread` has them, for any name."""
    pixels = cv2.imread(str(path), flags)
    assert pixels is not None, path
    return pixels.astype(np.uint8, casting="safe")


def decode(data: bytes) -> NDArray[np.uint8]:
    """The pixels as Caffe's Data layer has them."""
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    assert pixels is not None
    return pixels.astype(np.uint8, casting="safe")


def chunk(kind: bytes, data: bytes) -> bytes:
    """A PNG chunk."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(
    pixels: NDArray[np.uint8],
    *,
    size: tuple[int, int] | None = None,
    before: bytes = b"",
    after: bytes = b"",
) -> bytes:
    """A colour PNG; `size` is (width, height) as its header claims; chunks around the pixels."""
    height, width = pixels.shape[:2]
    header = struct.pack(">IIBBBBB", *(size or (width, height)), 8, 2, 0, 0, 0)
    rows = b"".join(b"\0" + row[:, ::-1].tobytes() for row in pixels)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + before
        + chunk(b"IDAT", zlib.compress(rows))
        + after
        + chunk(b"IEND", b"")
    )


def with_jpeg_size(jpeg: bytes, width: int, height: int) -> bytes:
    """A JPEG whose header claims another size."""
    at = jpeg.index(b"\xff\xc0") + 5
    return jpeg[:at] + struct.pack(">HH", height, width) + jpeg[at + 4 :]


def with_exif(jpeg: bytes) -> bytes:
    """A JPEG that is to be turned."""
    body = b"Exif\0\0" + ORIENTATION_6
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", 2 + len(body)) + body + jpeg[2:]
