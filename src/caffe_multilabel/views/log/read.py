"""Reads training logs: puts each number that a line says in its iteration, phase and run."""

from __future__ import annotations

import os
from collections import Counter
from itertools import count
from typing import TYPE_CHECKING

from caffe_multilabel._base.arguments import items_of, path_text
from caffe_multilabel._base.text import plural
from caffe_multilabel.errors import Error, OptionError
from caffe_multilabel.views.log.lines import Mark, Said, read_line
from caffe_multilabel.views.log.model import LogRow, TrainingLog
from caffe_multilabel.views.log.source import log_lines

if TYPE_CHECKING:
    from collections.abc import Iterable

    from caffe_multilabel._base.arguments import StrPath

__all__ = ["parse_log", "read_log"]


def read_log(paths: StrPath | Iterable[StrPath]) -> TrainingLog:
    """Read a training log, or the logs of one training that was resumed, in their order.

    Lines that are not of the solver are passed over, and those that look as if they were and
    cannot be read are kept in `TrainingLog.unread`. A last line without an end is left out:
    training goes on and its number may be cut off.

    Args:
        paths: the log, or the logs: text in UTF-8, or in UTF-16 as PowerShell writes it, Docker's
            JSON, or one of these packed by gzip.

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
    parser = _Parser()
    for path in listed:
        place = f"{path}:"
        for number, line in enumerate(log_lines(path), 1):
            parser.take(line, place, number)
    log = parser.result()
    if not log.rows:
        raise Error(_nothing_read(listed, log.unread), path=listed[0])
    return log


def parse_log(lines: Iterable[str]) -> TrainingLog:
    """Read the lines of a training log, with or without their ends."""
    parser = _Parser()
    for number, line in enumerate(lines, 1):
        parser.take(line, "line ", number)
    return parser.result()


def _nothing_read(paths: list[str], unread: tuple[str, ...]) -> str:
    names = ", ".join(paths)
    if unread:
        return (
            f"{names}: no number of a training could be read; of "
            f"{plural(len(unread), 'line')} like those of Caffe's solver the first is {unread[0]}"
        )
    return (
        f"{names}: no line is one of Caffe's solver, such as 'Iteration 100, loss = 0.5'; "
        "was the log written with GLOG_minloglevel=1, does the solver have no display, or is it no "
        "text (gzip is unpacked, other packers are not)?"
    )


class _Parser:
    """Turns lines into rows; a block is what is printed of one iteration of one phase."""

    def __init__(self) -> None:
        self._rows: list[LogRow] = []
        self._starts: list[int] = []
        self._weights: dict[str, float] = {}
        self._unread: list[str] = []
        self._iteration: int | None = None
        self._begun: set[tuple[str, str | None]] = set()
        self._test_phase = "test"
        self._block: list[tuple[str, str, float]] = []

    def take(self, line: str, place: str, number: int) -> None:
        """Read one line."""
        said = read_line(line)
        if isinstance(said, Said) and self._place(said):
            self._add(said)
        elif said is Mark.RUN_BEGINS:
            self._end_block()
            self._iteration = None
        elif said is not None:
            self._unread.append(f"{place}{number}: {line.strip()}")

    def result(self) -> TrainingLog:
        """Return what was read."""
        self._end_block()
        return TrainingLog(
            tuple(self._rows), tuple(self._starts), self._weights, tuple(self._unread)
        )

    def _place(self, said: Said) -> bool:
        """Go to the iteration and the test net that a line names; False if none is known yet."""
        if said.iteration is not None or said.test_net is not None:
            self._end_block()
        if said.test_net is not None:
            self._test_phase = f"test{said.test_net or ''}"
        if said.iteration is not None:
            self._go_to(said.iteration, (self._phase(said), said.output))
        return self._iteration is not None

    def _go_to(self, iteration: int, begins: tuple[str, str | None]) -> None:
        """Go to an iteration, in a new run where the one at hand has been there.

        A line that names its iteration begins a test, a display of training or of its rate. A run
        has each of them once in an iteration, however many values follow.
        """
        if self._iteration != iteration:
            has_been = self._iteration is None or iteration < self._iteration
            self._begun.clear()
        else:
            has_been = begins in self._begun
        if has_been:
            self._starts.append(iteration)
            self._begun.clear()
        self._iteration = iteration
        self._begun.add(begins)

    def _phase(self, said: Said) -> str:
        return self._test_phase if said.phase == "test" else said.phase

    def _add(self, said: Said) -> None:
        if said.output is None:
            return
        if said.loss_weight is not None:
            self._weights[said.output] = said.loss_weight
        self._block.append((self._phase(said), said.output, said.value))

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
