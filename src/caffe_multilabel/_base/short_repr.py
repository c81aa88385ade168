"""How results print in an interpreter: every field named, none of them longer than a few words."""

from __future__ import annotations

from collections.abc import Sized
from dataclasses import fields
from typing import Any

from caffe_multilabel._base.text import plural

__all__ = ["short_repr"]

_MOST_ITEMS = 8
_MOST_CHARACTERS = 80


def short_repr(result: Any) -> str:
    """Return the `repr` of a dataclass in which long fields are only counted.

    A report may hold a page of HTML, an image or a line for each of a million labels, and an
    interpreter prints all of a `repr`.

    Example:
        >>> from caffe_multilabel import TrainingLog
        >>> TrainingLog(rows=(None,) * 9, run_starts=(0,), loss_weights={"loss": 1.0})
        TrainingLog(rows=<9 items>, run_starts=(0,), loss_weights={'loss': 1.0})
    """
    shown = (field.name for field in fields(result) if field.repr)
    said = (f"{name}={_brief(getattr(result, name))}" for name in shown)
    return f"{type(result).__name__}({', '.join(said)})"


def _brief(value: Any) -> str:
    if hasattr(value, "dtype"):
        return f"<{value.dtype} {value.shape}>"
    if isinstance(value, str | bytes):
        return repr(value) if len(value) <= _MOST_CHARACTERS else f"<{len(value)} characters>"
    if not isinstance(value, Sized):
        return repr(value)
    few = len(value) <= _MOST_ITEMS
    if few and len(text := repr(value)) <= _MOST_CHARACTERS:
        return text
    return f"<{plural(len(value), 'item')}>"
