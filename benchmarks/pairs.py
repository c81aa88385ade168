"""How long it takes to make pairs and triplets of a list of a million images, and to write them.

Run as `python benchmarks/pairs.py [LINES [RECORDS]]`; CPU seconds are in brackets.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from caffe_multilabel import make_pairs, make_triplets, read_table, write_list


def write(path: Path, lines: int) -> None:
    """Write a CSV of paths, identities of 20 images each on the average, their makes, and ages."""
    random = np.random.default_rng(0)
    people = random.integers(0, lines // 20, lines)
    columns = (people.tolist(), (people % 160).tolist(), random.integers(0, 90, lines).tolist())
    with path.open("w", encoding="utf-8") as file:
        file.write("path,model,make,age\n")
        for index, row in enumerate(zip(*columns, strict=True)):
            file.write(f"photos/{index:07d}.jpg,{','.join(map(str, row))}\n")


def main() -> None:
    """Write the list, read it, make pairs and triplets, and print the seconds of each."""
    lines, records = (int(number) for number in (*sys.argv[1:], *(1_000_000, 10_000_000))[:2])
    if len(sys.argv) == 2:
        records = 10 * lines
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "labels.csv"
        write(source, lines)
        clocks = [(time.perf_counter(), time.process_time())]

        def say(what: str) -> None:
            clocks.append((time.perf_counter(), time.process_time()))
            wall, cpu = (end - begin for begin, end in zip(*clocks[-2:], strict=True))
            most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
            print(f"{what} in {wall:.1f} s ({cpu:.1f} s); {most:.1f} GiB at the most so far")

        table = read_table(source)
        say(f"{lines:,} lines read")
        pairs = make_pairs(table, records, identity="model")
        say(f"{records:,} pairs made")
        write_list(pairs, Path(folder) / "pairs.csv")
        say(f"{records:,} pairs written")
        del pairs
        triplets = make_triplets(
            table, records, identity="model", hard="make", margins={"make": 0.6, "model": 0.3}
        )
        say(f"{records:,} hard triplets made")
        del triplets
        make_triplets(table, records, identity="model", easy="make")
        say(f"{records:,} easy triplets made")


if __name__ == "__main__":
    main()
