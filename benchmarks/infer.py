"""How long it takes to tell the tasks of a list of a million lines, reading included.

Run as `python benchmarks/infer.py [LINES]`; on a busy machine look at CPU seconds, in brackets.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from caffe_multilabel import infer_tasks, read_table


def write(path: Path, lines: int) -> None:
    """Write a CSV of a path and six columns: identities, classes, yes and no, numbers."""
    random = np.random.default_rng(0)
    colours = np.array(["black", "blue", "red", "silver", "white"])
    columns = (
        [f"photos/{index:07d}.jpg" for index in range(lines)],
        random.integers(0, lines // 20, lines).tolist(),
        colours[random.integers(0, 5, lines)].tolist(),
        random.integers(0, 160, lines).tolist(),
        random.integers(0, 2, lines).tolist(),
        np.round(random.uniform(2, 9, lines), 5).tolist(),
        random.normal(40, 12, lines).astype(int).tolist(),
    )
    with path.open("w", encoding="utf-8") as file:
        file.write("image,vehicle_id,colour,brand,taxi,length,age\n")
        file.writelines(",".join(map(str, row)) + "\n" for row in zip(*columns, strict=True))


def main() -> None:
    """Write the list, read it, tell its tasks, and print the seconds of each."""
    lines = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "labels.csv"
        write(path, lines)
        times = [(time.perf_counter(), time.process_time())]
        table = read_table(path)
        times.append((time.perf_counter(), time.process_time()))
        inferred = infer_tasks(table)
        times.append((time.perf_counter(), time.process_time()))
    kinds = ", ".join(decision.kind for decision in inferred.decisions)
    print(f"{lines:,} lines: {kinds}")
    for what, start, end in (("read", 0, 1), ("told", 1, 2), ("together", 0, 2)):
        wall, cpu = (times[end][clock] - times[start][clock] for clock in (0, 1))
        print(f"{what} in {wall:.2f} s ({cpu:.2f} s)")


if __name__ == "__main__":
    main()
