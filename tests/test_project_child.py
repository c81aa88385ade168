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
from process_tools import children_of

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
SHELL = """
import fcntl, os, signal, sys, termios
terminal = int(sys.argv[1])
os.setsid()
fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
job = os.fork()
if not job:
    os.setpgid(0, 0)
    os.tcsetpgrp(terminal, os.getpid())
    signal.signal(signal.SIGTTOU, signal.SIG_DFL)
    os.execv(sys.executable, [sys.executable, *sys.argv[2:]])
os.close(0)  # which the step alone reads
for channel in map(int, sys.argv[4:]):
    os.close(channel)
print(job, flush=True)
os.waitpid(job, 0)
"""
"""Runs a job in a terminal as shells do: in a group of its own, which the terminal stops."""
COUNTING = """
import os, signal, sys
def hear(*_):
    os.write(2, b"heard\\n")
if "caffe_multilabel.cli.bound" in sys.orig_argv:
    signal.signal(signal.SIGINT, hear)
"""
"""What a step begins with that hears interrupts, and goes on."""


class Running:
    """A process whose step is at work.

    Attributes:
        process: it, or the shell that it is a job of.
        parent: its process.
        step: that of the step.
    """

    def __init__(
        self, process: subprocess.Popen[str], parent: int, step: int, lives: int, rest: int
    ) -> None:
        self.process = process
        self.parent = parent
        self.step = step
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

    def error_line(self) -> bytes:
        """Read a line that was said, and nothing that `end` is to find."""
        assert self.process.stderr is not None
        line = b""
        while not line.endswith(b"\n"):
            read = os.read(self.process.stderr.fileno(), 1)
            assert read, "it has ended"
            line += read
        return line

    def end(self) -> tuple[int, str, str]:
        """Wait for the end; return the exit code and what was said."""
        said, errors = self.process.communicate(timeout=60)
        return self.process.returncode, said, errors

    def wait_for(self, state: str) -> None:
        """Wait until both processes are in a state, as the kernel names it."""
        deadline = time.monotonic() + 60
        while {state_of(self.parent), state_of(self.step)} != {state}:
            assert time.monotonic() < deadline
            time.sleep(0.01)


def state_of(process: int) -> str:
    return Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()[0]


def wait_for_reader(parent: int, pipe: int) -> int:
    """Wait until a child has read all that is in a pipe, and sleeps until there is more.

    Python hears a signal between two reads of one call only at the end of that call.
    """
    while True:
        time.sleep(0.01)
        (held,) = struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)))
        (child,) = children_of(parent)
        if held == 0 and state_of(child) == "S":
            return child


@contextmanager
def running(*, terminal: int | None = None, python: tuple[str, ...] = ()) -> Iterator[Running]:
    """Start a process with a step; `terminal` is to be its own."""
    listed, rest = os.pipe()
    lives, held = os.pipe()
    command = ["-c", PARENT, str(held)]
    keys: dict[str, Any] = {"pass_fds": [held, *([] if terminal is None else [terminal])]}
    if terminal is not None:
        command = ["-c", SHELL, str(terminal), *command]
    with subprocess.Popen(
        [*python, sys.executable, *command],
        stdin=listed,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **keys,
    ) as process:
        os.close(listed)
        os.close(held)
        parent = process.pid
        try:
            os.write(rest, b"a.jpg 1\n" * 50_000)  # more than a pipe takes, so someone reads
            if terminal is not None:
                assert process.stdout is not None
                parent = int(process.stdout.readline())
            step = wait_for_reader(parent, rest)
            yield Running(process, parent, step, lives, rest)
        finally:
            os.close(rest)  # which ends the list
            if parent != process.pid and process.poll() is None:
                os.kill(parent, signal.SIGKILL)
            process.kill()
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


@pytest.mark.parametrize("sent", ["typed", "to start", "to both"])
def test_an_interrupt_comes_once(
    sent: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever sends it: a training ends at once at the second one."""
    with_own_start(COUNTING, tmp_path, monkeypatch)
    leader, follower = os.openpty()
    with running(terminal=follower) as one:
        assert os.getpgid(one.step) == os.getpgid(one.parent)
        for _ in range(3):
            if sent == "typed":
                os.write(leader, b"\x03")
            else:
                os.kill(one.parent, signal.SIGINT)
            if sent == "to both":
                os.kill(one.step, signal.SIGINT)
            assert one.error_line() == b"heard\n"
        one.end_list()
        code, said, errors = one.end()
        assert (code, "heard" in errors) == (0, False)
        assert said.endswith("a.jpg,1\ninterrupted\n")
    os.close(leader)
    os.close(follower)


def test_a_terminal_stops_both_and_both_go_on() -> None:
    """Ctrl-Z, and `fg`."""
    leader, follower = os.openpty()
    with running(terminal=follower) as one:
        os.write(leader, b"\x1a")
        one.wait_for("T")
        os.killpg(os.getpgid(one.parent), signal.SIGCONT)
        one.wait_for("S")
        os.write(leader, b"\x03")
        assert one.step_has_ended()
        assert one.end() == (0, "interrupted\n", "caffe-multilabel list: interrupted\n")
    os.close(leader)
    os.close(follower)


def test_an_interrupt_that_is_ignored_stays_ignored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in the background of a script, even by a step that hears interrupts."""
    with_own_start(COUNTING, tmp_path, monkeypatch)
    with running(python=("env", "--ignore-signal=INT")) as one:
        for process in (one.parent, one.step):
            os.kill(process, signal.SIGINT)
        one.end_list()
        code, said, errors = one.end()
        assert (code, "heard" in errors) == (0, False)
        assert said.endswith("a.jpg,1\n")


def test_the_first_process_of_a_container_ends_with_143(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel ends it by no signal that it does not hear, its own neither."""
    with_own_start(
        "import os\n"
        "def kill(process, number, kill=os.kill):\n"
        "    if process != os.getpid():\n"
        "        kill(process, number)\n"
        "os.kill = kill\n",
        tmp_path,
        monkeypatch,
    )
    with running() as one:
        one.process.terminate()
        assert one.end() == (143, "ending\n", "")


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
    monkeypatch.setenv("ONCE", "1")  # for a Python may begin again in UTF-8
    with_own_start(
        "import os, signal\n"
        "if os.environ.pop('ONCE', ''):\n"
        "    os.kill(os.getppid(), signal.SIGINT)\n",
        tmp_path,
        monkeypatch,
    )
    with pytest.raises(KeyboardInterrupt):
        run_child(["doctor"], tmp_path, stdout=None, pass_fds=[], ending=bool)
    assert capfd.readouterr() == ("", "caffe-multilabel doctor: interrupted\n")
    waiting = {signal.SIGINT, signal.SIGRTMIN}
    assert waiting.isdisjoint(signal.pthread_sigmask(signal.SIG_BLOCK, []))
