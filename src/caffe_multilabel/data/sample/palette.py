"""The colours of the sample, as (red, green, blue)."""

from __future__ import annotations

__all__ = ["BACKDROPS", "COLORS", "Rgb"]

Rgb = tuple[int, int, int]

COLORS: dict[str, Rgb] = {
    "red": (214, 48, 49),
    "orange": (240, 134, 30),
    "yellow": (247, 205, 50),
    "green": (64, 172, 84),
    "cyan": (44, 180, 196),
    "blue": (45, 95, 205),
    "purple": (148, 80, 196),
    "pink": (243, 121, 176),
}

# Both ends of a gradient. Little saturation, and either lighter or darker than every colour above.
BACKDROPS: tuple[tuple[Rgb, Rgb], ...] = (
    ((250, 244, 232), (222, 210, 190)),  # sand
    ((240, 245, 248), (200, 213, 222)),  # mist
    ((238, 243, 232), (203, 214, 194)),  # sage
    ((246, 240, 247), (214, 204, 220)),  # lilac
    ((250, 250, 250), (212, 212, 214)),  # paper
    ((66, 72, 88), (28, 32, 42)),  # night
    ((76, 68, 66), (36, 31, 31)),  # umber
    ((58, 78, 80), (22, 34, 38)),  # lagoon
)
