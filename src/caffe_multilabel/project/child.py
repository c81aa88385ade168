"""A command as a child of this process, which ends when this one is asked to end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path
    from types import FrameType

__all__ = ["run_child"]

_BOUND = "caffe_multilabel.cli.bound"
"""Runs a command that ends with this process, even by `kill -9`."""
_HANDED_ON = {signal.SIGINT: signal.SIGRTMIN, signal.SIGTERM: signal.SIGTERM}
"""Signals, and as what the command gets them.

A SIGINT is often sent to all processes of a group, as by a terminal, or to this one alone, as by
`kill`. The command is deaf to it, and hears each once in this way.
"""


def run_child(
    arguments: Sequence[str],
    folder: Path,
    *,
    stdout: int | None,
    pass_fds: Sequence[int],
    ending: Callable[[], object],
) -> int:
    """Run a command of ours to its end, and hand it the signals that ask this process to end.

    A SIGINT reaches it once, whoever sends it: a terminal's Ctrl-C, a notebook, `kill`. A training
    writes a snapshot at the first one, and ends without one at the second. It is in the process
    group of this process, so that a terminal stops and goes on with both.

    Args:
        arguments: the command's name and its arguments.
        folder: where it runs.
        stdout: a descriptor for its standard output; None for this process's own.
        pass_fds: descriptors that it inherits.
        ending: called before this process ends by the SIGTERM that it has handed on.

    Returns:
        Its exit code; of a signal that ended it the number, negative.

    Raises:
        KeyboardInterrupt: a SIGINT came, and the child has ended.
        SystemExit: a SIGTERM came, likewise, and this process is one that it does not end.
    """
    process: subprocess.Popen[bytes] | None = None
    heard: list[int] = []

    def hand_on(number: int, _: FrameType | None) -> None:
        heard.append(number)
        if process is not None:
            process.send_signal(_HANDED_ON[signal.Signals(number)])

    with _hearing(hand_on) as interrupts:
        # What comes while Python starts would print a traceback there, or end nothing here; the
        # command lets it in when it is ready.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {*_HANDED_ON, *_HANDED_ON.values()})
        try:
            command = [sys.executable, "-m", _BOUND, str(os.getpid()), interrupts, *arguments]
            process = subprocess.Popen(command, cwd=folder, stdout=stdout, pass_fds=pass_fds)
            for number in heard:  # by another thread, which does not block them
                process.send_signal(_HANDED_ON[signal.Signals(number)])
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        try:
            code = process.wait()
        except BaseException:  # of another signal that the program around hears
            process.terminate()
            process.wait()
            raise
    if signal.SIGTERM in heard:
        ending()
        os.kill(os.getpid(), signal.SIGTERM)
        sys.exit(128 + signal.SIGTERM)  # the first process of a container
    if heard:
        handler = signal.getsignal(signal.SIGINT)
        if callable(handler):
            handler(signal.SIGINT, None)
        raise KeyboardInterrupt
    return code


@contextmanager
def _hearing(hear: Callable[[int, FrameType | None], None]) -> Iterator[str]:
    """Hear signals in the body, and tell which interrupts the child is to hear.

    Those that are `handed` on to it, or where there are none `all`. A SIGINT that is ignored, as in
    the background of a script, stays so in both, and a SIGTERM that the program around sees to.
    Only the main thread gets signals, so in another one none is heard.
    """
    heard = []
    interrupts = "all"
    if threading.current_thread() is threading.main_thread():
        usual = signal.getsignal(signal.SIGINT)
        if usual is signal.SIG_IGN or callable(usual):
            interrupts = "handed"
        if callable(usual):
            heard.append(signal.SIGINT)
        if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            heard.append(signal.SIGTERM)
    before = {number: signal.signal(number, hear) for number in heard}
    try:
        yield interrupts
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
