"""The lines that `caffe test` and `caffe time` write; see `CaffeLog` for those of `caffe train`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel.engine.solvers.caffe_log import caffe_line, score_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from caffe_multilabel.engine.solvers.observer import Score
    from caffe_multilabel.engine.training.timing import TimeReport

__all__ = ["TestLog", "TimeLog"]


class TestLog:
    """Writes what a net scores, as `caffe test` does."""

    __test__ = False  # pytest takes classes of such names for its own

    def __init__(self, write: Callable[[str], None]) -> None:
        """Take the function that gets each line, without its end."""
        self._write = write

    def begin(self, gpu: int | None, iterations: int) -> None:
        """Write where it runs, and for how long."""
        self._write(caffe_line(f"caffe.cpp:{275 if gpu is None else 266}", _device(gpu)))
        self._write(caffe_line("caffe.cpp:281", f"Running for {iterations} iterations."))

    def batch(self, number: int, scores: Sequence[Score]) -> None:
        """Write the outputs of a batch."""
        for score in scores:
            text = f"Batch {number}, {score.output} = {score.value:g}"
            self._write(caffe_line("caffe.cpp:304", text))

    def end(self, loss: float, scores: Sequence[Score]) -> None:
        """Write the means."""
        self._write(caffe_line("caffe.cpp:309", f"Loss: {loss:g}"))
        for score in scores:
            self._write(caffe_line("caffe.cpp:321", score_text(score)))


class TimeLog:
    """Writes how long a net takes, as `caffe time` does."""

    def __init__(self, write: Callable[[str], None]) -> None:
        """Take the function that gets each line, without its end."""
        self._write = write

    def _say(self, line: int, text: str) -> None:
        self._write(caffe_line(f"caffe.cpp:{line}", text))

    def using(self, gpu: int | None) -> None:
        """Write where it runs: on the GPU of this number, or on the CPU if None."""
        self._say(343 if gpu is None else 339, _device(gpu))

    def begin(self, initial_loss: float, iterations: int) -> None:
        """Write what the pass before those that are measured came to, and how many follow."""
        self._say(351, "Performing Forward")
        self._say(356, f"Initial loss: {initial_loss:g}")
        self._say(357, "Performing Backward")
        self._say(365, "*** Benchmark begins ***")
        self._say(366, f"Testing for {iterations} iterations.")

    def iteration(self, number: int, milliseconds: float) -> None:
        """Write how long a pass took; they count from 1."""
        self._say(394, f"Iteration: {number} forward-backward time: {milliseconds:g} ms.")

    def end(self, report: TimeReport) -> None:
        """Write the means."""
        self._say(397, "Average time per layer: ")
        for layer in report.layers:
            self._say(400, f"{layer.name:>10}\tforward: {layer.forward:g} ms.")
            self._say(403, f"{layer.name:>10}\tbackward: {layer.backward:g} ms.")
        self._say(408, f"Average Forward pass: {report.forward:g} ms.")
        self._say(410, f"Average Backward pass: {report.backward:g} ms.")
        self._say(412, f"Average Forward-Backward: {report.total / report.iterations:g} ms.")
        self._say(414, f"Total Time: {report.total:g} ms.")
        self._say(415, "*** Benchmark ends ***")


def _device(gpu: int | None) -> str:
    return "Use CPU." if gpu is None else f"Use GPU with device ID {gpu}"
