"""Counts in messages."""

from __future__ import annotations

__all__ = ["plural"]


def plural(number: int, noun: str) -> str:
    """Return a count with its noun, as in `1 axis`, `2 axes`, `3 tops`."""
    if number == 1:
        return f"1 {noun}"
    return f"{number} {noun.removesuffix('is')}es" if noun.endswith("is") else f"{number} {noun}s"
