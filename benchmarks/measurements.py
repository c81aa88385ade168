"""The measurements: rates, memory, the reading of a list, the start of the command."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from checks import check_counts, check_same_records, check_verified
from contenders import (
    BASELINE,
    BOUND,
    ENCODED,
    PAIRS,
    RESIZE,
    TRUSTED,
    Pair,
    contenders,
    convert_command,
    raw_name,
)
from figures import Figure, Rates, ratio
from images import ImageSet, write_long_list
from processes import peak_anonymous_mib, run_json, wall_seconds, words

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "Bench",
    "check_work",
    "measure_rates",
    "memory_figures",
    "speed_figures",
    "start_figures",
]

_LONGER = 10  # times that the longer list of the memory figure goes through the images
_LINES = 1_000_000
_HELP_RUNS = 10
_READ_LIST = """\
import json, sys, time
from caffe_multilabel import _core
start = time.perf_counter()
how = {"label_count": 5, "rules": [], "list_format": "auto", "header": "auto"}
how["images_per_record"] = 1
records, *_ = _core.read_list(path=sys.argv[1], **how)
print(json.dumps({"seconds": time.perf_counter() - start, "lines": len(records)}))
"""


@dataclass(frozen=True)
class Bench:
    """What all measurements share.

    Attributes:
        work: the folder for images, lists and outputs.
        images: the image set.
        bound: the program of the bound.
        threads: all cores.
    """

    work: Path
    images: ImageSet
    bound: Path
    threads: int

    @contextmanager
    def pair(self, name: str = "out") -> Iterator[Pair]:
        """A place for a run's output; it is dropped afterwards, and the disk is at rest before."""
        folder = self.work / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        os.sync()
        try:
            yield Pair(folder / "images", folder / "labels")
        finally:
            shutil.rmtree(folder)


def check_work(bench: Bench) -> None:
    """Convert once with the tool and with the script; both must be right, and agree."""
    runners = {
        runner.name: runner for runner in contenders(bench.images, bench.bound, bench.threads)
    }
    with bench.pair() as ours, bench.pair("out_script") as theirs:
        run_json(runners[raw_name(bench.threads)].command(ours))
        run_json(runners[BASELINE].command(theirs))
        check_verified(ours, bench.images)
        check_same_records(ours, theirs)


def measure_rates(bench: Bench, rounds: int) -> dict[str, Rates]:
    """Run every contender once a round, in turn, and count what each wrote."""
    runners = contenders(bench.images, bench.bound, bench.threads)
    rates = {runner.name: Rates([], []) for runner in runners}
    for number in range(rounds):
        print(f"round {number + 1} of {rounds} ...", file=sys.stderr)
        for runner in runners:
            with bench.pair() as pair:
                done = run_json(runner.command(pair))
                if runner.writes:
                    check_counts(pair, bench.images.images // runner.images_per_record)
            rate = bench.images.images / done.report["seconds"]
            rates[runner.name].images_per_second.append(rate)
            rates[runner.name].wall.append(done.wall)
    return rates


def speed_figures(rates: dict[str, Rates], threads: int) -> list[Figure]:
    """Compare the rates with what is wanted."""
    raw = raw_name(threads)
    figures = [
        Figure("raw, over the bound", 0.8, ratio(rates, raw, BOUND), at_least=True),
        Figure("raw, over the Python script", 1.5, ratio(rates, raw, BASELINE), at_least=True),
        Figure("pairs of the same images, over raw", 0.95, ratio(rates, PAIRS, raw), at_least=True),
        Figure("encoded, over raw", 2.0, ratio(rates, ENCODED, raw), at_least=True),
        Figure("encoded and trusted, over raw", 5.0, ratio(rates, TRUSTED, raw), at_least=True),
    ]
    if threads > 1:
        gain = ratio(rates, raw_name(2), raw_name(1))
        figures.append(Figure("raw, 2 threads over 1", 1.7, gain, at_least=True))
    return figures


def memory_figures(bench: Bench) -> list[Figure]:
    """Peak anonymous memory of a raw conversion, and how it grows with the list."""
    count = bench.images.images
    longer = write_long_list(bench.work, bench.images, count * _LONGER)
    peaks = []
    for list_file in (bench.images.list_file, longer):
        with bench.pair() as pair:
            command = convert_command(bench.images, list_file, pair, bench.threads, RESIZE)
            peaks.append(peak_anonymous_mib(command))
    allowed = 20 + (longer.stat().st_size - bench.images.list_file.stat().st_size) / 2**20
    growth = peaks[1] - peaks[0]
    return [
        Figure(f"anonymous memory, {count} lines", 200, peaks[0], " MiB"),
        Figure(
            f"growth from {count} to {count * _LONGER} lines", round(allowed, 1), growth, " MiB"
        ),
    ]


def start_figures(bench: Bench, rounds: int) -> list[Figure]:
    """The list of a million lines, and `--help`."""
    path = write_long_list(bench.work, bench.images, _LINES)
    command = words(sys.executable, "-c", _READ_LIST, path)
    seconds = []
    for _ in range(rounds):
        report = run_json(command).report
        if report["lines"] != _LINES:
            raise SystemExit(f"{path}: {report['lines']} lines were read, not {_LINES}")
        seconds.append(report["seconds"])
    tool = Path(sys.executable).with_name("convert_multilabel")
    help_seconds = [wall_seconds(words(tool, "--help")) for _ in range(_HELP_RUNS)]
    return [
        Figure(f"list of {_LINES} lines, parsed and checked", 1.5, median(seconds), " s"),
        Figure("convert_multilabel --help", 0.2, median(help_seconds), " s"),
    ]
