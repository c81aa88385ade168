"""Reading fields of messages whose classes are made at run time."""

from __future__ import annotations

from typing import Any

__all__ = ["enum_name"]


def enum_name(message: Any, field: str) -> str:
    """Return the name of an enum field's value, its default where it is not set."""
    values = message.DESCRIPTOR.fields_by_name[field].enum_type.values_by_number
    return str(values[getattr(message, field)].name)
