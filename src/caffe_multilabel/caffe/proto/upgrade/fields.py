"""Looking at and moving single fields of old messages, whose schema may be a fork's."""

from __future__ import annotations

from google.protobuf.message import Message

from caffe_multilabel.caffe.named_fields import enum_numbers

__all__ = ["copy_field", "is_set", "set_enum"]


def is_set(message: Message, field: str) -> bool:
    """Tell whether the schema has the single field and the message sets it."""
    return field in message.DESCRIPTOR.fields_by_name and message.HasField(field)


def set_enum(message: Message, field: str, value: str) -> None:
    """Set an enum field to the value of a name."""
    setattr(message, field, enum_numbers(message, field)[value])


def copy_field(source: Message, field: str, target: Message, new_field: str) -> None:
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
