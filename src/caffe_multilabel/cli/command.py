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

from caffe_multilabel._base.utf8 import run_in_utf8, terminal_encoding
from caffe_multilabel.errors import Cancelled, Error, OptionError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import FrameType
    from typing import TextIO

__all__ = [
    "Exit",
    "arguments_of",
    "discard",
    "print_json",
    "run",
    "say",
    "telling_of_files",
    "version_text",
    "warnings_said",
]


class Exit(IntEnum):
    """Exit codes, the same for all commands."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    REJECTS = 3
    UNPRINTED = 4
    INTERRUPTED = 130
    UNREAD = 141
    """Nobody reads our output any more; what a shell gives for a program that SIGPIPE ends."""


class _UnprintedError(Exception):
    """What a command says of the files that it has written could not be printed."""

    def __init__(self, cause: OSError) -> None:
        super().__init__(cause.strerror)
        self.cause = cause


def say(text: str) -> None:
    """Print to standard error, where what is not the answer belongs.

    Where it cannot be printed there is nobody to tell, and the command goes on.
    """
    try:
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()
    except OSError:
        discard(sys.stderr)


@contextmanager
def telling_of_files(*, wrote: bool = True) -> Iterator[None]:
    """Print what a command has to say once the files that it writes are in their places.

    A failure, which means that nothing was written, must not come of what can no more be printed.

    Args:
        wrote: there are such files; without any, what is printed is the answer, and wanted.
    """
    try:
        yield
        sys.stdout.flush()
    except OSError as error:
        if not wrote:
            raise
        raise _UnprintedError(error) from error


@contextmanager
def warnings_said(write: Callable[[str], object]) -> Iterator[None]:
    """Say what the package warns of in the body, and write it to a log, too."""
    import logging  # noqa: PLC0415  (few commands warn)

    class Said(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            line = f"warning: {record.getMessage()}"
            say(line)
            write(line)

    logger, handler = logging.getLogger("caffe_multilabel"), Said(logging.WARNING)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)


def print_json(document: object) -> None:
    """Print the answer as JSON on standard output."""
    import json  # noqa: PLC0415  (only some runs print JSON)

    sys.stdout.write(json.dumps(document, indent=2, allow_nan=False) + "\n")


def version_text() -> str:
    """Return the line that `--version` of every command prints."""
    from caffe_multilabel import __version__  # noqa: PLC0415  (slow, and seldom asked for)

    return f"caffe-multilabel {__version__}\n"


def arguments_of(argv: Sequence[str] | None) -> list[str]:
    """Return the arguments of a program: what its function was given, or else the process."""
    if argv is not None:
        return list(argv)
    run_in_utf8()
    return sys.argv[1:]


def run(program: str, command: Callable[[Sequence[str]], Exit], arguments: Sequence[str]) -> int:
    """Run a command and turn what it raises into a message and an exit code."""
    _prepare_streams()
    try:
        with _interrupts_kept(), _help_printed():
            code = command(arguments)
            sys.stdout.flush()
    except KeyboardInterrupt:
        say(f"{program}: interrupted")
        return Exit.INTERRUPTED
    except OSError as error:
        # Of a file it has the name.
        what = "standard output cannot be written: " if error.filename is None else ""
        return _unprinted(error, Exit.FAILED, f"{program}: {what}{error}")
    except _UnprintedError as error:
        said = f"{program}: all is written, but the report on it could not be printed: {error}"
        return _unprinted(error.cause, Exit.UNPRINTED, said)
    except Error as error:
        say(f"{program}: {error.message}")
        return _code_of(error)
    else:
        return code


@contextmanager
def _help_printed() -> Iterator[None]:
    """See to it that help and versions, after which a parser ends the program, are on their way."""
    try:
        yield
    except SystemExit:
        sys.stdout.flush()
        raise


def _code_of(error: Error) -> Exit:
    if isinstance(error, Cancelled):
        return Exit.INTERRUPTED
    return Exit.USAGE if isinstance(error, OptionError) else Exit.FAILED


def _unprinted(error: OSError, code: Exit, said: str) -> Exit:
    """End a command whose output cannot be printed."""
    discard(sys.stdout)
    if isinstance(error, BrokenPipeError):
        return Exit.UNREAD  # no error of ours
    say(said)
    return code


def discard(stream: TextIO) -> None:
    """Let what is left in a buffer, and what may follow, not fail when Python ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


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
            stream.reconfigure(encoding=_encoding_of(stream), errors="backslashreplace")


def _encoding_of(stream: TextIO) -> str:
    """Return what a stream is to be written in: a file gets UTF-8, a terminal what it shows."""
    if not stream.isatty() or "PYTHONIOENCODING" in os.environ:
        return stream.encoding
    return terminal_encoding() or stream.encoding
