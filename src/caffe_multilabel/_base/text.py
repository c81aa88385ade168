"""Counts and keys in messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["key_path", "plural"]


def plural(number: int, noun: str) -> str:
    """Return a count with its noun, as in `1 axis`, `2 axes`, `3 tops`."""
    if number == 1:
        return f"1 {noun}"
    return f"{number} {noun.removesuffix('is')}es" if noun.endswith("is") else f"{number} {noun}s"


def key_path(loc: Iterable[str | int]) -> str:
    """Write the way to a key as `tasks[2].loss_weight`."""
    text = ""
    for part in loc:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".")
