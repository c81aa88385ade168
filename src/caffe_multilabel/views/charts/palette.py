"""The colours of pages and figures.

A page takes them as variables of its style sheet, by the same names; a figure, which is a file on
white paper, takes the light ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FAINT", "PALETTE", "Color"]

FAINT = 0.3
"""Opacity of curves that stand in the background."""


@dataclass(frozen=True, slots=True)
class Color:
    """A colour, as `#rrggbb`, on light and on dark paper."""

    light: str
    dark: str


PALETTE: Mapping[str, Color] = MappingProxyType(
    {
        "paper": Color("#ffffff", "#14171a"),
        "ink": Color("#1b1f23", "#e4e7ea"),
        "soft": Color("#636b74", "#98a1aa"),
        "line": Color("#e2e5e9", "#2b3138"),
        "fill": Color("#f5f6f8", "#1c2126"),
        "train": Color("#2b6f9f", "#69b0de"),
        "val": Color("#d27a1f", "#efa857"),
        "other": Color("#6b8e3a", "#a4c56f"),
        "other2": Color("#8e5ba6", "#c79add"),
        "other3": Color("#1f8f8f", "#5fc9c4"),
        "bad": Color("#bf3427", "#f0806f"),
        "good": Color("#2c7a4b", "#6cc38f"),
        "warn": Color("#a86400", "#e3b341"),
    }
)
