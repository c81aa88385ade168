"""Moving single fields of old messages, whose schema may be a fork's."""

from __future__ import annotations

from google.protobuf.message import Message

from caffe_multilabel.caffe.named_fields import enum_numbers

__all__ = ["clear", "copy_field", "set_enum"]


def clear(message: Message, field: str) -> None:
    """Take all that a field holds out of a message."""
    message.ClearField(field)


def set_enum(message: Message, field: str, value: str) -> None:
    """Set an enum field to the value of a name."""
    setattr(message, field, enum_numbers(message, field)[value])


def copy_field(source: Message, field: str, target: Message, new_field: str) -> None:
    """Copy `source.field` to `target.new_field`; one value is appended where there are now many."""
    value, there = getattr(source, field), getattr(target, new_field)
    if isinstance(value, Message):
        there.CopyFrom(value)
    elif not hasattr(there, "append"):
        setattr(target, new_field, value)
    elif hasattr(value, "append"):
        there.extend(value)
    else:
        there.append(value)
