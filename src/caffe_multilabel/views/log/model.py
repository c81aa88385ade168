"""What a training log says, row by row."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from caffe_multilabel._base.short_repr import short_repr

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["LEARNING_RATE", "TOTAL_LOSS", "LogRow", "OutputSummary", "TrainingLog"]

TOTAL_LOSS = "total_loss"
"""Output name of the loss of the whole net, which Caffe's solver prints without a name."""

LEARNING_RATE = "lr"
"""Output name of the learning rate."""


@dataclass(frozen=True, slots=True)
class LogRow:
    """One number of the log.

    Attributes:
        iteration: the solver's iteration.
        phase: `train`, or `test`; `test1`, `test2` and so on for a solver's further test nets.
        output: the net's output blob, with its index as in `per_class[3]` where it holds several
            values; or `TOTAL_LOSS` or `LEARNING_RATE`; `score #0` and so on from a Caffe of before
            July 2014, which printed no names.
        value: the number, which may be nan or infinite.
        run: 0, and one more each time that training was resumed from a snapshot or begun anew: the
            log says so, the iteration goes back, or what a run prints of it once comes again.

    Example:
        >>> from caffe_multilabel import LogRow
        >>> LogRow(iteration=20, phase="train", output="total_loss", value=1.25, run=0)
        LogRow(iteration=20, phase='train', output='total_loss', value=1.25, run=0)
    """

    iteration: int
    phase: str
    output: str
    value: float
    run: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputSummary:
    """One output in one phase, without what a resumed training did again.

    Attributes:
        phase: as in `LogRow`.
        output: as in `LogRow`.
        loss_weight: the output's weight in the total loss; None if it is no loss.
        points: how often it was printed.
        last: its last value.
        last_iteration: where that was.
        least: its least finite value; None where it has none.
        least_iteration: where that was first; None likewise.
        greatest: its greatest finite value; None likewise.
        greatest_iteration: where that was first; None likewise.
        not_finite: how many values are nan or infinite.
        not_finite_iteration: where the first of them was; None where there are none.

    Example:
        >>> from caffe_multilabel import LogRow, TrainingLog
        >>> values = {0: 0.1, 500: 0.75, 1000: 0.5}
        >>> rows = [LogRow(at, "test", "accuracy", value, run=0) for at, value in values.items()]
        >>> [summary] = TrainingLog(rows=tuple(rows), run_starts=(0,)).summaries()
        >>> summary.output, summary.last, summary.greatest, summary.greatest_iteration
        ('accuracy', 0.5, 0.75, 500)
    """

    phase: str
    output: str
    loss_weight: float | None
    points: int
    last: float
    last_iteration: int
    least: float | None
    least_iteration: int | None
    greatest: float | None
    greatest_iteration: int | None
    not_finite: int
    not_finite_iteration: int | None

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON-ready values; JSON has no nan, so one stands as text."""
        return asdict(self) | {"last": self.last if math.isfinite(self.last) else str(self.last)}


@dataclass(frozen=True, slots=True)
class TrainingLog:
    """A training log.

    Attributes:
        rows: its numbers in the order of the log.
        run_starts: the first iteration that each run printed.
        loss_weights: the weight in the total loss of each output that is a loss.
        unread: lines that look like those of a test or of training's display and could not be
            read, each with its place: their numbers are not among the rows.

    Example:
        >>> from caffe_multilabel import LogRow, TrainingLog
        >>> first = LogRow(iteration=20, phase="train", output="total_loss", value=2.5, run=0)
        >>> again = LogRow(iteration=20, phase="train", output="total_loss", value=1.25, run=1)
        >>> log = TrainingLog(rows=(first, again), run_starts=(0, 20))
        >>> log.is_superseded(first), log.is_superseded(again)
        (True, False)
        >>> [(summary.output, summary.last) for summary in log.summaries()]
        [('total_loss', 1.25)]
    """

    rows: tuple[LogRow, ...]
    run_starts: tuple[int, ...]
    loss_weights: Mapping[str, float] = field(default_factory=dict)
    unread: tuple[str, ...] = field(default=(), repr=False)
    _least_starts: tuple[int | None, ...] = field(init=False, repr=False, compare=False)

    __repr__ = short_repr

    def __post_init__(self) -> None:
        """Find the least iteration that runs after each began at; a log may have many runs."""
        least: list[int | None] = [None]
        for start in reversed(self.run_starts[1:]):
            least.append(start if least[-1] is None else min(start, least[-1]))
        object.__setattr__(self, "_least_starts", tuple(reversed(least)))

    @property
    def went_back(self) -> tuple[int, ...]:
        """Where the runs began, in their order, that did again what an earlier run had done."""
        furthest: dict[int, int] = {}
        for row in self.rows:
            furthest[row.run] = max(row.iteration, furthest.get(row.run, row.iteration))
        starts, so_far = [], None
        for run, start in enumerate(self.run_starts):
            if so_far is not None and so_far >= start:
                starts.append(start)
            at = furthest.get(run)
            if at is not None:
                so_far = at if so_far is None else max(at, so_far)
        return tuple(starts)

    def is_superseded(self, row: LogRow) -> bool:
        """Tell whether a later run has been through this iteration again."""
        later = self._least_starts[row.run : row.run + 1]
        return any(least is not None and row.iteration >= least for least in later)

    def summaries(self) -> tuple[OutputSummary, ...]:
        """Sum up each output in each phase, in the order of their first rows."""
        groups: dict[tuple[str, str], list[LogRow]] = {}
        for row in self.rows:
            group = groups.setdefault((row.output, row.phase), [])
            if not self.is_superseded(row):
                group.append(row)
        return tuple(self._summary(rows) for (_, _), rows in groups.items() if rows)

    def _summary(self, rows: Iterable[LogRow]) -> OutputSummary:
        listed = list(rows)
        last = listed[-1]
        finite = [row for row in listed if math.isfinite(row.value)]
        wrong = [row for row in listed if not math.isfinite(row.value)]
        least = min(finite, key=lambda row: row.value, default=None)
        greatest = max(finite, key=lambda row: row.value, default=None)
        return OutputSummary(
            phase=last.phase,
            output=last.output,
            loss_weight=self.loss_weights.get(last.output),
            points=len(listed),
            last=last.value,
            last_iteration=last.iteration,
            least=None if least is None else least.value,
            least_iteration=None if least is None else least.iteration,
            greatest=None if greatest is None else greatest.value,
            greatest_iteration=None if greatest is None else greatest.iteration,
            not_finite=len(wrong),
            not_finite_iteration=wrong[0].iteration if wrong else None,
        )
