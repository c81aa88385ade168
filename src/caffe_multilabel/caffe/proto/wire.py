"""Serialised messages taken apart where protobuf would copy each number: the wire format.

It is that of https://protobuf.dev/programming-guides/encoding/. A field is a key, which is its
number and the kind of what follows, and a value.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from google.protobuf.descriptor import Descriptor

__all__ = [
    "LENGTH_DELIMITED",
    "VARINT",
    "Field",
    "WireError",
    "delimited",
    "fields",
    "read_varint",
    "swap_blobs",
]

VARINT = 0
LENGTH_DELIMITED = 2
_GROUP, _END_OF_GROUP = 3, 4
_SIZES = {1: 8, 5: 4}  # kinds of a fixed number of bytes

_BLOB = "BlobProto"


class WireError(ValueError):
    """Bytes are no message."""


class Field(NamedTuple):
    """A field of a serialised message.

    Attributes:
        number: its number.
        kind: the kind of its value.
        whole: its bytes, the key included.
        value: those of its value, without the length.
    """

    number: int
    kind: int
    whole: memoryview
    value: memoryview


def fields(content: memoryview) -> Iterator[Field]:
    """Give the fields of a message in the order in which they stand.

    Raises:
        WireError: the bytes are no message.
    """
    at = 0
    while at < len(content):
        start = at
        key, at = read_varint(content, at)
        at, end = _value(content, key & 7, at)
        yield Field(key >> 3, key & 7, content[start:end], content[at:end])
        at = end


def _value(content: memoryview, kind: int, at: int) -> tuple[int, int]:
    """Return where the value of a field begins and ends, of which kind and place are known."""
    if kind == LENGTH_DELIMITED:
        size, at = read_varint(content, at)
        end = at + size
    elif kind == VARINT:
        end = read_varint(content, at)[1]
    elif kind == _GROUP:
        end = _end_of_group(content, at)
    elif kind in _SIZES:
        end = at + _SIZES[kind]
    else:
        raise WireError
    if end > len(content):
        raise WireError
    return at, end


def _end_of_group(content: memoryview, at: int) -> int:
    """Return the place behind a group, which Caffe never had, and any file may have."""
    depth = 1
    while depth:
        key, at = read_varint(content, at)
        if key & 7 == _GROUP:
            depth += 1
        elif key & 7 == _END_OF_GROUP:
            depth -= 1
        else:
            at = _value(content, key & 7, at)[1]
    return at


def read_varint(content: memoryview, at: int = 0) -> tuple[int, int]:
    """Return the number that begins at a place, and the place behind it."""
    value = shift = 0
    for place in range(at, min(at + 10, len(content))):
        byte = content[place]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place + 1
        shift += 7
    raise WireError


def delimited(number: int, pieces: Sequence[bytes | memoryview]) -> list[bytes | memoryview]:
    """Return a field with a length, as pieces that stand one behind the other."""
    key = number << 3 | LENGTH_DELIMITED
    return [_varint(key) + _varint(sum(map(len, pieces))), *pieces]


def _varint(number: int) -> bytes:
    groups = bytearray()
    while number > 0x7F:
        groups.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*groups, number])


def swap_blobs(
    content: memoryview,
    message: Descriptor,
    swap: Callable[[memoryview], Sequence[bytes | memoryview]],
) -> list[bytes | memoryview]:
    """Put other blobs in the places of all that a message holds, at any depth.

    Args:
        content: the message, serialised.
        message: what it is.
        swap: takes the bytes of a `BlobProto`, and gives those to put there, in pieces.

    Returns:
        The message in pieces, which stand one behind the other. None of its bytes is copied.

    Raises:
        WireError: the bytes are no message.
    """
    pieces: list[bytes | memoryview] = []
    for field in fields(content):
        inner = message.fields_by_number.get(field.number)
        held = inner.message_type if inner is not None and field.kind == LENGTH_DELIMITED else None
        if held is None or not _holds_blobs(held):
            pieces.append(field.whole)
        elif held.name == _BLOB:
            pieces += delimited(field.number, swap(field.value))
        else:
            pieces += delimited(field.number, swap_blobs(field.value, held, swap))
    return pieces


@cache
def _holds_blobs(message: Descriptor) -> bool:
    """Tell whether a message is a blob, or a field of it may be or hold one; none holds itself."""
    return message.name == _BLOB or any(
        field.message_type is not None and _holds_blobs(field.message_type)
        for field in message.fields
    )
