"""How a record of the image DB is made up: of how many images, and of what else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from caffe_multilabel._base.text import plural

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["MOST_PLACES", "RAMPS", "RecordShape"]

RAMPS = 2
"""Channels in which each pixel holds its place in the stored image: its column, then its row."""
MOST_PLACES = 256
"""Columns and rows that the byte of a ramp tells apart."""


@dataclass(frozen=True, slots=True)
class RecordShape:
    """How a record of the image DB is made up.

    Attributes:
        images: images of a record.
        ramps: whether each image has two channels of ramps.
    """

    images: int = 1
    ramps: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether a record is one image and nothing else."""
        return self == RecordShape()

    def channels(self, image: int) -> int:
        """Return the channels of a record of images with so many channels of colour."""
        return self.images * (image + RAMPS * self.ramps)

    def image_channels(self, record: int) -> int | None:
        """Return the channels of colour of an image; None where a record cannot be made up so."""
        each, rest = divmod(record, self.images)
        found = each - RAMPS * self.ramps
        return None if rest or found < 1 else found

    def mean_values(self, means: Sequence[float], channels: int) -> tuple[float, ...]:
        """Return the mean of each channel of a record; ramps have none, which is 0.

        Args:
            means: one for all channels of colour, or one for each of an image.
            channels: those channels.

        Example:
            >>> RecordShape(images=2).mean_values([104, 117, 123], 3)
            (104, 117, 123, 104, 117, 123)
            >>> RecordShape(ramps=True).mean_values([128], 3)
            (128, 128, 128, 0.0, 0.0)
        """
        each = tuple(means) * channels if len(means) == 1 else tuple(means)
        return (*each, *((0.0,) * (RAMPS * self.ramps))) * self.images

    def __str__(self) -> str:
        """Say it in words: `2 images`, `1 image with two ramps each`."""
        return plural(self.images, "image") + " with two ramps each" * self.ramps
