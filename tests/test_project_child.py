"""Steps of a project, and the signals that end them."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from caffe_multilabel.project.child import run_child

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

BOUND = (sys.executable, "-m", "caffe_multilabel.cli.bound")

CHILD = """
import signal, sys
def hear(number, _):
    print(f"heard {signal.Signals(number).name}", flush=True)
    sys.exit(7)
signal.signal(signal.SIGTERM, hear)
signal.signal(signal.SIGINT, hear)
signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
print("ready", flush=True)
while True:
    signal.pause()
"""

PARENT = f"""
import sys
from pathlib import Path
from caffe_multilabel.project.child import run_child
try:
    run_child(
        [sys.executable, "-c", {CHILD!r}],
        Path("."),
        stdout=None,
        pass_fds=[],
        ending=lambda: print("ending", flush=True),
    )
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


def parent(**keys: Any) -> subprocess.Popen[str]:
    """Start a program that waits for its child; the child is ready to hear."""
    process = subprocess.Popen(
        [sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True, **keys
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def test_a_sigterm_reaches_the_step_and_ends_both() -> None:
    process = parent()
    process.terminate()
    said, _ = process.communicate(timeout=60)
    assert (process.returncode, said) == (-signal.SIGTERM, "heard SIGTERM\nending\n")


def test_an_interrupt_of_start_alone_ends_its_step() -> None:
    """As a notebook's; in a session of its own it is of no terminal."""
    process = parent(start_new_session=True)
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert (process.returncode, said) == (0, "heard SIGTERM\ninterrupted\n")


def test_a_terminals_ctrl_c_comes_once() -> None:
    """A training ends without a snapshot at the second one."""
    leader, follower = os.openpty()
    begin = (
        "import fcntl, os, signal, sys, termios\n"
        "os.setsid(); fcntl.ioctl(0, termios.TIOCSCTTY, 0)\n"
        f"os.execv(sys.executable, [sys.executable, '-c', {PARENT!r}])"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", begin], stdin=follower, stdout=subprocess.PIPE, text=True
    )
    os.close(follower)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    os.write(leader, b"\x03")
    said, _ = process.communicate(timeout=60)
    os.close(leader)
    assert (process.returncode, said) == (0, "heard SIGINT\ninterrupted\n")


def test_a_ctrl_c_while_python_starts_prints_no_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    text = "import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n"
    (tmp_path / "sitecustomize.py").write_text(text, encoding="utf-8")
    found = os.environ.get("PYTHONPATH", "")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(tmp_path), found])))
    command = [*BOUND, str(os.getpid()), "doctor"]
    assert run_child(command, tmp_path, stdout=None, pass_fds=[], ending=bool) == 130
    assert capfd.readouterr() == ("", "caffe-multilabel doctor: interrupted\n")
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])


def test_a_step_ends_with_a_start_that_was_killed() -> None:
    """It is at work when that happens: it has begun to read a list that does not end."""
    listed, rest = os.pipe()
    lives, held = os.pipe()
    begin = (
        "import os, subprocess\n"
        f"command = [*{BOUND!r}, str(os.getpid()), 'list', '-']\n"
        f"subprocess.Popen(command, pass_fds=[{held}]).wait()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", begin], stdin=listed, pass_fds=[held], stderr=subprocess.DEVNULL
    ) as process:
        os.close(listed)
        os.close(held)
        os.write(rest, b"a.jpg 1\n" * 50_000)  # more than a pipe takes, so someone reads
        assert select.select([lives], [], [], 0)[0] == []
        process.kill()
        assert select.select([lives], [], [], 60)[0] == [lives]
        assert os.read(lives, 1) == b""  # nobody holds the other end any more
    os.close(rest)
    os.close(lives)
