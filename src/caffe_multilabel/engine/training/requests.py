"""What signals ask a training for, as Caffe's `SignalHandler`: a snapshot, or an end."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING

from caffe_multilabel._base.arguments import is_one_of
from caffe_multilabel.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import FrameType

    from caffe_multilabel.engine.solvers.solver import Request

__all__ = ["MOMENT", "Requests", "effect_of"]

MOMENT = 0.25
"""Seconds in which a second SIGINT is the first one still: `timeout -s INT` and others send it to a
process, and then to its group. Nobody who has seen the first do nothing is as quick."""

_EFFECTS: Mapping[str, Request | None] = {"stop": "stop", "snapshot": "snapshot", "none": None}
"""What a signal may be made to do, as `--sigint_effect` and `--sighup_effect` name it."""


def effect_of(name: str, effect: str) -> Request | None:
    """Return what a signal is to ask for.

    Raises:
        OptionError: it can be made to do nothing such.
    """
    if not is_one_of(effect, _EFFECTS):
        raise OptionError(f"{name} is '{effect}'; {', '.join(_EFFECTS)} are allowed")
    return _EFFECTS[effect]


class Requests:
    """Hears signals, and hands on what they ask for, one at a time.

    A second SIGINT ends the training at once, as Ctrl-C ends anything else: `KeyboardInterrupt`;
    but not within a moment of the first, which may have been sent twice.
    SIGTERM, which job queues send before they kill, always asks for an end.

    Example:
        >>> import os, signal
        >>> from caffe_multilabel.engine.training.requests import Requests
        >>> requests = Requests()
        >>> with requests.heard():
        ...     os.kill(os.getpid(), signal.SIGHUP)
        ...     print(requests.next(), requests.next())
        snapshot None
    """

    def __init__(
        self, sigint: Request | None = "stop", sighup: Request | None = "snapshot"
    ) -> None:
        self._effects = {
            signal.SIGINT: sigint,
            signal.SIGTERM: "stop",
            signal.SIGHUP: sighup,
        }
        self._waiting: list[Request] = []
        self._interrupted_at: float | None = None

    def next(self) -> Request | None:
        """Return what was asked for and not handed on yet; None where there is nothing."""
        return self._waiting.pop(0) if self._waiting else None

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Hear signals in the body; nowhere but in the main thread, which alone gets them."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self._hear) for number in self._effects}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _hear(self, number: int, frame: FrameType | None) -> None:
        if number == signal.SIGINT:
            now = monotonic()
            if self._interrupted_at is None:
                self._interrupted_at = now
            elif now - self._interrupted_at < MOMENT:
                return
            else:
                signal.default_int_handler(number, frame)
        effect = self._effects[signal.Signals(number)]
        if effect is not None and effect not in self._waiting:
            self._waiting.append(effect)
