"""Arrays that were recorded from a real Caffe, and how near to them the engine has to come."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

# Of an array's largest value, or of 0.01; see test_engine_golden.py.
FORWARD, BACKWARD, FLOOR = 1e-6, 2e-6, 0.01
# On another device than the CPU: other kernels, other orders of summation.
ELSEWHERE = 1e-5


@cache
def recorded_arrays(path: Path) -> dict[str, dict[str, NDArray[Any]]]:
    """Return the arrays of each case in an .npz whose names are CASE/WHAT, or CASE."""
    found: dict[str, dict[str, NDArray[Any]]] = {}
    with np.load(path) as arrays:
        for name in arrays.files:
            case, _, what = name.partition("/")
            found.setdefault(case, {})[what] = arrays[name]
    return found


def close(what: str, found: Any, wanted: NDArray[Any], limit: float) -> None:
    """Assert that a tensor is an array, but for a share of its largest value."""
    values = found.detach().numpy()
    assert values.shape == wanted.shape, what
    scale = max(np.abs(wanted).max(initial=0), FLOOR)
    assert np.abs(values - wanted).max(initial=0) <= limit * scale, what
