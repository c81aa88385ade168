"""Measures the conversion: speed against a bound and a Python script, memory, list, start-up.

python benchmarks/convert.py [--images 3000] [--work DIR] [--rounds 3]

Every timed thing is a process of its own, and each round runs all contenders in turn. What they
wrote is checked in the same run. Prints Markdown.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path

from bound import build_bound
from figures import figures_table, rates_table
from images import make_image_set
from machine import cores, machine_line
from measurements import (
    Bench,
    check_work,
    measure_rates,
    memory_figures,
    speed_figures,
    start_figures,
)

_REPOSITORY = Path(__file__).resolve().parents[1]


def _say(what: str) -> None:
    print(f"{what} ...", file=sys.stderr)


def main() -> None:
    """Measure everything and print it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--images", type=int, default=3000, help="default: %(default)s")
    parser.add_argument("--rounds", type=int, default=3, help="default: %(default)s")
    default_work = _REPOSITORY / "build" / "benchmarks"
    parser.add_argument("--work", type=Path, default=default_work, help="default: %(default)s")
    arguments = parser.parse_args()
    work = arguments.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    bound = build_bound(_REPOSITORY, work)
    _say("drawing the images, once a work folder")
    bench = Bench(work, make_image_set(work, arguments.images), bound, cores())

    _say("checking what will be timed")
    check_work(bench)  # first, as it also brings the files into the page cache
    rates = measure_rates(bench, arguments.rounds)
    _say("memory, a long list, --help")
    figures = speed_figures(rates, bench.threads) + memory_figures(bench)
    figures += start_figures(bench, arguments.rounds)

    images = bench.images
    print(f"`{shlex.join(['python', *sys.argv])}`\n")
    print(machine_line(bound))
    print(
        f"{images.images} JPEGs of 500x375, {images.mean_bytes / 1000:.0f} kB on average; "
        f"{arguments.rounds} rounds\n"
    )
    print(rates_table(rates))
    print()
    print(figures_table(figures))


if __name__ == "__main__":
    main()
