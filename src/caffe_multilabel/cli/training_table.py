"""A training on a terminal: a row for each display and test, and below them a bar of the whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from caffe_multilabel.cli.console import make_console
from caffe_multilabel.cli.table import padded, width_of
from caffe_multilabel.engine import Observer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.progress import TaskID
    from typing_extensions import Self

    from caffe_multilabel.engine import Score, Speed

__all__ = ["TrainingTable"]

_WIDTH = 11


class TrainingTable(Observer):
    """Prints losses, rate and speed as a training goes, and what its tests find.

    The terminal is its own in a `with`, and whole again behind it.
    """

    def __init__(self) -> None:
        """Begin without rows."""
        self._bar = Progress(
            TextColumn("iteration"),
            MofNCompleteColumn(),
            BarColumn(),
            TextColumn("{task.fields[speed]}"),
            TimeRemainingColumn(),
            console=make_console(),
        )
        self._task: TaskID | None = None
        self._columns: list[str] = []
        self._row: list[str] = []

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Give the line of the bar back."""
        self._bar.stop()

    def solving(self, net: str, lr_policy: str, iteration: int, max_iter: int) -> None:
        """See `Observer`."""
        del net, lr_policy
        self._bar.start()
        self._task = self._bar.add_task("", total=max_iter, completed=iteration, speed="")

    def updated(self, iteration: int) -> None:
        """See `Observer`."""
        if self._task is not None:
            self._bar.update(self._task, completed=iteration)

    def displayed(self, iteration: int, loss: float, scores: Sequence[Score], speed: Speed) -> None:
        """See `Observer`."""
        shown = f"{speed.iterations / speed.seconds:.1f}/s" if speed.iterations else ""
        if self._task is not None:
            self._bar.update(self._task, speed=shown)
        columns = ["iteration", "loss", *map(_heading, scores), "rate", "speed"]
        self._row = [str(iteration), f"{loss:.5g}", *(f"{one.value:.5g}" for one in scores), shown]
        if columns != self._columns:
            self._columns = columns
            self._print(columns)

    def rate(self, iteration: int, rate: float) -> None:
        """See `Observer`."""
        del iteration
        *numbers, speed = self._row
        self._print([*numbers, f"{rate:.5g}", speed])

    def tested(
        self, iteration: int, test_net: int, scores: Sequence[Score], loss: float | None
    ) -> None:
        """See `Observer`."""
        del loss
        values = "  ".join(f"{score.output} {score.value:.5g}" for score in scores)
        self._say(f"test {test_net} at {iteration}: {values}")

    def saved(self, files: tuple[str, ...]) -> None:
        """See `Observer`."""
        self._say(f"snapshot: {files[-1]}")

    def _print(self, cells: Sequence[str]) -> None:
        widths = [max(_WIDTH, width_of(column)) for column in self._columns]
        row = (padded(cell, width, right=True) for cell, width in zip(cells, widths, strict=True))
        self._say("  ".join(row))

    def _say(self, line: str) -> None:
        self._bar.console.print(line, highlight=False, markup=False, soft_wrap=True)


def _heading(score: Score) -> str:
    """Return the name of an output, with the weight of a loss."""
    return f"{score.output} x{score.loss_weight:g}" if score.loss_weight else score.output
