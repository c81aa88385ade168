"""Measures training against a real Caffe, and how long data layers keep the net waiting.

python benchmarks/train.py [--caffe TOOLS] [--trainings lenet,caffenet] [--rounds 3] [--work DIR]

`--caffe` is the folder of a BVLC Caffe's tools; without it only the engine is measured. Both train
the same solver on the same pairs, each as a process of its own, in turn: one run of a few
iterations and one of more, whose difference is the rate, so that starting does not count. Where
both are there, their losses are compared first. Prints Markdown.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import sys
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from figures import Figure, figures_table, markdown
from machine import processor_line
from processes import Where, run_json, run_told, wall_seconds, words
from train_data import TRAININGS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from processes import Command
    from train_data import Training

_HERE = Path(__file__).resolve().parent
_WANTED = {1: 1.0, 2: 1.25}  # of Caffe's rate, for each number of threads
_WAITING = 0.02  # of the time, at most, where reading alone is so many times as fast as the net:
_AHEAD = 2
_LOSS = re.compile(r"Iteration \d+ ?(?:\(.*\))?, loss = (\S+)")
_COMPARED = 4  # iterations
_TOLERANCE = 1e-3  # of a loss


class Trainer(NamedTuple):
    """One that trains a solver.

    Attributes:
        name: its column.
        command: what it is started by, but for the solver.
    """

    name: str
    command: Command

    def seconds(self, solver: Path, threads: int) -> float:
        """Train to the end."""
        return wall_seconds([*self._words(threads), str(solver)], _where(solver, threads))

    def losses(self, solver: Path) -> list[float]:
        """Train, and return the loss of each iteration."""
        said = run_told([*self._words(1), str(solver)], _where(solver, 1))
        return [float(loss) for loss in _LOSS.findall(said)]

    def rate(self, training: Training, made: Path, threads: int) -> float:
        """Images a second, once it runs."""
        lengths = (training.shorter, training.longer)
        shorter, longer = (
            self.seconds(training.solver(made, length), threads) for length in lengths
        )
        return training.batch * (training.longer - training.shorter) / (longer - shorter)

    def _words(self, threads: int) -> Command:
        return [word.format(threads=threads) for word in self.command]


def engine() -> Trainer:
    """The project's own command, which needs no Caffe."""
    tool = Path(sys.executable).with_name("caffe-multilabel")
    flags = ("--cpu", "--nolint", "--log", os.devnull, "--threads", "{threads}", "--solver")
    return Trainer("engine", words(tool, "train", *flags))


def caffe(tools: Path) -> Trainer:
    """`caffe train`."""
    return Trainer("Caffe", words(tools / "caffe", "train", "-solver"))


def _where(solver: Path, threads: int) -> Where:
    """As many threads for products, PyTorch's or OpenBLAS's; data layers have theirs beside."""
    count = str(threads)
    environment = os.environ | {"OPENBLAS_NUM_THREADS": count, "OMP_NUM_THREADS": count}
    environment.pop("OPENBLAS_CORETYPE", None)
    return Where(solver.parent, environment)


def check_same_losses(trainers: Sequence[Trainer], training: Training, made: Path) -> None:
    """Stop unless all lose the same with the same seed."""
    solver = training.solver(made, _COMPARED, shows=True)
    first, *others = (trainer.losses(solver) for trainer in trainers)
    for losses in others:
        same = len(losses) == len(first) > _COMPARED - 1 and all(
            abs(a - b) <= _TOLERANCE * abs(b) for a, b in zip(first, losses, strict=True)
        )
        if not same:
            raise SystemExit(f"{training.text}: the engine's losses are {first}, Caffe's {losses}")


class Wait(NamedTuple):
    """How long data layers kept a net waiting.

    Attributes:
        share: of the time.
        ahead: how many times as fast reading is alone.
    """

    share: float
    ahead: float


def wait(training: Training, made: Path, threads: int) -> Wait:
    """Measure it in a process of its own."""
    solver = training.solver(made, training.longer)
    job = words(sys.executable, _HERE / "train_waits.py", solver, threads)
    iterations = training.longer - training.shorter
    report = run_json([*job, str(iterations)], _where(solver, threads)).report
    waited, seconds = report["waited"], report["seconds"]
    return Wait(waited / seconds, (seconds - waited) / report["reading"])


def _figures(case: str, threads: int, rates: Sequence[list[float]], found: Wait) -> list[Figure]:
    figures = []
    if found.ahead >= _AHEAD:
        figures.append(Figure(f"{case}: waiting", 100 * _WAITING, 100 * found.share, " %"))
    if len(rates) > 1:
        ratio = median(a / b for a, b in zip(*rates, strict=True))
        figures.append(Figure(f"{case}: rate over Caffe's", _WANTED[threads], ratio, "", True))
    return figures


def main() -> None:
    """Measure everything and print it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--caffe", type=Path, metavar="TOOLS", help="folder of Caffe's tools")
    parser.add_argument("--rounds", type=int, default=3, help="default: %(default)s")
    names = [training.net for training in TRAININGS]
    parser.add_argument("--trainings", default=",".join(names), help="default: %(default)s")
    default_work = _HERE.parent / "build" / "benchmarks"
    parser.add_argument("--work", type=Path, default=default_work, help="default: %(default)s")
    options = parser.parse_args()
    chosen = options.trainings.split(",")
    if unknown := set(chosen) - set(names):
        parser.error(f"--trainings {', '.join(sorted(unknown))}: {', '.join(names)} are allowed")
    work = options.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    trainers = [engine()]
    if options.caffe:
        trainers.append(caffe(options.caffe.resolve()))

    rows, figures = [], []
    for training in (one for one in TRAININGS if one.net in chosen):
        print(f"{training.text}: pair and losses ...", file=sys.stderr)
        made = training.make(work)
        check_same_losses(trainers, training, made)
        for threads in _WANTED:
            case = f"{training.text}, threads {threads}"
            print(f"{case} ...", file=sys.stderr)
            rates: list[list[float]] = [[] for _ in trainers]
            waits = []
            for _ in range(options.rounds):
                for trainer, own in zip(trainers, rates, strict=True):
                    own.append(trainer.rate(training, made, threads))
                waits.append(wait(training, made, threads))
            found = Wait(*(median(values) for values in zip(*waits, strict=True)))
            figures += _figures(case, threads, rates, found)
            of_rates = (f"{median(own):.1f}" for own in rates)
            rows.append([case, *of_rates, f"{100 * found.share:.1f}", f"{found.ahead:.1f}"])

    named = (f"{trainer.name}, images/s" for trainer in trainers)
    header = ["training", *named, "waiting, %", "reading alone, times the net"]
    print(f"`{shlex.join(['python', *sys.argv])}`\n\n{processor_line()}\n")
    print(markdown(header, rows))
    print(f"\n{figures_table(figures)}")


if __name__ == "__main__":
    main()
