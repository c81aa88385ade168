"""Messages from and to protobuf text, the format of prototxt files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, overload

from google.protobuf import text_format

from caffe_multilabel._base.arguments import instance_of
from caffe_multilabel._base.files import write_bytes
from caffe_multilabel._base.renamed import renamed_keywords
from caffe_multilabel.caffe.proto.characters import check_characters, check_look_alikes
from caffe_multilabel.caffe.proto.checks import FORK_HINT, check_required, unknown_fields
from caffe_multilabel.caffe.proto.mistakes import explain
from caffe_multilabel.caffe.proto.schemas import schema_or_bvlc
from caffe_multilabel.errors import PrototxtError

if TYPE_CHECKING:
    from os import PathLike

    from google.protobuf.message import Message

    from caffe_multilabel.caffe.proto.schemas import ProtoSchema
    from caffe_multilabel.caffe.proto.types import NetParameter, SolverParameter

__all__ = ["parse_text", "to_text", "write_text"]

_OUTSIDE_ASCII = re.compile(r"[^\x00-\x7f]")


@overload
def parse_text(
    text: str,
    message_name: Literal["NetParameter"],
    *,
    name: str = ...,
    proto: ProtoSchema | None = ...,
) -> NetParameter: ...
@overload
def parse_text(
    text: str,
    message_name: Literal["SolverParameter"],
    *,
    name: str = ...,
    proto: ProtoSchema | None = ...,
) -> SolverParameter: ...
@overload
def parse_text(
    text: str, message_name: str, *, name: str = ..., proto: ProtoSchema | None = ...
) -> Message: ...
@renamed_keywords(schema="proto")
def parse_text(
    text: str, message_name: str, *, name: str = "<text>", proto: ProtoSchema | None = None
) -> Message:
    """Parse the text form of a message; what Caffe refuses is refused.

    Args:
        text: the content of a prototxt.
        message_name: the message it holds, as in `NetParameter`.
        name: what errors call the text, its path as a rule.
        proto: the schema to read with; BVLC Caffe's if None.

    Raises:
        PrototxtError: a syntax error, a field or enum value that the schema does not have, a field
            given twice, or a required one left out. `line` is set where there is one.
        OptionError: an argument is of another type.
    """
    used = schema_or_bvlc(proto)
    message = used.message(message_name)()
    instance_of("text", text, str, "the content of a prototxt, as text")
    try:
        text_format.Parse(text, message)
    except text_format.ParseError as error:
        line, column = error.GetLine(), error.GetColumn()
        check_look_alikes(text, name, line)
        where = name if line is None else f"{name}:{line}:{column}"
        reason = explain(error, text, message_name, used)
        raise PrototxtError(f"{where}: {reason}", path=name, line=line) from error
    check_characters(text, name)
    check_required(message, name)
    return message


def to_text(message: Message) -> str:
    """Return the text form of a message as every Caffe reads it.

    Floats are the shortest text that reads back as the same float32, enums are names. Fields come
    in the order of their numbers. Letters outside ASCII stand as they are, for Caffe takes a string
    of UTF-8 byte for byte; what cannot be seen, or ends a line for some, is octal escapes of its
    UTF-8 bytes.

    Raises:
        PrototxtError: the message was read from a binary file of a fork and holds fields that the
            schema cannot name, so the text would lack them.
    """
    unknown = next(unknown_fields(message), None)
    if unknown is not None:
        raise PrototxtError(
            f"{message.DESCRIPTOR.name}: it holds a field that the schema does not have "
            f"({unknown}) and that text cannot hold; {FORK_HINT}"
        )
    text: str = text_format.MessageToString(message, as_utf8=True)
    return _OUTSIDE_ASCII.sub(_visible, text)


def write_text(path: str | PathLike[str], message: Message) -> None:
    """Write a message as prototxt, the whole file or nothing.

    Raises:
        PrototxtError: see `to_text`.
        OutputError: the file cannot be written.
    """
    write_bytes(path, to_text(message).encode("utf-8"))


def _visible(found: re.Match[str]) -> str:
    letter = found[0]
    return letter if letter.isprintable() else "".join(f"\\{byte:03o}" for byte in letter.encode())
