"""A command that ends with the process that has started it.

`python -m caffe_multilabel.cli.bound PARENT INTERRUPTS COMMAND ...` runs COMMAND as
`caffe-multilabel` does, and gets a SIGTERM when the process PARENT, whose child it is, comes to an
end, even by `kill -9`. With INTERRUPTS `handed` a SIGINT does nothing, and SIGRTMIN, by which
PARENT hands on what it has heard, does what SIGINT does elsewhere; with `all` both do.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from typing import TYPE_CHECKING

from caffe_multilabel._base.utf8 import run_in_utf8
from caffe_multilabel.cli.command import Exit, say
from caffe_multilabel.cli.main import PROGRAM, main

if TYPE_CHECKING:
    from types import FrameType

_PR_SET_PDEATHSIG = 1


def _run() -> int:
    run_in_utf8()
    parent, interrupts, *arguments = sys.argv[1:]
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != int(parent):  # it has ended meanwhile
        os.kill(os.getpid(), signal.SIGTERM)
    signal.signal(signal.SIGRTMIN, _interrupt)
    heard = [signal.SIGTERM, signal.SIGRTMIN]
    if interrupts == "all":
        heard.append(signal.SIGINT)
    try:
        # Blocked by the parent, so that a Ctrl-C while Python starts prints no traceback.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, heard)
        return main(arguments)
    except KeyboardInterrupt:  # before the command could hear it
        say(f"{PROGRAM} {arguments[0]}: interrupted")
        return Exit.INTERRUPTED


def _interrupt(_: int, frame: FrameType | None) -> None:
    """Do what the command does at a SIGINT."""
    handler = signal.getsignal(signal.SIGINT)
    if callable(handler):
        handler(signal.SIGINT, frame)


if __name__ == "__main__":
    sys.exit(_run())
