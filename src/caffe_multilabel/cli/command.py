"""What all commands share: exit codes, and errors as one line on standard error."""

from __future__ import annotations

import io
import os
import signal
import sys
import threading
from contextlib import contextmanager
from enum import IntEnum
from typing import TYPE_CHECKING

from caffe_multilabel.errors import Cancelled, Error, OptionError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import FrameType

__all__ = ["Exit", "print_json", "run", "say"]


class Exit(IntEnum):
    """Exit codes, the same for all commands."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    REJECTS = 3
    INTERRUPTED = 130


def say(text: str) -> None:
    """Print to standard error, where what is not the answer belongs."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def print_json(document: object) -> None:
    """Print the answer as JSON on standard output."""
    import json  # noqa: PLC0415  (only some runs print JSON)

    sys.stdout.write(json.dumps(document, indent=2, allow_nan=False) + "\n")


def run(program: str, command: Callable[[Sequence[str]], Exit], arguments: Sequence[str]) -> int:
    """Run a command and turn what it raises into a message and an exit code."""
    _prepare_streams()
    try:
        with _interrupts_kept():
            code = command(arguments)
            sys.stdout.flush()
    except KeyboardInterrupt:
        say(f"{program}: interrupted")
        return Exit.INTERRUPTED
    except OSError as error:
        # What is left in the buffer must not fail once more when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        # Where the reader of our output has gone there is no error of ours to tell.
        if not isinstance(error, BrokenPipeError):
            say(f"{program}: {error}")
        return Exit.FAILED
    except Cancelled as error:
        say(f"{program}: {error.message}")
        return Exit.INTERRUPTED
    except OptionError as error:
        say(f"{program}: {error.message}")
        return Exit.USAGE
    except Error as error:
        say(f"{program}: {error.message}")
        return Exit.FAILED
    else:
        return code


@contextmanager
def _interrupts_kept() -> Iterator[None]:
    """Raise `KeyboardInterrupt` where a Ctrl-C has come out of the body as another error.

    numpy's import makes an ImportError of it, with a page of advice on how to install numpy.
    """
    interrupted = False

    def note(number: int, frame: FrameType | None) -> None:
        nonlocal interrupted
        interrupted = True
        signal.default_int_handler(number, frame)

    usual = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if not usual or threading.current_thread() is not threading.main_thread():
        yield  # In the background it is ignored, and only the main thread may set another handler.
        return
    signal.signal(signal.SIGINT, note)
    try:
        yield
    except Error:
        raise
    except Exception:
        if interrupted:
            raise KeyboardInterrupt from None
        raise
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _prepare_streams() -> None:
    """See to it that output never stops a command: streams may be closed, and paths any bytes."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass  # It took the place of a closed stream, which must not become that of a DB.
    os.close(descriptor)
    sys.stdout = sys.stdout or os.fdopen(1, "w", encoding="utf-8")
    sys.stderr = sys.stderr or os.fdopen(2, "w", encoding="utf-8")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
