"""What is said of the identities of pairs and triplets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["identities", "shares_of"]


def identities(count: int) -> str:
    """Count identities.

    Example:
        >>> identities(1), identities(2)
        ('1 identity', '2 identities')
    """
    return "1 identity" if count == 1 else f"{count} identities"


def shares_of(owners: NDArray[np.int64]) -> str:
    """Say how often each identity is there.

    Example:
        >>> shares_of(np.array([0, 0, 2, 1, 2]))
        '3 identities, each in 1 to 2'
    """
    counts = np.bincount(owners.reshape(-1))
    counts = counts[counts > 0]
    least, most = int(counts.min()), int(counts.max())
    often = str(least) if least == most else f"{least} to {most}"
    return f"{identities(len(counts))}, each in {often}"
