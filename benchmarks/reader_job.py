"""The two jobs of the reader's benchmark, and how a program runs one and reports it."""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["BATCH", "CROP", "MEAN", "Batch", "run_job"]

BATCH, CROP, MEAN = 64, 227, (104, 117, 123)
Batch: TypeAlias = "tuple[NDArray[np.float32], NDArray[np.float32]]"


def run_job(
    read_labels: Callable[[str, str], NDArray[np.float32]],
    batches: Callable[[str, str], Iterator[Batch]],
) -> None:
    """Run the job that the command line names and print its records and seconds, or a digest."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--passes", type=int, default=1)
    parser.add_argument("--digest", action="store_true")
    parser.add_argument("job", choices=("labels", "batches"))
    parser.add_argument("databases", nargs=2)
    arguments = parser.parse_args()

    def arrays() -> Iterator[NDArray[np.float32]]:
        if arguments.job == "labels":
            yield read_labels(*arguments.databases)
        else:
            for images, labels in batches(*arguments.databases):
                yield labels
                yield images

    print(json.dumps(_digest(arrays()) if arguments.digest else _timed(arrays, arguments.passes)))


def _digest(arrays: Iterator[NDArray[np.float32]]) -> dict[str, Any]:
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(array.tobytes())
    return {"digest": digest.hexdigest()}


def _timed(arrays: Callable[[], Iterator[NDArray[np.float32]]], passes: int) -> dict[str, Any]:
    start = time.perf_counter()
    for _ in range(passes):
        for array in arrays():
            array[-1, ..., -1]  # it is there
    return {"seconds": (time.perf_counter() - start) / passes}
