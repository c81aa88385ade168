"""Labels that come from a program, as the float32 that a label DB holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from caffe_multilabel.errors import ListError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["label_array"]

_EXACT_BITS = 24
"""Of a float32: every whole number up to 2^24 is one, of those above only some."""

_WHOLE_FLOAT64 = 2.0**53
"""Beyond it every float64 is whole, so that it says nothing of what was meant."""


def label_array(values: object, count: int) -> NDArray[np.float32]:
    """Return the labels of `count` records as float32, records along the first axis.

    Raises:
        ListError: no numbers, not `count` rows, or a whole number that float32 would round.
    """
    if count == 0:
        raise ListError("there are no records")
    try:
        array = np.asarray(values)
        if array.dtype.kind not in "biufO":
            raise TypeError
        with np.errstate(over="ignore"):  # what is too large becomes inf, which the core refuses
            labels = np.ascontiguousarray(array, dtype=np.float32)
    except (TypeError, ValueError, OverflowError):
        raise ListError("labels must be numbers, as many for each record") from None
    if array.ndim == 0 or array.shape[0] != count:
        raise ListError(f"labels have shape {array.shape}, must be ({count}, ...): a row a path")
    rounded = np.flatnonzero(_rounded(array, labels).reshape(-1))
    if rounded.size:
        first = int(rounded[0])
        record, label = divmod(first, array.size // count)
        more = f"; {rounded.size - 1} more are rounded" if rounded.size > 1 else ""
        message = (
            f"record {record + 1}: label {label + 1}: {array.reshape(-1)[first]} does not fit a "
            f"32-bit float, which would make it {int(labels.reshape(-1)[first])}{more}"
        )
        raise ListError(message, line=record + 1)
    return labels


def _rounded(array: NDArray[Any], labels: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return where a whole number of `array` is another one in `labels`."""
    if array.dtype.kind in "iu":
        # Exact where the bits between the first and the last that are set are few enough. The
        # magnitude of the lowest int64 is right only without its sign.
        bits = array.astype(np.uint64)
        size = np.where(array < 0, ~bits + np.uint64(1), bits) if array.dtype.kind == "i" else bits
        lowest = np.maximum(size & (~size + np.uint64(1)), np.uint64(1))
        return np.asarray(size // lowest >= np.uint64(2**_EXACT_BITS))
    if array.dtype.kind == "f" and array.dtype.itemsize > labels.itemsize:
        whole = (np.abs(array) <= _WHOLE_FLOAT64) & (np.trunc(array) == array)
        return np.asarray(whole & (labels != array))
    if array.dtype.kind == "O":  # whole numbers beyond 64 bits, or kinds that are mixed
        flat = zip(array.reshape(-1), labels.reshape(-1).tolist(), strict=True)
        found = [
            isinstance(value, int) and abs(label) != np.inf and value != label
            for value, label in flat
        ]
        return np.asarray(found, dtype=np.bool_).reshape(array.shape)
    return np.zeros(array.shape, dtype=np.bool_)
