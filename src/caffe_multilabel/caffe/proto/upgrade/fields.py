"""Looking at and copying single fields of messages whose schema may be a fork's."""

from __future__ import annotations

from typing import Any

from google.protobuf.message import Message

__all__ = ["copy_field", "enum_name", "is_set"]


def is_set(message: Any, field: str) -> bool:
    """Tell whether the schema has the single field and the message sets it."""
    return field in message.DESCRIPTOR.fields_by_name and bool(message.HasField(field))


def enum_name(message: Any, field: str) -> str:
    """Return the name of an enum field's value, the default's where it is not set."""
    values = message.DESCRIPTOR.fields_by_name[field].enum_type.values_by_number
    return str(values[getattr(message, field)].name)


def copy_field(source: Any, field: str, target: Any, new_field: str) -> None:
    """Copy `source.field` to `target.new_field`; one value is appended where there are now many."""
    value, place = getattr(source, field), getattr(target, new_field)
    if isinstance(value, Message):
        place.CopyFrom(value)
    elif not hasattr(place, "append"):
        setattr(target, new_field, value)
    elif hasattr(value, "append"):
        place.extend(value)
    else:
        place.append(value)
