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
"""Runs a command in a process group of its own, which ends with this process even by `kill -9`."""
_HANDED_ON = (signal.SIGINT, signal.SIGTERM)


def run_child(
    arguments: Sequence[str],
    folder: Path,
    *,
    stdout: int | None,
    pass_fds: Sequence[int],
    ending: Callable[[], object],
) -> int:
    """Run a command of ours to its end, and hand it the signals that ask this process to end.

    Each reaches it once, whoever sends it: a terminal's Ctrl-C, a notebook, `kill`. A training
    writes a snapshot at the first SIGINT, and ends without one at the second.

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
    """
    process: subprocess.Popen[bytes] | None = None
    heard: list[int] = []

    def hand_on(number: int, _: FrameType | None) -> None:
        heard.append(number)
        if process is not None:
            process.send_signal(number)

    with _hearing(hand_on) as group:
        # What comes while Python starts would print a traceback there, or end nothing here; the
        # command lets it in when it is ready.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _HANDED_ON)
        try:
            command = [sys.executable, "-m", _BOUND, str(os.getpid()), group, *arguments]
            process = subprocess.Popen(command, cwd=folder, stdout=stdout, pass_fds=pass_fds)
            for number in heard:  # by another thread, which does not block them
                process.send_signal(number)
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
    if heard:
        handler = signal.getsignal(signal.SIGINT)
        if callable(handler):
            handler(signal.SIGINT, None)
        raise KeyboardInterrupt
    return code


@contextmanager
def _hearing(hear: Callable[[int, FrameType | None], None]) -> Iterator[str]:
    """Hear signals in the body, and give the process group in which a child is to be.

    A SIGINT that is ignored, as in the background of a script, stays so, and a SIGTERM that the
    program around sees to. Only the main thread gets signals, so in another one none is heard, and
    the child is left in the group to which a terminal sends them.
    """
    heard = []
    if threading.current_thread() is threading.main_thread():
        if callable(signal.getsignal(signal.SIGINT)):
            heard.append(signal.SIGINT)
        if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            heard.append(signal.SIGTERM)
    before = {number: signal.signal(number, hear) for number in heard}
    try:
        yield "own" if signal.SIGINT in heard else "same"
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
