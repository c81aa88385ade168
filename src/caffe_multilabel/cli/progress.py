"""Progress of a long job: a bar in a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from caffe_multilabel.cli.command import say

if TYPE_CHECKING:
    from types import TracebackType

    from rich.progress import Progress, TaskID

__all__ = ["BarProgress", "LineProgress", "NoProgress", "make_progress"]


class NoProgress(AbstractContextManager["NoProgress"]):
    """Shows nothing."""

    def update(self, done: int, total: int, note: str = "", begun_at: int = 0) -> None:
        """Take the numbers and leave them."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the display."""


class LineProgress(NoProgress):
    """A line on standard error every few seconds, for logs."""

    def __init__(self, title: str, interval: float = 5.0) -> None:
        self._title = title
        self._interval = interval
        self._begin = time.monotonic()
        self._next = self._begin + interval

    def update(self, done: int, total: int, note: str = "", begun_at: int = 0) -> None:
        """Print a line when the interval is over."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + self._interval
        rate = (done - begun_at) / (now - self._begin)
        left = f"{(total - done) / rate:.0f} s left" if rate > 0 else "time left unknown"
        tail = f", {note}" if note else ""
        say(
            f"{self._title}: {done} of {total} ({100 * done / max(total, 1):.1f} %), "
            f"{rate:.0f}/s, {left}{tail}"
        )


class BarProgress(NoProgress):
    """A bar with rate and time left, for a terminal."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._begin = time.monotonic()

    def update(self, done: int, total: int, note: str = "", begun_at: int = 0) -> None:
        """Move the bar."""
        if self._bar is None or self._task is None:
            self._bar, self._task = self._start(total, begun_at)
        rate = (done - begun_at) / max(time.monotonic() - self._begin, 1e-9)
        self._bar.update(self._task, completed=done, rate=f"{rate:.0f}/s", note=note)

    def _start(self, total: int, begun_at: int) -> tuple[Progress, TaskID]:
        from rich.progress import (  # noqa: PLC0415  (only a terminal pays for rich)
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
        )

        from caffe_multilabel.cli.console import make_console  # noqa: PLC0415  (the same)

        bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}"),
            console=make_console(),
        )
        bar.start()
        return bar, bar.add_task(self._title, total=total, completed=begun_at, rate="", note="")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave the bar as it is and give the line back."""
        if self._bar is not None:
            self._bar.stop()


def make_progress(title: str, *, quiet: bool = False) -> NoProgress:
    """Choose the display that fits standard error."""
    if quiet:
        return NoProgress()
    return BarProgress(title) if sys.stderr.isatty() else LineProgress(title)
