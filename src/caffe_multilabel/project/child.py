"""A command as a child of this process, which ends when this one is asked to end."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path
    from types import FrameType

__all__ = ["run_child"]


def run_child(
    command: Sequence[str],
    folder: Path,
    *,
    stdout: int | None,
    pass_fds: Sequence[int],
    ending: Callable[[], object],
) -> int:
    """Run a command to its end, and hand it the signals that ask this process alone to end.

    The Ctrl-C of a terminal reaches it anyway, and must not come twice: a training that is asked
    once writes a snapshot, and at a second one ends without. Any other SIGINT, as of a notebook,
    and SIGTERM become its SIGTERM, which may come as often as it likes.

    Args:
        command: the program and its arguments.
        folder: where it runs.
        stdout: a descriptor for its standard output; None for this process's own.
        pass_fds: descriptors that it inherits.
        ending: called before this process ends by the SIGTERM that it has handed on.

    Returns:
        Its exit code; of a signal that ended it the number, negative.

    Raises:
        KeyboardInterrupt: a Ctrl-C came, and the child has ended.
    """
    # A Ctrl-C while Python starts would print a traceback; the command lets it in when it is ready.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    interrupted = False
    try:
        process = subprocess.Popen(command, cwd=folder, stdout=stdout, pass_fds=pass_fds)
        with _ending_with(process, ending):
            while process.returncode is None:
                try:
                    signal.pthread_sigmask(signal.SIG_SETMASK, before)
                    process.wait()
                except KeyboardInterrupt:
                    interrupted = True
                    if not _is_of_a_terminal():
                        process.terminate()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    if interrupted:
        raise KeyboardInterrupt
    return process.returncode


@contextmanager
def _ending_with(process: subprocess.Popen[Any], ending: Callable[[], object]) -> Iterator[None]:
    """Hand SIGTERM on, and end by it when the process has ended.

    Nothing is done outside the main thread, which alone gets signals, nor where the program around
    sees to SIGTERM itself.
    """
    asked = False

    def hand_on(_: int, __: FrameType | None) -> None:
        nonlocal asked
        asked = True
        process.terminate()

    in_main = threading.current_thread() is threading.main_thread()
    if not in_main or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, hand_on)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        if asked:
            ending()
            os.kill(os.getpid(), signal.SIGTERM)


def _is_of_a_terminal() -> bool:
    """Tell whether a Ctrl-C would go to this process, and so to its children too."""
    try:
        terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)
