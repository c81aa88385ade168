"""How much two columns of labels tell of each other, a measure for each pair of kinds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["correlation_ratio", "cramers_v", "pearson"]

_ROWS = 1 << 16
_DENSE_CELLS = 1 << 22


def pearson(values: NDArray[np.float32], valid: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Correlate columns with each other, Pearson's r, over the records where both count.

    Args:
        values: float32 (N, K).
        valid: bool (N, K), which of them count.

    Returns:
        float64 (K, K), symmetric; nan where a column is constant.
    """
    width = values.shape[1]
    # Sums of distances from a label near the mean keep their digits where the mean is large.
    origin = np.array(
        [
            column[good].mean(dtype=np.float64) if good.any() else 0.0
            for column, good in zip(values.T, valid.T, strict=True)
        ]
    )
    count, total, squares, products = (np.zeros((width, width)) for _ in range(4))
    for begin in range(0, len(values), _ROWS):
        mask = valid[begin : begin + _ROWS]
        centred = np.where(mask, values[begin : begin + _ROWS] - origin, 0.0)
        weights = mask.astype(np.float64)
        count += weights.T @ weights
        total += centred.T @ weights
        squares += (centred**2).T @ weights
        products += centred.T @ centred
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = squares - total**2 / count
        # What is left of a constant column by rounding is no variance.
        spread[spread <= 1e-12 * squares] = np.nan
        result: NDArray[np.float64] = (products - total * total.T / count) / np.sqrt(
            spread * spread.T
        )
    return result.clip(-1.0, 1.0)


def correlation_ratio(
    codes: NDArray[np.int64], values: NDArray[np.float32], valid: NDArray[np.bool_]
) -> float:
    """Tell how much a class tells of a number: the root of epsilon squared (Kelley 1935).

    That is the part of the variance that lies between the classes, less what chance puts there.

    Args:
        codes: int64 (N,), the class of each record, negative where there is none.
        values: float32 (N,).
        valid: bool (N,), which values count.

    Returns:
        From 0 to 1; nan where the number is constant or too few records count.
    """
    good = valid & (codes >= 0)
    groups, numbers = codes[good], values[good].astype(np.float64)
    counts = np.bincount(groups)
    present = counts > 0
    records, classes = len(groups), int(present.sum())
    if classes < 2 or records <= classes:
        return float("nan")
    numbers -= numbers.mean()
    whole = float((numbers**2).sum())
    sums = np.bincount(groups, weights=numbers)[present]
    between = float((sums**2 / counts[present]).sum())
    if whole <= 0:
        return float("nan")
    within = (whole - between) / (records - classes)
    return float(np.sqrt(max(0.0, (between - (classes - 1) * within) / whole)))


def cramers_v(first: NDArray[np.int64], second: NDArray[np.int64]) -> float:
    """Tell how much two classes tell of each other: Cramér's V, corrected (Bergsma 2013).

    Args:
        first: int64 (N,), the class of each record, negative where there is none.
        second: likewise, of another task.

    Returns:
        From 0 to 1; nan where a task has one class only.
    """
    good = (first >= 0) & (second >= 0)
    rows, columns = first[good], second[good]
    records = len(rows)
    if not records:
        return float("nan")
    row_counts, column_counts = np.bincount(rows), np.bincount(columns)
    cells, counts = _occupied(
        rows * len(column_counts) + columns, len(row_counts) * len(column_counts)
    )
    expected = (
        row_counts[cells // len(column_counts)].astype(np.float64)
        * column_counts[cells % len(column_counts)]
    )
    height, width = int((row_counts > 0).sum()), int((column_counts > 0).sum())
    if min(height, width) < 2:
        return float("nan")
    phi = float((counts.astype(np.float64) ** 2 / expected).sum()) - 1
    phi = max(0.0, phi - (height - 1) * (width - 1) / (records - 1))
    room = min(side - 1 - (side - 1) ** 2 / (records - 1) for side in (height, width))
    return float(np.sqrt(min(1.0, phi / room))) if room > 0 else float("nan")


def _occupied(cells: NDArray[np.int64], size: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the cells of a table that hold records, and how many."""
    if size > _DENSE_CELLS:
        held, counts = np.unique(cells, return_counts=True)
        return held, counts
    counts = np.bincount(cells)
    held = np.flatnonzero(counts)
    return held, counts[held]
