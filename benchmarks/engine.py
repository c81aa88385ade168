"""Measures the engine against a real Caffe: forward and backward of five backbones, and memory.

python benchmarks/engine.py [--caffe TOOLS] [--nets lenet,resnet18] [--rounds 3] [--work DIR]

`--caffe` is the folder of a BVLC Caffe's tools; without it only the engine is measured. Both run
the same prototxt on constants, so that no disk is read, each as a process of its own, in turn.
Memory is how far each grows over what it has with the smallest net. Prints Markdown.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import sys
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from engine_nets import NETS, write_net
from figures import Figure, figures_table, markdown
from machine import processor_line
from processes import run_measured, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_HERE = Path(__file__).resolve().parent
_BATCHES = (8, 16)
_WANTED = {1: 0.9, 2: 1.25}  # of Caffe's rate, for each number of threads
_TIMES = re.compile(r"Average Forward-Backward: ([\d.]+) ms")
# The least that `caffe time` takes.
_SMALLEST = """layer { name: "x" type: "DummyData" top: "x" dummy_data_param { shape { dim: 1 } } }
layer { name: "y" type: "Reduction" bottom: "x" top: "y" loss_weight: 1 }
"""


class Sample(NamedTuple):
    """One run.

    Attributes:
        seconds: of one iteration, forward and backward.
        mib: how far the process grew.
    """

    seconds: float
    mib: float


class Engine:
    """The engine, in a process of its own."""

    name = "engine"

    def __init__(self, smallest: Path) -> None:
        """Take the memory that it has with the smallest net for what it has before a net."""
        self._before = 0.0
        self._before = self.run(smallest, 1, 1).mib

    def run(self, net: Path, threads: int, iterations: int) -> Sample:
        """Run it once."""
        command = words(sys.executable, _HERE / "engine_ours.py", net, threads, iterations)
        said, mib = run_measured(command)
        return Sample(json.loads(said)["seconds"], mib - self._before)


class Caffe:
    """`caffe time`, with as many threads of OpenBLAS as the engine has."""

    name = "Caffe"

    def __init__(self, tools: Path, smallest: Path) -> None:
        """Take the memory that it has with the smallest net for what it has before a net."""
        self._tool = tools / "caffe"
        self._before = 0.0
        self._before = self.run(smallest, 1, 1).mib

    def run(self, net: Path, threads: int, iterations: int) -> Sample:
        """Run it once."""
        count = str(threads)
        environment = os.environ | {"OPENBLAS_NUM_THREADS": count, "OMP_NUM_THREADS": count}
        environment.pop("OPENBLAS_CORETYPE", None)
        command = words(self._tool, "time", "-model", net, "-iterations", iterations)
        said, mib = run_measured(command, environment)
        found = _TIMES.search(said)
        if found is None:
            raise SystemExit(f"no time in what {self._tool} said of {net}:\n{said}")
        return Sample(float(found[1]) / 1000, mib - self._before)


def measure(
    contenders: Sequence[Engine | Caffe], net: Path, threads: int, options: argparse.Namespace
) -> list[list[Sample]]:
    """Run all contenders in turn, and return the samples of each."""
    samples: list[list[Sample]] = [[] for _ in contenders]
    for _ in range(options.rounds):
        for contender, own in zip(contenders, samples, strict=True):
            own.append(contender.run(net, threads, options.iterations))
    return samples


def _cells(samples: Iterable[Sample]) -> list[str]:
    milliseconds = 1000 * median(one.seconds for one in samples)
    return [f"{milliseconds:.0f}", f"{_peak(samples):.0f}"]


def _peak(samples: Iterable[Sample]) -> float:
    return max(one.mib for one in samples)


def _figures(case: str, threads: int, ours: list[Sample], caffe: list[Sample]) -> list[Figure]:
    rate = median(b.seconds / a.seconds for a, b in zip(ours, caffe, strict=True))
    return [
        Figure(f"{case}: rate over Caffe's", _WANTED[threads], rate, at_least=True),
        Figure(f"{case}: memory over Caffe's", 1, _peak(ours) / _peak(caffe)),
    ]


def main() -> None:
    """Measure everything and print it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--caffe", type=Path, metavar="TOOLS", help="folder of Caffe's tools")
    names = [case.backbone for case in NETS]
    parser.add_argument("--nets", default=",".join(names), help="default: %(default)s")
    parser.add_argument("--rounds", type=int, default=3, help="default: %(default)s")
    parser.add_argument("--iterations", type=int, default=4, help="of a run; default: %(default)s")
    default_work = _HERE.parent / "build" / "benchmarks"
    parser.add_argument("--work", type=Path, default=default_work, help="default: %(default)s")
    options = parser.parse_args()
    chosen = options.nets.split(",")
    if unknown := set(chosen) - set(names):
        parser.error(f"--nets {', '.join(sorted(unknown))}: {', '.join(names)} are allowed")
    options.work.mkdir(parents=True, exist_ok=True)
    smallest = options.work / "smallest.prototxt"
    smallest.write_text(_SMALLEST)
    contenders: list[Engine | Caffe] = [Engine(smallest)]
    if options.caffe:
        contenders.append(Caffe(options.caffe, smallest))

    rows, figures = [], []
    cases = [(case, batch) for case in NETS if case.backbone in chosen for batch in _BATCHES]
    for case, batch in cases:
        net = write_net(options.work, case, batch)
        for threads in _WANTED:
            name = f"{case.backbone}, batch {batch}, threads {threads}"
            print(f"{name} ...", file=sys.stderr)
            samples = measure(contenders, net, threads, options)
            rows.append([name, *(cell for own in samples for cell in _cells(own))])
            if len(samples) > 1:
                figures += _figures(name, threads, *samples)

    header = ["net", *(cell for one in contenders for cell in (f"{one.name}, ms", "MiB"))]
    print(f"`{shlex.join(['python', *sys.argv])}`\n\n{processor_line()}\n")
    print(markdown(header, rows))
    if figures:
        print(f"\n{figures_table(figures)}")


if __name__ == "__main__":
    main()
