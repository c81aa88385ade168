"""What protobuf's Python parsers let through and Caffe's do not, or would drop without a word."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from google.protobuf.message import Message
from google.protobuf.unknown_fields import UnknownFieldSet

from caffe_multilabel._base.text import shown
from caffe_multilabel.errors import OptionError, PrototxtError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from google.protobuf.descriptor import FieldDescriptor

__all__ = [
    "FORK_HINT",
    "SCHEMA_OPTION",
    "check_message",
    "check_required",
    "check_utf8",
    "unknown_fields",
]

_IN_PYTHON = 'proto=ProtoSchema.load("FORK.proto")'
# Not every command that reads a net has the flag, so these are named.
SCHEMA_OPTION = f"{_IN_PYTHON} in Python, --proto FORK.proto of lint and summary"
FORK_HINT = (
    f"a net of a fork of Caffe is read and written with the schema of the fork: {SCHEMA_OPTION}"
)


def check_message(argument: str, value: object, name: str, *, allowed: str = "") -> None:
    """Raise `OptionError` where an argument is not a message of this short name, of any schema.

    Args:
        argument: the argument.
        value: what was given.
        name: the message, as in `NetParameter`.
        allowed: what else it may be.
    """
    if not (isinstance(value, Message) and value.DESCRIPTOR.name == name):
        raise OptionError(f"{argument} is {shown(value)}, must be {allowed}a {name}")


def check_required(message: Message, name: str) -> None:
    """Raise `PrototxtError` where a required field is left out; `name` says of which file."""
    concrete: Any = message  # the base class does not name the method, and every message has it
    missing = concrete.FindInitializationErrors()
    if missing:
        raise PrototxtError(f"{name}: required and left out: {', '.join(missing)}", path=name)


def check_utf8(message: Message, name: str) -> None:
    """Raise `PrototxtError` at text that is not UTF-8, which a binary file can hold.

    Caffe reads names of any bytes. Here names are text, and read in any encoding but their own
    two that differ may become one.
    """
    found = next(_not_utf8(message), None)
    if found is not None:
        field, content = found
        raise PrototxtError(
            f"{name}: {field} is not UTF-8: {shown(content)}; the file is damaged, or has to be "
            "written anew, with names in UTF-8",
            path=name,
        )


def _not_utf8(message: Message, path: str = "") -> Iterator[tuple[str, bytes]]:
    """Give the text fields of a message that are not UTF-8, whose values protobuf has as bytes."""
    for field, value in message.ListFields():
        many = hasattr(value, "append")
        for index, item in enumerate(value if many else [value]) if _has_text(field) else ():
            where = f"{path}{field.name}[{index}]" if many else f"{path}{field.name}"
            if isinstance(item, Message):
                yield from _not_utf8(item, f"{where}.")
            elif isinstance(item, bytes):
                yield where, item


def _has_text(field: FieldDescriptor) -> bool:
    """Tell whether a field is text or holds messages; weights need not be gone through."""
    return field.message_type is not None or field.type == field.TYPE_STRING


def unknown_fields(message: Message) -> Iterator[str]:
    """Describe each field of a binary file that the schema does not have, as `LayerParameter.130`.

    protobuf keeps such fields when it writes binary again; text has no place for them.
    """
    unknown_set: Any = UnknownFieldSet(message)
    for unknown in unknown_set:
        yield f"{message.DESCRIPTOR.name}.{unknown.field_number}"
    for field, value in message.ListFields():
        if field.message_type is not None:
            for item in [value] if isinstance(value, Message) else value:
                if isinstance(item, Message):  # a map gives its keys
                    yield from unknown_fields(item)
