"""Blobs as files hold them, read and written without a Python number for each of theirs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from google.protobuf.message import DecodeError

from caffe_multilabel.caffe.named_fields import is_set
from caffe_multilabel.caffe.proto.schemas import schema
from caffe_multilabel.caffe.proto.wire import (
    LENGTH_DELIMITED,
    VARINT,
    WireError,
    delimited,
    fields,
    read_varint,
)
from caffe_multilabel.errors import PrototxtError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from caffe_multilabel.caffe.proto.types import BlobProto

__all__ = [
    "StoredBlob",
    "blob_pieces",
    "blob_shape",
    "number_pieces",
    "parse_blob",
    "shape_words",
]

_OLD_AXES = ("num", "channels", "height", "width")

_SHAPE, _DATA, _DOUBLE_DATA = 7, 5, 8
# The numbers of a fork's, see NVIDIA/caffe's caffe.proto and blob.cpp: it writes nothing else.
_RAW_TYPE, _RAW_DATA = 10, 12
_RAW_TYPES = {0: "<f8", 1: "<f4", 2: "<f2"}

# What holds a blob's numbers; where there are several, the first here is taken.
_NUMBERS = {_DOUBLE_DATA: "<f8", _DATA: "<f4"}
_UNPACKED = {_DOUBLE_DATA: 1, _DATA: 5}  # the kinds of single numbers
_DIFFS = {6, 9, 11, 13}


def blob_shape(blob: BlobProto) -> tuple[int, ...]:
    """Return the shape of a blob; the four old fields win over `shape`, as in Caffe."""
    if any(is_set(blob, axis) for axis in _OLD_AXES):
        return blob.num, blob.channels, blob.height, blob.width
    return tuple(blob.shape.dim)


@dataclass(frozen=True, slots=True)
class StoredBlob:
    """A blob as a file holds it, with its numbers where they are.

    Attributes:
        head: the message without numbers.
        numbers: the bytes of each field of numbers that it has, by the field.
        raw_type: of which type `raw_data` is, in NVIDIA's Caffe.
    """

    head: BlobProto
    numbers: Mapping[int, memoryview]
    raw_type: int | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """Its shape."""
        return blob_shape(self.head)

    def fits(self, shape: tuple[int, ...]) -> bool:
        """Tell whether Caffe takes it for a blob of a shape; four old axes may begin with ones."""
        if any(is_set(self.head, axis) for axis in _OLD_AXES):
            missing = len(_OLD_AXES) - len(shape)
            return missing >= 0 and self.shape == (1,) * missing + shape
        return self.shape == shape

    def array(self, *, name: str = "blob") -> NDArray[Any]:
        """Return its data in its shape, of the type it has there, without a copy.

        Raises:
            PrototxtError: a negative axis, not as many numbers as the shape holds, or raw data of
                a type that is not read.
        """
        shape, values = self.shape, self._values(name)
        if min(shape, default=0) < 0:
            raise PrototxtError(f"{name}: shape {shape_words(shape)} has a negative axis")
        if math.prod(shape) != len(values):
            raise PrototxtError(
                f"{name}: {len(values)} numbers for shape {shape_words(shape)}, "
                f"which holds {math.prod(shape)}"
            )
        return values.reshape(shape)

    def _values(self, name: str) -> NDArray[Any]:
        for field, kind in _NUMBERS.items():
            if self.numbers.get(field):
                return np.frombuffer(self.numbers[field], kind)
        raw = self.numbers.get(_RAW_DATA)
        if raw is None:
            return np.empty(0, np.float32)
        raw_kind = _RAW_TYPES.get(-1 if self.raw_type is None else self.raw_type)
        if raw_kind is None:
            raise PrototxtError(
                f"{name}: raw_data of raw_data_type {self.raw_type}; 0 (double), 1 (float) and "
                "2 (half precision) are read"
            )
        if len(raw) % np.dtype(raw_kind).itemsize:
            raise PrototxtError(f"{name}: raw_data of {len(raw)} bytes, which ends in mid-number")
        return np.frombuffer(raw, raw_kind)


def parse_blob(content: memoryview) -> StoredBlob:
    """Take a serialised `BlobProto` apart; diffs are left out.

    Raises:
        WireError: the bytes are none.
    """
    head: list[memoryview] = []
    numbers: dict[int, memoryview] = {}
    raw_type = None
    for field in fields(content):
        packed = field.kind == LENGTH_DELIMITED
        if field.number in _NUMBERS and (
            field.kind == _UNPACKED[field.number] or (packed and field.number in numbers)
        ):
            # In pieces, as no Caffe writes them and any may read them: protobuf joins those.
            return parse_blob(memoryview(_message(content).SerializeToString()))
        if packed and (field.number in _NUMBERS or field.number == _RAW_DATA):
            numbers[field.number] = field.value
        elif field.number == _RAW_TYPE and field.kind == VARINT:
            raw_type = read_varint(field.value)[0]
        elif field.number not in _DIFFS:
            head.append(field.whole)
    if any(
        len(numbers.get(field, b"")) % np.dtype(kind).itemsize for field, kind in _NUMBERS.items()
    ):
        raise WireError
    return StoredBlob(_message(b"".join(head)), numbers, raw_type)


def _message(content: bytes | memoryview) -> BlobProto:
    try:
        return schema().message("BlobProto").FromString(bytes(content))
    except DecodeError as error:
        raise WireError from error


def blob_pieces(array: NDArray[Any]) -> list[bytes | memoryview]:
    """Return a `BlobProto` of an array, serialised, in pieces that stand one behind the other."""
    shape = schema().message("BlobShape")(dim=array.shape).SerializeToString()
    # Of a scalar Caffe writes no shape.
    pieces = [delimited(_SHAPE, [shape]) if array.shape else [], number_pieces(array)]
    # By the numbers of their fields, as protobuf has them.
    return [piece for field in pieces[:: 1 if _is_double(array) else -1] for piece in field]


def number_pieces(array: NDArray[Any]) -> list[bytes | memoryview]:
    """Return the field with a blob's numbers, serialised, in pieces.

    Caffe writes float64 into `double_data` and float32 into `data`; all else becomes float32.
    """
    field = _DOUBLE_DATA if _is_double(array) else _DATA
    numbers = np.ascontiguousarray(array, dtype=_NUMBERS[field]).reshape(-1)
    return delimited(field, [numbers.view(np.uint8).data])


def _is_double(array: NDArray[Any]) -> bool:
    return array.dtype == np.float64


def shape_words(shape: tuple[int, ...]) -> str:
    """Return a shape as errors name it."""
    return " x ".join(map(str, shape)) or "()"
