"""Fields of messages by a name that is data, as where the type of a layer chooses it.

A type checker knows `layer.pooling_param`, which is how a field is read wherever its name can be
written down. It does not know the others; what these functions return, it does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    # For its name alone: what reads task files needs the layer types, and no protobuf.
    from google.protobuf.message import Message

__all__ = ["enum_name", "enum_numbers", "floats_of", "is_set", "number", "set_enum", "submessage"]


def is_set(message: Message, field: str) -> bool:
    """Tell whether a message sets a field; False where its schema, a fork's, has no such field."""
    return field in message.DESCRIPTOR.fields_by_name and message.HasField(field)


def number(message: Message, field: str) -> int:
    """Return a whole number, the field's default where it is not set."""
    value: int = getattr(message, field)
    return value


def submessage(message: Message, field: str) -> Message:
    """Return the message in a field, which is empty where it is not set."""
    inner: Message = getattr(message, field)
    return inner


def enum_name(message: Message, field: str) -> str:
    """Return the name of an enum field's value, the default's where it is not set."""
    value = number(message, field)
    return next(name for name, known in enum_numbers(message, field).items() if known == value)


def enum_numbers(message: Message, field: str) -> dict[str, int]:
    """Return the values that an enum field can have, their numbers by name."""
    enum = message.DESCRIPTOR.fields_by_name[field].enum_type
    return {} if enum is None else {value.name: value.number for value in enum.values}


def set_enum(message: Message, field: str, value: str) -> None:
    """Set an enum field to the value of a name."""
    setattr(message, field, enum_numbers(message, field)[value])


def floats_of(message: Message, path: str = "") -> Iterator[tuple[str, float]]:
    """Give each float that a message and those in it set, with the fields that lead to it.

    Blobs, which are weights and not settings, are left out.
    """
    for field, value in message.ListFields():
        values = list(value) if hasattr(value, "append") or hasattr(value, "add") else [value]
        if field.message_type is None:
            if field.cpp_type in (field.CPPTYPE_FLOAT, field.CPPTYPE_DOUBLE):
                yield from ((f"{path}{field.name}", each) for each in values)
        elif field.message_type.name != "BlobProto":
            for each in values:
                yield from floats_of(each, f"{path}{field.name}.")
