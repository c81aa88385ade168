"""Label columns that teach nothing: constant ones, and those that are equal to another."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["constant_columns", "duplicate_columns"]


def constant_columns(labels: NDArray[np.float32]) -> tuple[int, ...]:
    """Return the columns of (N, L) labels that hold the same number in all records."""
    same = (labels == labels[:1]).all(axis=0)
    return tuple(np.flatnonzero(same).tolist()) if len(labels) else ()


def duplicate_columns(labels: NDArray[np.float32]) -> tuple[tuple[int, ...], ...]:
    """Return the groups of equal columns of (N, L) labels, constant ones left out."""
    constant = set(constant_columns(labels))
    groups: dict[bytes, list[int]] = {}
    for column in range(labels.shape[1]):
        if column not in constant:
            # Adding 0 makes 0 of -0, which is the same label in other bytes.
            content = np.ascontiguousarray(labels[:, column] + np.float32(0))
            groups.setdefault(hashlib.sha256(content.tobytes()).digest(), []).append(column)
    return tuple(tuple(group) for group in groups.values() if len(group) > 1)
