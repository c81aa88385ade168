"""Moving single fields of old messages, whose schema may be a fork's."""

from __future__ import annotations

from google.protobuf.message import Message

__all__ = ["clear", "copy_field"]


def clear(message: Message, field: str) -> None:
    """Take all that a field holds out of a message."""
    message.ClearField(field)


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
