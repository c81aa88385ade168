"""Advice that several rules give."""

from __future__ import annotations

__all__ = ["weigh_a_copy"]


def weigh_a_copy(weight: float) -> str:
    """Return how a loss counts whose top another layer reads as well."""
    return f"let a Power layer that reads its top have loss_weight: {weight:g}"
