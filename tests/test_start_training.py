"""`caffe-multilabel start --train`: a training as the last step of a project."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

import pytest

from caffe_multilabel import start
from process_tools import children_of

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.torch

COMMAND = [sys.executable, "-m", "caffe_multilabel", "start", "pets", "-o", "project", "--train"]


def set_solver(project: Path, fields: str) -> None:
    path = project / "tasks.yaml"
    text = re.sub(r"solver: \{.*\}", f"solver: {{{fields}}}", path.read_text(encoding="utf-8"))
    path.write_text(text, encoding="utf-8")


def test_it_trains_as_its_last_step(made: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The figures are printed beside the baselines, and a second run has nothing to do."""
    set_solver(made, "max_iter: 4, test_interval: 3, base_lr: 0.001")
    report = start("pets", "project", train=True)
    assert report.steps[-1].name == "train"
    assert report.steps[-1].command.endswith("train --solver=net/solver.prototxt --cpu")
    assert Path("project/net/project_iter_4.caffemodel").is_file()
    told = capfd.readouterr().out
    assert "\nlast test, at iteration 3, beside answers that look at no image:\n" in told
    (row,) = [line.split() for line in told.splitlines() if re.match(r"\w+ +accuracy_", line)]
    assert 0 <= float(row[2]) <= 1
    assert 0.4 < float(row[3]) < 0.7  # of two classes
    assert (
        Path("project/run.sh")
        .read_text(encoding="utf-8")
        .rstrip()
        .endswith(report.steps[-1].command)
    )
    again = start("pets", "project", train=True, quiet=True)
    assert {step.status for step in again.steps} == {"unchanged", "kept"}


def line_with(words: str, lines: IO[str]) -> str:
    for line in lines:
        if words in line:
            return line
    pytest.fail(f"nothing was said of {words}")


@contextmanager
def training(until: str) -> Iterator[tuple[subprocess.Popen[str], int, str]]:
    """Give a run of which the training has said something, its step, and the step's command."""
    with subprocess.Popen(
        COMMAND, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        try:
            told = line_with("-- train: ", process.stderr)
            line_with(until, process.stderr)
            (step,) = children_of(process.pid)
            yield process, step, told
        finally:
            process.kill()


def test_a_training_goes_on_from_its_own_snapshots_alone(made: Path) -> None:
    """And not from those that an earlier one of other nets has left, the finished one."""
    set_solver(made, "max_iter: 90000, test_interval: 90000, snapshot: 90000, base_lr: 0.001")
    earlier = [made / f"net/project_iter_90000.{kind}" for kind in ("caffemodel", "solverstate")]
    for path in earlier:
        path.write_bytes(b"of other nets")
        os.utime(path, ns=(4 * 10**18, 4 * 10**18))  # the newest, whatever the clock says

    with training("Solving project") as (process, step, told):
        assert "--snapshot" not in told
        process.kill()
        os.kill(step, signal.SIGKILL)

    # None was written. A training that is stopped from outside ends well, and is not done.
    with training("Iteration 0, lr") as (process, step, told):
        assert "--snapshot" not in told
        os.kill(step, signal.SIGTERM)
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 1
        assert "step 'train' was stopped before it made project/net/project_iter_90000.c" in errors
    (own,) = [path for path in (made / "net").glob("*.solverstate") if path not in earlier]

    with training("Resuming from ") as (process, _, told):
        assert told.endswith(f" --snapshot=net/{own.name}\n")
        process.terminate()


def test_a_training_outlives_its_terminal(made: Path) -> None:
    """The terminal is closed while it shows the training, which still writes its snapshot."""
    set_solver(made, "max_iter: 90000, test_interval: 90000, base_lr: 0.001")
    leader, follower = os.openpty()
    with subprocess.Popen(COMMAND, stdout=follower, stderr=follower) as process:
        os.close(follower)
        try:
            shown = b""
            while not re.search(rb"iteration .* [1-9]\d*/90000", shown):
                shown += os.read(leader, 4096)
            os.close(leader)
            process.terminate()
            assert process.wait(60) == -signal.SIGTERM
        finally:
            process.kill()
    assert list((made / "net").glob("project_iter_*.solverstate"))
