"""The lines that Caffe writes as it trains, so that whatever reads its log reads ours.

Words and places in the source are those of BVLC Caffe at 9b89154. Numbers have six digits, as a
C++ stream writes them.
"""

from __future__ import annotations

import logging
import os
import re
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from caffe_multilabel.engine.solvers.observer import Observer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from caffe_multilabel.engine.solvers.observer import Score, Speed
    from caffe_multilabel.engine.weights import CopiedWeights

_LOGGER = "caffe_multilabel.engine"

# What a net with `debug_info` says, and where Caffe prints it.
_DEBUG_INFO = tuple(
    (re.compile(rf" *\[{form}"), place)
    for form, place in (
        (r"Forward\] Layer .*, top blob ", "net.cpp:593"),
        (r"Forward\] Layer .*, param blob ", "net.cpp:605"),
        (r"Backward\] Layer .*, bottom blob ", "net.cpp:621"),
        (r"Backward\] Layer .*, param blob ", "net.cpp:632"),
        (r"Backward\] All net params ", "net.cpp:721"),
    )
)

__all__ = ["CaffeLog", "caffe_line", "score_text"]


def caffe_line(source: str, text: str) -> str:
    """Return a line with the prefix of glog, which parsers take the time from.

    Args:
        source: file and line that Caffe prints it at.
        text: the message; of several lines, the first gets the prefix, as in glog.
    """
    # The year, which glog puts there since 0.6, is left out: Caffe's own tools cannot read it.
    return f"I{datetime.now():%m%d %H:%M:%S.%f} {os.getpid():5d} {source}] {text}"


class CaffeLog(Observer):
    """Writes what a solver does in Caffe's words."""

    def __init__(self, write: Callable[[str], None]) -> None:
        """Take the function that gets each line, without its end."""
        self._write = write

    def say(self, source: str, text: str) -> None:
        """Write a line."""
        self._write(caffe_line(source, text))

    def using(self, device: str) -> None:
        """See `Observer`."""
        self.say("caffe.cpp:197", _device_text(device))

    def finetuning(self, weights: str) -> None:
        """See `Observer`."""
        self.say("solver.cpp:72", f"Finetuning from {weights}")

    def copied(self, copied: CopiedWeights) -> None:
        """See `Observer`."""
        for name in copied.ignored:
            source = "net.cpp:801" if copied.hdf5 else "net.cpp:746"
            self.say(source, f"Ignoring source layer {name}")

    def starting(self) -> None:
        """See `Observer`."""
        self.say("caffe.cpp:239", "Starting Optimization")

    def ended(self) -> None:
        """See `Observer`."""
        self.say("caffe.cpp:250", "Optimization Done.")

    def solving(self, net: str, lr_policy: str, iteration: int, max_iter: int) -> None:
        """See `Observer`."""
        del iteration, max_iter
        self.say("solver.cpp:289", f"Solving {net}")
        self.say("solver.cpp:290", f"Learning Rate Policy: {lr_policy}")

    def testing(self, iteration: int, test_net: int) -> None:
        """See `Observer`."""
        self.say("solver.cpp:347", f"Iteration {iteration}, Testing net (#{test_net})")

    def tested(
        self, iteration: int, test_net: int, scores: Sequence[Score], loss: float | None
    ) -> None:
        """See `Observer`."""
        del iteration, test_net
        if loss is not None:
            self.say("solver.cpp:401", f"Test loss: {loss:g}")
        for number, score in enumerate(scores):
            self.say("solver.cpp:414", f"    Test net output #{number}: {score_text(score)}")

    def test_stopped(self) -> None:
        """See `Observer`."""
        self.say("solver.cpp:396", "Test interrupted.")

    def displayed(self, iteration: int, loss: float, scores: Sequence[Score], speed: Speed) -> None:
        """See `Observer`."""
        rate = speed.iterations / (speed.seconds or 1)
        self.say(
            "solver.cpp:239",
            f"Iteration {iteration} ({rate:g} iter/s, {speed.seconds:g}s/{speed.display} iters), "
            f"loss = {loss:g}",
        )
        for number, score in enumerate(scores):
            self.say("solver.cpp:258", f"    Train net output #{number}: {score_text(score)}")

    def clipped(self, norm: float, limit: float) -> None:
        """See `Observer`."""
        self.say(
            "sgd_solver.cpp:99",
            f"Gradient clipping: scaling down gradients (L2 norm {norm:g} > {limit:g}) by scale "
            f"factor {limit / norm:g}",
        )

    def stepped(self, iteration: int, step: int) -> None:
        """See `Observer`."""
        self.say("sgd_solver.cpp:50", f"MultiStep Status: Iteration {iteration}, step = {step}")

    def rate(self, iteration: int, rate: float) -> None:
        """See `Observer`."""
        self.say("sgd_solver.cpp:112", f"Iteration {iteration}, lr = {rate:g}")

    def saved(self, files: tuple[str, ...]) -> None:
        """See `Observer`."""
        weights, *_, state = files
        hdf5 = state.endswith(".h5")
        kind = "HDF5" if hdf5 else "binary proto"
        source = "solver.cpp:474" if hdf5 else "solver.cpp:464"
        self.say(source, f"Snapshotting to {kind} file {weights}")
        source = "sgd_solver.cpp:296" if hdf5 else "sgd_solver.cpp:284"
        self.say(source, f"Snapshotting solver state to {kind} file {state}")

    def restoring(self, path: str) -> None:
        """See `Observer`."""
        self.say("caffe.cpp:235", f"Resuming from {path}")
        self.say("sgd_solver.cpp:336", "SGDSolver: restoring history")

    def finished(self, iteration: int, loss: float) -> None:
        """See `Observer`."""
        self.say("solver.cpp:327", f"Iteration {iteration}, loss = {loss:g}")

    def stopped(self) -> None:
        """See `Observer`."""
        self.say("solver.cpp:311", "Optimization stopped early.")

    def done(self) -> None:
        """See `Observer`."""
        self.say("solver.cpp:332", "Optimization Done.")

    @contextmanager
    def with_debug_info(self) -> Iterator[None]:
        """Write what nets with `debug_info` log in the body, too."""
        logger, handler = logging.getLogger(_LOGGER), _DebugInfo(self)
        level = logger.level
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        try:
            yield
        finally:
            logger.removeHandler(handler)
            logger.setLevel(level)


class _DebugInfo(logging.Handler):
    def __init__(self, log: CaffeLog) -> None:
        super().__init__()
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        source = next((place for form, place in _DEBUG_INFO if form.match(text)), None)
        if source is not None:
            self._log.say(source, text)


def _device_text(device: str) -> str:
    kind, _, number = device.partition(":")
    return "Use CPU." if kind == "cpu" else f"Using GPUs {number or 0}"


def score_text(score: Score) -> str:
    """Return a number of a net's output, and what a loss adds to the sum."""
    value, weight = score.value, score.loss_weight
    loss = f" (* {weight:g} = {weight * value:g} loss)" if weight else ""
    return f"{score.output} = {value:g}{loss}"
