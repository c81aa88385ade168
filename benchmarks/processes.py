"""Runs of commands, each a process of its own: their reports, time and memory."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "Command",
    "Timed",
    "Where",
    "peak_anonymous_mib",
    "run",
    "run_json",
    "run_measured",
    "run_told",
    "wall_seconds",
    "words",
]

Command = list[str]

_SAMPLE_EVERY = 0.005  # seconds


class Timed(NamedTuple):
    """A finished command.

    Attributes:
        report: the JSON object that it printed.
        wall: seconds from the start of the process to its end.
    """

    report: dict[str, Any]
    wall: float


def words(*parts: str | int | Path) -> Command:
    """Make a command of names, numbers and paths."""
    return [str(part) for part in parts]


class Where(NamedTuple):
    """What a command finds around it.

    Attributes:
        folder: where it is started; where this process is if None.
        environment: its variables; those of this process if None.
    """

    folder: Path | None = None
    environment: Mapping[str, str] | None = None


def run(command: Command, where: Where | None = None) -> str:
    """Run a command to its end and return its stdout; anything but exit code 0 is an error."""
    return _run(command, where).stdout


def run_told(command: Command, where: Where | None = None) -> str:
    """Run a command to its end and return its stderr, where a log goes."""
    return _run(command, where).stderr


def run_json(command: Command, where: Where | None = None) -> Timed:
    """Run a command and read the JSON object that it prints."""
    start = time.perf_counter()
    printed = run(command, where)
    return Timed(json.loads(printed), time.perf_counter() - start)


def wall_seconds(command: Command, where: Where | None = None) -> float:
    """Seconds from the start of the process to its end."""
    start = time.perf_counter()
    run(command, where)
    return time.perf_counter() - start


def _run(command: Command, where: Where | None) -> subprocess.CompletedProcess[str]:
    folder, environment = where or Where()
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=folder, env=environment
    )
    _require_success(command, done.returncode, done.stderr + done.stdout)
    return done


def run_measured(
    command: Command, environment: Mapping[str, str] | None = None
) -> tuple[str, float]:
    """Run a command to its end.

    Pages of a file that it has mapped do not count as its memory: the kernel may take them back.

    Returns:
        What it said, stdout and stderr together, and the most resident anonymous memory that it
        was seen with, in MiB.
    """
    peak = 0
    with (
        TemporaryFile("w+", encoding="utf-8") as said,
        subprocess.Popen(command, stdout=said, stderr=said, env=environment) as process,
    ):
        while process.poll() is None:
            peak = max(peak, _anonymous_kib(process.pid))
            time.sleep(_SAMPLE_EVERY)
        said.seek(0)
        text = said.read()
    _require_success(command, process.returncode, text)
    return text, peak / 1024


def peak_anonymous_mib(command: Command) -> float:
    """The most resident anonymous memory that the process is seen with, in MiB."""
    return run_measured(command)[1]


def _require_success(command: Command, code: int, said: str) -> None:
    if code != 0:
        raise SystemExit(f"exit code {code} from: {' '.join(command)}\n{said}")


def _anonymous_kib(pid: int) -> int:
    """RssAnon of a process; 0 once it has ended and is not yet waited for."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    rows = dict(line.split(":", 1) for line in status.splitlines())
    return int(rows.get("RssAnon", "0 kB").split()[0])
