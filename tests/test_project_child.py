"""Steps of a project, and the signals that end them.

The step reads a list from standard input that does not end, so it is at work as long as the test
wants, and a pipe that it holds tells when it has ended.
"""

from __future__ import annotations

import fcntl
import os
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from caffe_multilabel.project.child import run_child

if TYPE_CHECKING:
    from collections.abc import Iterator

PARENT = """
import sys
from pathlib import Path
from caffe_multilabel.project.child import run_child
try:
    run_child(
        ["list", "-"],
        Path("."),
        stdout=None,
        pass_fds=[int(sys.argv[1])],
        ending=lambda: print("ending", flush=True),
    )
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""
TERMINAL = """
import fcntl, os, sys, termios
os.setsid()
fcntl.ioctl(int(sys.argv[2]), termios.TIOCSCTTY, 0)
os.execv(sys.executable, [sys.executable, "-c", sys.argv[3], sys.argv[1]])
"""


class Running:
    """A process whose step is at work."""

    def __init__(self, process: subprocess.Popen[str], lives: int, rest: int) -> None:
        self.process = process
        self._lives = lives
        self._rest = rest

    def step_has_ended(self, within: float = 60) -> bool:
        """Tell whether the step ends, and no longer holds its end of a pipe."""
        return bool(select.select([self._lives], [], [], within)[0])

    def end_list(self) -> None:
        """Let the list of the step end, and so the step."""
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, self._rest)
        os.close(nothing)

    def end(self) -> tuple[int, str, str]:
        """Wait for the end; return the exit code and what was said."""
        said, errors = self.process.communicate(timeout=60)
        return self.process.returncode, said, errors


def wait_for_reader(parent: int, pipe: int) -> None:
    """Wait until a child has read all that is in a pipe, and sleeps until there is more.

    Python hears a signal between two reads of one call only at the end of that call.
    """
    asleep = False
    while not asleep:
        time.sleep(0.01)
        (held,) = struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)))
        (child,) = Path(f"/proc/{parent}/task/{parent}/children").read_text("ascii").split()
        state = Path(f"/proc/{child}/stat").read_text("utf-8").rpartition(")")[2].split()[0]
        asleep = held == 0 and state == "S"


@contextmanager
def running(terminal: int | None = None) -> Iterator[Running]:
    """Start a process with a step; `terminal` is to be its own."""
    listed, rest = os.pipe()
    lives, held = os.pipe()
    command = [sys.executable, "-c", PARENT, str(held)]
    if terminal is not None:
        command = [sys.executable, "-c", TERMINAL, str(held), str(terminal), PARENT]
    keys: dict[str, Any] = {"pass_fds": [held, *([] if terminal is None else [terminal])]}
    process = subprocess.Popen(
        command,
        stdin=listed,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **keys,
    )
    os.close(listed)
    os.close(held)
    os.write(rest, b"a.jpg 1\n" * 50_000)  # more than a pipe takes, so someone reads
    try:
        with process:
            wait_for_reader(process.pid, rest)
            yield Running(process, lives, rest)
            process.kill()
    finally:
        os.close(rest)
        os.close(lives)


def test_a_sigterm_reaches_the_step_and_ends_both() -> None:
    with running() as one:
        one.process.terminate()
        assert one.step_has_ended()
        assert one.end() == (-signal.SIGTERM, "ending\n", "")


def test_an_interrupt_of_start_alone_ends_its_step() -> None:
    with running() as one:
        one.process.send_signal(signal.SIGINT)
        assert one.step_has_ended()
        assert one.end() == (0, "interrupted\n", "caffe-multilabel list: interrupted\n")


@pytest.mark.parametrize("typed", [True, False])
def test_an_interrupt_in_a_terminal_comes_once(
    typed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Typed, or sent to the process from elsewhere: a training ends at once at the second one."""
    counting = (
        "import os, signal, sys\n"
        "hear = lambda *_: print(os.getpid(), 'heard', file=sys.stderr, flush=True)\n"
        "signal.signal(signal.SIGINT, hear)\n"
    )
    with_own_start(counting, tmp_path, monkeypatch)
    leader, follower = os.openpty()
    with running(follower) as one:
        os.close(follower)
        if typed:
            os.write(leader, b"\x03")
        else:
            one.process.send_signal(signal.SIGINT)
        assert one.process.stderr is not None
        heard = one.process.stderr.readline()
        assert heard.endswith(" heard\n")
        assert int(heard.split()[0]) != one.process.pid
        one.end_list()
        _, _, errors = one.end()
        assert heard not in errors
    os.close(leader)


def with_own_start(text: str, folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Let every Python begin with this text."""
    (folder / "sitecustomize.py").write_text(text, encoding="utf-8")
    found = os.environ.get("PYTHONPATH", "")
    patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(folder), found])))


def test_a_step_ends_with_a_start_that_was_killed() -> None:
    with running() as one:
        assert not one.step_has_ended(within=0)
        one.process.kill()
        assert one.step_has_ended()


def test_a_ctrl_c_while_python_starts_prints_no_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    with_own_start(
        "import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n", tmp_path, monkeypatch
    )
    assert run_child(["doctor"], tmp_path, stdout=None, pass_fds=[], ending=bool) == 130
    assert capfd.readouterr() == ("", "caffe-multilabel doctor: interrupted\n")
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])
