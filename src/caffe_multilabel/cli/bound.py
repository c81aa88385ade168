"""A command that ends with the process that has started it.

`python -m caffe_multilabel.cli.bound PARENT COMMAND ...` runs COMMAND as `caffe-multilabel` does.
It gets its signals from the process PARENT, whose child it is, and a SIGTERM when that comes to an
end, even by `kill -9`; a terminal's Ctrl-C goes to PARENT alone.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

from caffe_multilabel.cli.command import Exit, say
from caffe_multilabel.cli.main import PROGRAM, main

_PR_SET_PDEATHSIG = 1


def _run() -> int:
    parent, *arguments = sys.argv[1:]
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
