"""What protobuf's Python parsers let through and Caffe's do not, or would drop without a word."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from google.protobuf.message import Message
from google.protobuf.unknown_fields import UnknownFieldSet

from caffe_multilabel.errors import OptionError, PrototxtError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["FORK_HINT", "check_message", "check_required", "unknown_fields"]

FORK_HINT = "a net of a fork of Caffe is read and written with its own schema: --proto FORK.proto"


def check_message(argument: str, value: object, name: str, *, allowed: str = "") -> None:
    """Raise `OptionError` where an argument is not a message of this short name, of any schema.

    Args:
        argument: the argument.
        value: what was given.
        name: the message, as in `NetParameter`.
        allowed: what else it may be.
    """
    if not (isinstance(value, Message) and value.DESCRIPTOR.name == name):
        raise OptionError(f"{argument} is {value!r:.80}, must be {allowed}a {name}")


def check_required(message: Message, name: str) -> None:
    """Raise `PrototxtError` where a required field is left out; `name` says of which file."""
    concrete: Any = message  # the base class does not name the method, and every message has it
    missing = concrete.FindInitializationErrors()
    if missing:
        raise PrototxtError(f"{name}: required and left out: {', '.join(missing)}", path=name)


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
