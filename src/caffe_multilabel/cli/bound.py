"""A command that ends with the process that has started it.

`python -m caffe_multilabel.cli.bound PARENT GROUP COMMAND ...` runs COMMAND as `caffe-multilabel`
does, and gets a SIGTERM when the process PARENT, whose child it is, comes to an end, even by
`kill -9`. With GROUP `own` a terminal's Ctrl-C goes to PARENT alone, which hands it on; with `same`
to both.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

from caffe_multilabel._base.utf8 import run_in_utf8
from caffe_multilabel.cli.command import Exit, say
from caffe_multilabel.cli.main import PROGRAM, main

_PR_SET_PDEATHSIG = 1


def _run() -> int:
    run_in_utf8()
    parent, group, *arguments = sys.argv[1:]
    if group == "own":
        os.setpgid(0, 0)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != int(parent):  # it has ended meanwhile
        os.kill(os.getpid(), signal.SIGTERM)
    try:
        # Blocked by the parent, so that a Ctrl-C while Python starts prints no traceback.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT, signal.SIGTERM])
        return main(arguments)
    except KeyboardInterrupt:  # before the command could hear it
        say(f"{PROGRAM} {arguments[0]}: interrupted")
        return Exit.INTERRUPTED


if __name__ == "__main__":
    sys.exit(_run())
