"""The conversion once more, written from the format alone: cv2, protobuf, struct, one thread."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from caffe_multilabel.caffe.proto import schema

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

Paths = bytes | tuple[bytes, ...]
"""Of a record; several where it has several images."""

Pair = tuple[list[tuple[bytes, bytes]], list[tuple[bytes, bytes]]]


def convert_pair(
    root: bytes,
    rows: Sequence[tuple[Paths, Sequence[float]]],
    *,
    gray: bool = False,
    encoded: bool = False,
    label_shape: tuple[int, int, int] | None = None,
    seed: int | None = None,
) -> Pair:
    """(key, value) of both DBs, in order; `seed` shuffles."""
    order = list(range(len(rows))) if seed is None else shuffled(len(rows), seed)
    images, labels = [], []
    for index, row in enumerate(order):
        paths, values = rows[row]
        if isinstance(paths, bytes):
            paths = (paths,)
        path, files = paths[0], [root + b"/" + path for path in paths]
        images.append((b"%08d_%s" % (index, path), _image(files, values[0], gray, encoded)))
        shape = label_shape or (len(values), 1, 1)
        labels.append((b"%08dlabel_%s" % (index, path), _label(shape, values)))
    return images, labels


def _image(files: Sequence[bytes], label: float, gray: bool, encoded: bool) -> bytes:
    """The planes of the first image, then those of the next one."""
    mode = cv2.IMREAD_GRAYSCALE if gray else cv2.IMREAD_COLOR
    contents = [_content(file) for file in files]
    data, planes = contents[0], []
    for content in contents:
        pixels = _decode(content, mode)
        planes.append(pixels[np.newaxis] if gray else pixels.transpose(2, 0, 1))
    datum: Any = schema().message("Datum")()
    if encoded:
        same = np.array_equal(pixels, _decode(data, cv2.IMREAD_UNCHANGED))
        assert same, "the reference does not encode anew; draw other images"
        datum.data = data
    else:
        datum.channels, datum.height, datum.width = np.concatenate(planes).shape
        datum.data = b"".join(each.tobytes() for each in planes)
    # Labels are float32 before they are whole: "1776693250" is 1776693248 in both DBs. Beyond int32
    # C++ leaves it open; the nearest int32 is what there is.
    single = float(np.float32(label))
    datum.label = int(min(max(single, -(2**31)), 2**31 - 1))
    datum.encoded = encoded
    return bytes(datum.SerializeToString(deterministic=True))


def _content(file: bytes) -> bytes:
    with open(file, "rb") as opened:  # noqa: PTH123  (the name is bytes)
        return opened.read()


def _decode(data: bytes, mode: int) -> NDArray[Any]:
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), mode)
    assert pixels is not None
    return pixels


def _label(shape: tuple[int, int, int], values: Sequence[float]) -> bytes:
    """Fields 1 to 3 are varints, field 6 is a fixed 32-bit number, once for each label."""
    sizes = b"".join(bytes([field << 3]) + _varint(size) for field, size in enumerate(shape, 1))
    return sizes + b"".join(b"\x35" + struct.pack("<f", value) for value in values)


def _varint(number: int) -> bytes:
    low, rest = number & 0x7F, number >> 7
    return bytes([low]) if rest == 0 else bytes([low | 0x80]) + _varint(rest)


def shuffled(count: int, seed: int) -> list[int]:
    """Fisher-Yates from the end, with draws that favour no slot."""
    order = list(range(count))
    draws = mersenne_twister(seed)
    for left in range(count, 1, -1):
        limit = (2**64 - 1) - (2**64 - 1) % left
        draw = next(number for number in draws if number < limit)
        order[left - 1], order[draw % left] = order[draw % left], order[left - 1]
    return order


def mersenne_twister(seed: int) -> Iterator[int]:
    """MT19937-64 of Nishimura and Matsumoto."""
    mask = 2**64 - 1
    state = [seed]
    for index in range(1, 312):
        state.append((6364136223846793005 * (state[-1] ^ state[-1] >> 62) + index) & mask)
    while True:
        for index in range(312):
            joined = state[index] & ~0x7FFFFFFF & mask | state[(index + 1) % 312] & 0x7FFFFFFF
            twist = 0xB5026F5AA96619E9 if joined & 1 else 0
            state[index] = state[(index + 156) % 312] ^ joined >> 1 ^ twist
        for number in state:
            number ^= number >> 29 & 0x5555555555555555  # noqa: PLW2901  (tempering)
            number ^= number << 17 & 0x71D67FFFEDA60000  # noqa: PLW2901
            number ^= number << 37 & 0xFFF7EEE000000000  # noqa: PLW2901
            yield number ^ number >> 43
