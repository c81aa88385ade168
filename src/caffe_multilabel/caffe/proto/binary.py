"""Messages from and to serialised protobuf: caffemodel, solverstate, binaryproto."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, overload

from google.protobuf.message import DecodeError, EncodeError
from google.protobuf.unknown_fields import UnknownFieldSet

from caffe_multilabel._base.arguments import instance_of
from caffe_multilabel._base.files import opened, replacing
from caffe_multilabel._base.renamed import renamed_keywords
from caffe_multilabel.caffe.proto.checks import check_required, check_utf8
from caffe_multilabel.caffe.proto.files import read_bytes
from caffe_multilabel.caffe.proto.schemas import schema_or_bvlc
from caffe_multilabel.errors import PrototxtError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike
    from pathlib import Path

    from google.protobuf.message import Message

    from caffe_multilabel.caffe.proto.schemas import ProtoSchema
    from caffe_multilabel.caffe.proto.types import BlobProto, NetParameter, SolverState

__all__ = ["damaged", "parse_binary", "read_binary", "write_binary", "write_pieces"]

# Caffe's reader stops at INT_MAX bytes.
_MAX_BYTES = 2**31 - 1


@overload
def parse_binary(
    content: bytes,
    message_name: Literal["NetParameter"],
    *,
    name: str = ...,
    proto: ProtoSchema | None = ...,
) -> NetParameter: ...
@overload
def parse_binary(
    content: bytes, message_name: str, *, name: str = ..., proto: ProtoSchema | None = ...
) -> Message: ...
@renamed_keywords(schema="proto")
def parse_binary(
    content: bytes, message_name: str, *, name: str = "<bytes>", proto: ProtoSchema | None = None
) -> Message:
    """Parse a serialised message.

    Fields that the schema does not have are kept and written again, as protobuf does everywhere.

    Args:
        content: the bytes.
        message_name: the message they hold, as in `NetParameter`.
        name: what errors call the bytes, their path as a rule.
        proto: the schema to read with; BVLC Caffe's if None.

    Raises:
        PrototxtError: the bytes are damaged, cut short or another message, or hold text that is
            not UTF-8.
        OptionError: an argument is of another type.
    """
    used = schema_or_bvlc(proto)
    message = used.message(message_name)()
    instance_of("content", content, (bytes, bytearray, memoryview), "bytes")
    try:
        message.ParseFromString(content)
    except (DecodeError, UnicodeDecodeError) as error:
        raise damaged(name, message_name) from error
    if not message.ListFields() and len(UnknownFieldSet(message)) > 0:
        raise PrototxtError(f"{name}: not a binary {message_name}: no field of it", path=name)
    check_utf8(message, name)
    check_required(message, name)
    return message


@overload
def read_binary(
    path: str | PathLike[str],
    message_name: Literal["BlobProto"],
    *,
    proto: ProtoSchema | None = ...,
) -> BlobProto: ...
@overload
def read_binary(
    path: str | PathLike[str],
    message_name: Literal["NetParameter"],
    *,
    proto: ProtoSchema | None = ...,
) -> NetParameter: ...
@overload
def read_binary(
    path: str | PathLike[str],
    message_name: Literal["SolverState"],
    *,
    proto: ProtoSchema | None = ...,
) -> SolverState: ...
@overload
def read_binary(
    path: str | PathLike[str], message_name: str, *, proto: ProtoSchema | None = ...
) -> Message: ...
@renamed_keywords(schema="proto")
def read_binary(
    path: str | PathLike[str], message_name: str, *, proto: ProtoSchema | None = None
) -> Message:
    """Read a serialised message from a file.

    Old nets come as they are: `read_net` upgrades.

    Raises:
        PrototxtError: the file cannot be read or is empty, or see `parse_binary`.
        OptionError: an argument is of another type.
    """
    return parse_binary(read_bytes(path), message_name, name=str(path), proto=proto)


def write_binary(path: str | PathLike[str], message: Message) -> None:
    """Write a message serialised, the whole file or nothing.

    Raises:
        PrototxtError: a required field is left out, or the message is over the 2 GiB that
            Caffe reads.
        OutputError: the file cannot be written.
    """
    check_required(message, str(path))
    name = message.DESCRIPTOR.name
    try:
        content = message.SerializeToString()
    except (EncodeError, ValueError) as error:
        raise _too_large(path, name) from error
    with replacing([path]) as [new]:
        write_pieces(new, name, [content])


def write_pieces(path: Path, name: str, pieces: Sequence[bytes | memoryview]) -> None:
    """Write a serialised message, given in pieces, to where `replacing` wants it.

    Raises:
        PrototxtError: it is over the 2 GiB that Caffe reads.
        OSError: the file cannot be written.
    """
    if sum(map(len, pieces)) > _MAX_BYTES:
        raise _too_large(path, name)
    with opened(path) as file:
        file.writelines(pieces)


def damaged(name: str, message_name: str) -> PrototxtError:
    """Return the error on bytes that are not the message they are taken for."""
    return PrototxtError(f"{name}: not a binary {message_name}, or damaged or cut short", path=name)


def _too_large(path: str | PathLike[str], name: str) -> PrototxtError:
    return PrototxtError(
        f"{path}: {name} is over the 2 GiB that protobuf and Caffe read", path=str(path)
    )
