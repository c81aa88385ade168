"""Random numbers that are the same for one seed on every machine and numpy version."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["Stream"]


class Stream:
    """The random numbers of one image.

    numpy keeps the words of a bit generator stable for good, but not what `Generator` makes of
    them, so the few conversions needed are made here.
    """

    def __init__(self, seed: int, index: int, *purpose: int) -> None:
        """Begin the stream of an image, or another one of it for each `purpose`."""
        self._bits = np.random.PCG64(np.random.SeedSequence([seed, index, *purpose]))

    def uniform(self, low: float, high: float) -> float:
        """Draw a real in [low, high)."""
        unit = (int(self._bits.random_raw()) >> 11) * 2.0**-53
        return low + (high - low) * unit

    def choose(self, count: int) -> int:
        """Draw an integer in [0, count)."""
        return int(self._bits.random_raw()) % count

    def grain(self, height: int, width: int) -> npt.NDArray[np.float32]:
        """Draw film grain.

        Returns:
            float32 (height, width), triangular in (-1, 1), mean 0.
        """
        pixels = height * width
        words = np.asarray(self._bits.random_raw((pixels + 3) // 4), dtype="<u8")
        levels = words.view(np.uint8).astype(np.float32).reshape(-1)
        grain = (levels[:pixels] - levels[pixels : 2 * pixels]) / np.float32(256.0)
        return grain.reshape(height, width)
