"""Fills a message from plain values, with errors that name the key."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from google.protobuf.descriptor import FieldDescriptor

from caffe_multilabel._base.text import shown, suggestion
from caffe_multilabel.caffe.named_fields import enum_numbers
from caffe_multilabel.errors import TaskFileError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from google.protobuf.message import Message

__all__ = ["set_fields"]

_UNSIGNED = (FieldDescriptor.CPPTYPE_UINT32, FieldDescriptor.CPPTYPE_UINT64)
_WIDE = (FieldDescriptor.CPPTYPE_INT64, FieldDescriptor.CPPTYPE_UINT64)
_INTEGERS = (*_UNSIGNED, FieldDescriptor.CPPTYPE_INT32, FieldDescriptor.CPPTYPE_INT64)
_FLOATS = (FieldDescriptor.CPPTYPE_FLOAT, FieldDescriptor.CPPTYPE_DOUBLE)
_MAX_FLOAT = 3.4028234663852886e38


def set_fields(message: Message, values: Mapping[str, object], key: str) -> None:
    """Set fields of a message.

    Args:
        message: the message, changed in place.
        values: numbers, text, booleans, enum values by name, messages as mappings; a list for a
            repeated field, or one item of it.
        key: the way to `values` in the task file, for errors.

    Raises:
        TaskFileError: the message has no such field, or the field takes another kind of value.
    """
    fields = message.DESCRIPTOR.fields_by_name
    for name, value in values.items():
        here = f"{key}.{name}"
        if name not in fields:
            raise TaskFileError(
                f"{here}: {message.DESCRIPTOR.name} of Caffe has no such field"
                f"{suggestion(name, fields)}",
                key=here,
            )
        _set_field(message, name, value, here)


def _set_field(message: Message, name: str, value: object, key: str) -> None:
    container = getattr(message, name)
    holds_messages = message.DESCRIPTOR.fields_by_name[name].message_type is not None
    # The descriptor says it too, but protobuf 4 and 7 have no word for it in common.
    if hasattr(container, "extend"):
        items = value if isinstance(value, list) else [value]
        for index, item in enumerate(items):
            item_key = f"{key}[{index}]" if isinstance(value, list) else key
            if holds_messages:
                set_fields(container.add(), _mapping(item, item_key), item_key)
            else:
                container.append(_scalar(message, name, item, item_key))
    elif holds_messages:
        container.SetInParent()
        set_fields(container, _mapping(value, key), key)
    else:
        setattr(message, name, _scalar(message, name, value, key))


def _mapping(value: object, key: str) -> dict[str, object]:
    if not isinstance(value, dict):
        raise _wrong(key, value, "keys and values")
    return value


def _scalar(message: Message, name: str, value: object, key: str) -> bool | float | str:
    kind = message.DESCRIPTOR.fields_by_name[name].cpp_type
    if kind == FieldDescriptor.CPPTYPE_ENUM:
        return _enum(enum_numbers(message, name), value, key)
    if kind == FieldDescriptor.CPPTYPE_BOOL:
        if not isinstance(value, bool):
            raise _wrong(key, value, "true or false")
    elif kind == FieldDescriptor.CPPTYPE_STRING:
        if not isinstance(value, str):
            raise _wrong(key, value, "text")
    elif isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _wrong(key, value, "a number")
    elif kind in _FLOATS:
        if not abs(value) <= _MAX_FLOAT:
            raise _wrong(key, value, "a finite number")
    elif kind in _INTEGERS:
        bits = 64 if kind in _WIDE else 32
        least, end = (0, 2**bits) if kind in _UNSIGNED else (-(2 ** (bits - 1)), 2 ** (bits - 1))
        if not math.isfinite(value) or value != int(value) or not least <= value < end:
            raise _wrong(key, value, f"a whole number from {least} to {end - 1}")
        return int(value)
    return value


def _enum(numbers: dict[str, int], value: object, key: str) -> int:
    if isinstance(value, str) and value in numbers:
        return numbers[value]
    if isinstance(value, int) and not isinstance(value, bool) and value in numbers.values():
        return value
    raise _wrong(key, value, f"one of {', '.join(numbers)}{suggestion(value, numbers)}")


def _wrong(key: str, value: object, wanted: str) -> TaskFileError:
    return TaskFileError(f"{key}: found {shown(value)}; must be {wanted}", key=key)
