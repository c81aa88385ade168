"""Reads the lines that Caffe's solver prints (BVLC Caffe's src/caffe/solver.cpp)."""

from __future__ import annotations

import os
import re
from collections import Counter
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from caffe_multilabel._base.arguments import items_of, path_text
from caffe_multilabel.errors import Error, OptionError
from caffe_multilabel.views.log.model import LEARNING_RATE, TOTAL_LOSS, LogRow, TrainingLog

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from caffe_multilabel._base.arguments import StrPath

__all__ = ["parse_log", "read_log"]

# What glog puts before a message, `I0102 03:04:05.678901  2345 solver.cpp:239] `, and whatever a
# collector of logs puts before that. A log may have been stripped of it.
_PREFIX = re.compile(r"^.*?\.\w+:\d+\] ")
_ITERATION = re.compile(r"Iteration (\d+)\b(.*)$")
_TESTING = re.compile(r", Testing net \(#(\d+)\)")
_RATE = re.compile(r", lr = (\S+)$")
_LOSS = re.compile(r"[ ,].*\bloss = (\S+)$")
_TEST_LOSS = re.compile(r"Test loss: (\S+)$")
_OUTPUT = re.compile(r"(Train|Test) net output #\d+: (.+) = (\S+?)(?: \(\* (\S+) = \S+ loss\))?$")
# How Microsoft's C library prints what is no number.
_ODD_NUMBERS = {"1.#INF": "inf", "-1.#INF": "-inf", "1.#QNAN": "nan", "-1.#IND": "nan"}


def read_log(paths: StrPath | Iterable[StrPath]) -> TrainingLog:
    """Read a training log, or the logs of one training that was resumed, in their order.

    Lines that are not of the solver are passed over. A last line without an end is left out:
    training goes on and its number may be cut off.

    Args:
        paths: the log, or the logs.

    Raises:
        Error: a file cannot be read, or there is no number in any of them.
        OptionError: there is no log among `paths`, or what is no path.

    Example:
        >>> from pathlib import Path
        >>> from caffe_multilabel import read_log
        >>> length = Path("caffe.log").write_text('''
        ... Iteration 0, loss = 2.5
        ... Iteration 20, loss = 1.25
        ... ''')
        >>> read_log("caffe.log")
        TrainingLog(rows=<2 items>, run_starts=(0,), loss_weights={})
    """
    wanted = [paths] if isinstance(paths, str | os.PathLike) else paths
    listed = [path_text("a path", path) for path in items_of("paths", wanted, "a path or paths")]
    if not listed:
        raise OptionError("a training log is wanted, and none is given")
    log = parse_log(line for path in listed for line in _lines(path))
    if not log.rows:
        names = ", ".join(listed)
        raise Error(
            f"{names}: no line is one of Caffe's solver, such as 'Iteration 100, loss = 0.5'; "
            "was the log written with GLOG_minloglevel=1, or does the solver have no display?",
            path=listed[0],
        )
    return log


def parse_log(lines: Iterable[str]) -> TrainingLog:
    """Read the lines of a training log, with or without their ends."""
    parser = _Parser()
    for line in lines:
        parser.take(line)
    return parser.result()


def _lines(path: str) -> Iterator[str]:
    try:
        with Path(path).open(encoding="utf-8", errors="replace") as file:
            for line in file:
                if line.endswith("\n"):
                    yield line
    except OSError as error:
        raise Error(f"{path}: cannot read the log: {error.strerror}", path=path) from error


class _Parser:
    """Turns lines into rows; a block is what is printed of one iteration of one phase."""

    def __init__(self) -> None:
        self._rows: list[LogRow] = []
        self._starts: list[int] = []
        self._weights: dict[str, float] = {}
        self._iteration: int | None = None
        self._test_phase = "test"
        self._block: list[tuple[str, str, float]] = []

    def take(self, line: str) -> None:
        """Read one line."""
        if not ("teration" in line or "net output" in line or "Test loss" in line):
            return
        text = _PREFIX.sub("", line.rstrip()).lstrip()
        if match := _ITERATION.match(text):
            self._take_iteration(int(match[1]), match[2])
        elif self._iteration is None:
            return  # The head of the log is missing.
        elif match := _OUTPUT.match(text):
            self._take_output(match)
        elif match := _TEST_LOSS.match(text):
            self._add(self._test_phase, TOTAL_LOSS, match[1])

    def result(self) -> TrainingLog:
        """Return what was read."""
        self._end_block()
        return TrainingLog(tuple(self._rows), tuple(self._starts), self._weights)

    def _take_iteration(self, number: int, rest: str) -> None:
        testing, rate, loss = _TESTING.match(rest), _RATE.match(rest), _LOSS.match(rest)
        if not (testing or rate or loss):
            return
        self._end_block()
        if self._iteration is None or number < self._iteration:
            self._starts.append(number)
        self._iteration = number
        if testing:
            self._test_phase = "test" if testing[1] == "0" else f"test{testing[1]}"
        elif rate:
            self._add("train", LEARNING_RATE, rate[1])
        elif loss:
            self._add("train", TOTAL_LOSS, loss[1])

    def _take_output(self, match: re.Match[str]) -> None:
        phase = "train" if match[1] == "Train" else self._test_phase
        if match[4] is not None and (weight := _number(match[4])) is not None:
            self._weights[match[2]] = weight
        self._add(phase, match[2], match[3])

    def _add(self, phase: str, output: str, text: str) -> None:
        value = _number(text)
        if value is not None:
            self._block.append((phase, output, value))

    def _end_block(self) -> None:
        """Number the values of outputs that hold several, and make the block's rows."""
        times = Counter((phase, output) for phase, output, _ in self._block)
        counters = {name: count() for name, number in times.items() if number > 1}
        for phase, output, value in self._block:
            counter = counters.get((phase, output))
            name = output if counter is None else f"{output}[{next(counter)}]"
            run = len(self._starts) - 1
            self._rows.append(LogRow(self._iteration or 0, phase, name, value, run))
            if name != output and output in self._weights:
                self._weights[name] = self._weights[output]
        self._block.clear()


def _number(text: str) -> float | None:
    try:
        return float(_ODD_NUMBERS.get(text, text))
    except ValueError:
        return None
