"""Runs of `caffe-multilabel start` that are stopped, refused, or not read."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from caffe_multilabel import OutputError, start
from caffe_multilabel.project.ledger import Ledger
from start_tools import contents, statuses

if TYPE_CHECKING:
    from collections.abc import Callable

    from caffe_multilabel.project.steps import Step

COMMAND = [sys.executable, "-m", "caffe_multilabel", "start", "pets", "-o", "project"]


class StopError(BaseException):
    """What nothing hears, and nothing mends: the end of the process."""


class Stops:
    """Stops a run once for each step and moment: before or after a method of the ledger.

    Attributes:
        seen: the steps and moments at which it has stopped one.
    """

    def __init__(self, patch: pytest.MonkeyPatch, *moments: str) -> None:
        """Stop at these, of one method the last one named first."""
        self.seen: set[tuple[str, str]] = set()
        for moment in moments:
            method = moment.split()[1]
            patch.setattr(Ledger, method, self._stopping(getattr(Ledger, method), moment))

    def _stopping(self, do: Callable[..., None], moment: str) -> Callable[..., None]:
        def stopping(ledger: Ledger, step: Step, *arguments: Any, **named: Any) -> None:
            stops = (step.name, moment) not in self.seen
            self.seen.add((step.name, moment))
            if stops and moment.startswith("before"):
                raise StopError
            do(ledger, step, *arguments, **named)
            if stops:
                raise StopError

        return stopping


def test_stopped_at_each_step_it_goes_on(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the step runs; with its files there, and not entered; before the next one."""
    stops = Stops(monkeypatch, "after begin", "after end", "before end")
    said: list[str] = []
    for count in range(1, 99):
        try:
            report = start("pets", "cut", quiet=True, say=said.append)
        except StopError:
            assert len(stops.seen) == count
        else:
            break
    assert len(stops.seen) == 3 * len(report.steps)
    # Nothing of that has been taken for the user's.
    assert not [line for line in said if "yours" in line or "by hand" in line]
    assert contents(Path("cut")) == contents(made)
    assert set(statuses("pets", "pets", "cut").values()) == {"unchanged"}


def test_a_task_file_that_was_made_since_the_stop_is_the_users(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        Stops(patch, "before end").seen.add(("list", "before end"))
        with pytest.raises(StopError):
            start("pets", "cut", quiet=True)
    own = f"# mine\n{(made / 'tasks.yaml').read_text(encoding='utf-8')}"
    Path("cut/tasks.yaml").write_text(own, encoding="utf-8")
    assert statuses("pets", "pets", "cut")["tasks"] == "kept"
    assert Path("cut/tasks.yaml").read_text(encoding="utf-8") == own


def test_a_script_that_was_about_to_be_written_is_not_edited_by_hand(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(_: object) -> None:
        raise StopError

    with monkeypatch.context() as patch:
        patch.setattr("caffe_multilabel.project.run.replacing", stop)
        with pytest.raises(StopError):
            start("pets", "project", quiet=True, seed=2)
    said: list[str] = []
    start("pets", "project", quiet=True, seed=3, say=said.append)
    assert not [line for line in said if "by hand" in line]
    assert "--seed=3" in (made / "run.sh").read_text(encoding="utf-8")


def test_two_at_once(made: Path) -> None:
    holder = made / ".start.lock"
    code = (
        "import fcntl, sys, time; file = open(sys.argv[1], 'w'); fcntl.flock(file, fcntl.LOCK_EX); "
        "print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(holder)], stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(OutputError, match="project: another run is at work in it"):
            start("pets", "project", quiet=True)
        other.kill()
    assert set(statuses("pets", "pets").values()) == {"unchanged"}


def test_a_folder_that_cannot_be_locked(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a network that has no locks."""

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr("caffe_multilabel.project.run.fcntl.flock", refuse)
    with pytest.raises(OutputError, match=r"project: cannot be locked.*: No locks available"):
        start("pets", made, quiet=True)


def test_a_step_that_nobody_reads_ends_it_silently(made: Path) -> None:
    """As `start | head -1`: nothing has failed."""
    (made / "report.html").unlink()
    reader, output = os.pipe()
    os.close(reader)
    done = subprocess.run(
        COMMAND, stdout=output, stderr=subprocess.PIPE, text=True, timeout=120, check=False
    )
    os.close(output)
    assert done.returncode == 141
    assert "-- report: caffe-multilabel report" in done.stderr
    assert "caffe-multilabel start: " not in done.stderr


def test_a_step_that_has_written_all_is_done_though_it_could_not_print(made: Path) -> None:
    (made / "report.html").unlink()
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run(
            COMMAND, stdout=full, stderr=subprocess.PIPE, text=True, timeout=120, check=False
        )
    assert done.returncode == 4
    assert "step 'report'" not in done.stderr
    assert set(statuses("pets", "pets").values()) == {"unchanged"}
