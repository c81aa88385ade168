"""Measures the reader: labels into an array, raw batches, encoded batches.

python benchmarks/reader.py [--images 3000] [--records 1000000] [--work DIR] [--rounds 5]

Every timed thing is a process of its own, and each round runs all contenders in turn. What they
read is compared bit by bit in the same run. Prints Markdown. The bound decodes to memory and copies
the image once, as `bound.cc` does when it resizes to the size that the image has.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from bound import build_bound
from figures import Figure, Rates, figures_table, rates_table, ratio
from images import HEIGHT, WIDTH, make_image_set
from machine import cores, machine_line
from processes import run_json, words
from reader_data import encoded_pair, label_pair, raw_pair

if TYPE_CHECKING:
    from collections.abc import Mapping

    from processes import Command

_HERE = Path(__file__).resolve().parent
_PASSES = 3  # of a run over the images: one pass over raw ones is too short to time

LABELS, PYTHON_LABELS = "labels, MultilabelDataset", "labels, Python loop"
RAW, PYTHON_RAW = "raw 256x256 batches", "raw 256x256 batches, Python loop"
ENCODED, BOUND = "encoded 500x375 batches", "decode bound"


def _program(name: str, *arguments: str | int | Path) -> Command:
    return words(sys.executable, _HERE / f"{name}.py", *arguments)


def _require_same(*arguments: str | Path) -> None:
    ours, theirs = (
        run_json(_program(name, "--digest", *arguments)).report["digest"]
        for name in ("reader_ours", "reader_python")
    )
    if ours != theirs:
        raise SystemExit(f"what was read differs: {' '.join(map(str, arguments))}")


def measure(commands: Mapping[str, tuple[Command, int]], rounds: int) -> dict[str, Rates]:
    """Run every command once a round, in turn.

    Args:
        commands: by name, with the records that one run goes through.
        rounds: how often.
    """
    rates = {name: Rates([], []) for name in commands}
    for number in range(rounds):
        print(f"round {number + 1} of {rounds} ...", file=sys.stderr)
        for name, (command, records) in commands.items():
            done = run_json(command)
            rates[name].images_per_second.append(records / done.report["seconds"])
            rates[name].wall.append(done.wall)
    return rates


def main() -> None:
    """Measure everything and print it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--images", type=int, default=3000, help="default: %(default)s")
    parser.add_argument("--records", type=int, default=1_000_000, help="default: %(default)s")
    parser.add_argument("--rounds", type=int, default=5, help="default: %(default)s")
    default_work = _HERE.parent / "build" / "benchmarks"
    parser.add_argument("--work", type=Path, default=default_work, help="default: %(default)s")
    arguments = parser.parse_args()
    work = arguments.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    bound = build_bound(_HERE.parent, work)
    print("making images and databases, once a work folder ...", file=sys.stderr)
    images = make_image_set(work, arguments.images)
    raw, encoded = raw_pair(work, images), encoded_pair(work, images)
    labels = label_pair(work, arguments.records)

    print("comparing what will be timed ...", file=sys.stderr)
    _require_same("labels", labels.images, labels.labels)
    _require_same("batches", raw.images, raw.labels)
    read_labels = ("labels", labels.images, labels.labels)
    read_raw = ("batches", "--passes", _PASSES, raw.images, raw.labels)
    read_encoded = ("batches", encoded.images, encoded.labels)
    decode = words(bound, images.paths_file, cores(), WIDTH, HEIGHT)
    rates = measure(
        {
            PYTHON_LABELS: (_program("reader_python", *read_labels), arguments.records),
            LABELS: (_program("reader_ours", *read_labels), arguments.records),
            PYTHON_RAW: (_program("reader_python", *read_raw), images.images),
            RAW: (_program("reader_ours", *read_raw), images.images),
            BOUND: (decode, images.images),
            ENCODED: (_program("reader_ours", *read_encoded), images.images),
        },
        arguments.rounds,
    )
    figures = [
        Figure("labels, over the Python loop", 20, ratio(rates, LABELS, PYTHON_LABELS), "", True),
        Figure("raw batches, over the Python loop", 3, ratio(rates, RAW, PYTHON_RAW), "", True),
        Figure("encoded batches, over the bound", 0.9, ratio(rates, ENCODED, BOUND), "", True),
    ]
    print(f"`{shlex.join(['python', *sys.argv])}`\n")
    print(machine_line(bound))
    print(
        f"{images.images} images, {arguments.records} label records of five floats, "
        f"{arguments.rounds} rounds; records count as images here\n"
    )
    print(rates_table(rates))
    print()
    print(figures_table(figures))


if __name__ == "__main__":
    main()
