"""The commands `train`, `test` and `time`: Caffe's lines, signals, and snapshots to go on from."""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from caffe_multilabel.cli.main import main
from caffe_multilabel.engine.training.requests import MOMENT
from caffe_multilabel.views.log import read_log
from command_tools import environment, run, start
from export_tools import write_db
from lmdb_tools import records

if TYPE_CHECKING:
    from collections.abc import Iterable

pytestmark = pytest.mark.torch

GOLDEN = Path(__file__).parent / "golden" / "engine"
SENT = 30  # seconds that a signal may take on a machine with much to do


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The recorded nets and DBs, where a training may write."""
    for name in ("lmdb", "files", "solvers"):
        shutil.copytree(GOLDEN / name, tmp_path / name)
    (tmp_path / "state").mkdir()
    return tmp_path


def train(folder: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    return run("caffe-multilabel", "train", *arguments, cwd=folder)


# All but how the nets are set up.
_SOLVERS = (
    r"sgd_solver|caffe|net\.cpp:(593|605|621|632|721)"
    r"|solver\.cpp:(?!(45|57|88|92|97|102|190)\])"
)


def said(log: Path, ours: Iterable[str]) -> list[str]:
    """The solver's lines of a log, without times and speeds."""
    lines = []
    for line in ours:
        match = re.match(r"[IE]\d+ [\d:.]+ +\d+ (\w+\.cpp:\d+\] .*)", line)
        if match and re.match(_SOLVERS, match[1]):
            lines.append(re.sub(r"\(\S+ iter/s, \S+s/", "(", match[1]))
    assert lines, log
    return lines


def assert_alike(found: list[str], wanted: list[str]) -> None:
    """The same words; numbers alike but for the sixth digit, which sums in another order change."""
    number = re.compile(r"-?\d+(?:\.\d+)?(?:e[-+]\d+)?")
    for one, other in zip_longest(found, wanted, fillvalue="nothing"):
        assert number.sub("#", one) == number.sub("#", other)
        values, wanted_values = (
            np.array([float(each) for each in number.findall(line)]) for line in (one, other)
        )
        np.testing.assert_allclose(values, wanted_values, rtol=3e-5, atol=1e-7, err_msg=one)


@pytest.mark.parametrize(
    ("name", "net"),
    [
        ("train_test_average", "multi"),
        ("train_clip_multistep", "multi"),
        ("train_debug_info", "bn"),
    ],
)
def test_the_log_is_caffes(folder: Path, name: str, net: str) -> None:
    weights = f"--weights=solvers/nets/{net}_init.caffemodel"
    done = train(folder, f"--solver=solvers/logs/{name}.prototxt", weights)
    assert done.returncode == 0, done.stderr
    log = GOLDEN / "solvers" / "logs" / f"{name}.log.txt"
    wanted = said(log, log.read_text().splitlines())
    assert_alike(said(log, done.stderr.splitlines()), wanted)
    (written,) = (folder / "state").glob("*.log")
    assert_alike(said(written, written.read_text().splitlines()), wanted)
    if name != "train_debug_info":
        ours, theirs = read_log(written), read_log(log)
        assert [row.iteration for row in ours.rows] == [row.iteration for row in theirs.rows]


def test_the_log_of_a_resumed_training_is_caffes(folder: Path) -> None:
    solver = "--solver=solvers/logs/train_test_average.prototxt"
    train(folder, solver, "--weights=solvers/nets/multi_init.caffemodel", "--quiet")
    done = train(folder, solver, "--snapshot=state/log1_iter_10.solverstate", "--restart_data")
    assert done.returncode == 0, done.stderr
    log = GOLDEN / "solvers" / "logs" / "train_resume.log.txt"
    wanted = said(log, log.read_text().splitlines())
    assert_alike(said(log, done.stderr.splitlines()), wanted)


def test_scores_are_caffes(folder: Path) -> None:
    arguments = ["--model=solvers/nets/multi.prototxt", "--iterations=4"]
    weights = "--weights=solvers/nets/multi_init.caffemodel"
    done = run("caffe-multilabel", "test", *arguments, weights, cwd=folder)
    assert done.returncode == 0, done.stderr
    log = GOLDEN / "solvers" / "logs" / "test.log.txt"
    found, wanted = (
        [line.split("] ", 1)[1] for line in text.splitlines() if "caffe.cpp:" in line]
        for text in (done.stderr, log.read_text())
    )
    assert_alike(found, wanted)
    assert done.stdout.splitlines()[:2] == ["loss 1.29735", "acc_a 0.2"]
    done = run("caffe-multilabel", "test", *arguments, weights, "--json", cwd=folder)
    assert json.loads(done.stdout)["outputs"]["acc_a"] == pytest.approx([0.2])


def test_times_are_of_each_layer_in_caffes_lines(folder: Path) -> None:
    arguments = ["time", "--model=solvers/nets/multi.prototxt", "--iterations=2"]
    done = run("caffe-multilabel", *arguments, cwd=folder)
    assert done.returncode == 0, done.stderr
    log = (GOLDEN / "solvers" / "logs" / "time.log.txt").read_text()
    # All but the times, and the loss of weights that are drawn anew each time.
    found, wanted = (
        [re.sub(r"\d[\d.e+-]*(?= ms|$)", "#", line) for line in said(folder, text.splitlines())]
        for text in (done.stderr, log)
    )
    assert found == wanted
    rows = [line.split()[:2] for line in done.stdout.splitlines()[1:-1]]
    assert rows[:3] == [["data", "Data"], ["label", "Data"], ["slice", "Slice"]]
    report = json.loads(run("caffe-multilabel", *arguments, "--json", cwd=folder).stdout)
    assert sum(layer["forward"] for layer in report["layers"]) == pytest.approx(report["forward"])
    assert report["initial_loss"] > 0


SEEDED = """
net: "net.prototxt" base_lr: 0.01 lr_policy: "multistep" gamma: 0.5 stepvalue: 3 stepvalue: 9
type: "Adam" momentum: 0.9 max_iter: 14 snapshot: 4 snapshot_prefix: "state/cut"
test_iter: 2 test_interval: 5 display: 1 random_seed: 4 solver_mode: CPU
"""

NET = """
layer { name: "data" type: "Data" top: "data" include { phase: TRAIN }
        transform_param { mirror: true crop_size: 9 scale: 0.01 }
        data_param { source: "lmdb/image" batch_size: 5 backend: LMDB } }
layer { name: "data" type: "Data" top: "data" include { phase: TEST }
        transform_param { mirror: true crop_size: 9 scale: 0.01 }
        data_param { source: "lmdb/image" batch_size: 3 backend: LMDB } }
layer { name: "label" type: "Data" top: "label" include { phase: TRAIN }
        data_param { source: "lmdb/label" batch_size: 5 backend: LMDB } }
layer { name: "label" type: "Data" top: "label" include { phase: TEST }
        data_param { source: "lmdb/label" batch_size: 3 backend: LMDB } }
layer { name: "ip1" type: "InnerProduct" bottom: "data" top: "ip1"
        inner_product_param { num_output: 6 weight_filler { type: "xavier" } } }
layer { name: "drop" type: "Dropout" bottom: "ip1" top: "ip1" }
layer { name: "ip2" type: "InnerProduct" bottom: "ip1" top: "ip2"
        inner_product_param { num_output: 7 weight_filler { type: "gaussian" std: 0.1 } } }
layer { name: "flat" type: "Flatten" bottom: "label" top: "flat" }
layer { name: "loss" type: "EuclideanLoss" bottom: "ip2" bottom: "flat" top: "loss" }
"""


@pytest.fixture
def seeded(folder: Path) -> Path:
    (folder / "solver.prototxt").write_text(SEEDED)
    (folder / "net.prototxt").write_text(NET)
    return folder


def snapshots(folder: Path) -> dict[str, bytes]:
    return {
        path.name: path.read_bytes()
        for path in sorted((folder / "state").iterdir())
        if path.suffix != ".log"
    }


def test_a_training_that_is_cut_ends_with_the_bits_of_an_unbroken_one(seeded: Path) -> None:
    assert train(seeded, "solver.prototxt", "--threads=1", "--quiet").returncode == 0
    whole = snapshots(seeded)
    assert [name for name in whole if name.endswith("caffemodel")] == [
        f"cut_iter_{iteration}.caffemodel" for iteration in (12, 14, 4, 8)
    ]
    for name in whole:
        if re.search("_(12|14)", name):
            (seeded / "state" / name).unlink()
    # By name, then by finding the newest that is whole: the last state is cut off.
    state = seeded / "state" / "cut_iter_8.solverstate"
    done = train(seeded, "solver.prototxt", f"--snapshot={state}", "--threads=2")
    assert done.returncode == 0, done.stderr
    assert snapshots(seeded) == whole
    for name in ("cut_iter_14.solverstate", "cut_iter_12.solverstate"):
        (seeded / "state" / name).write_bytes(whole[name][:-5])
    done = train(seeded, "solver.prototxt", "--snapshot=latest", "--quiet")
    assert done.returncode == 0, done.stderr
    assert snapshots(seeded) == whole


KILLS = (
    ("updated", 2, None),
    ("replace", 3, None),  # of the first snapshot all is there but the state's name
    ("testing", 3, 8),
    ("fsync", 3, 8),  # the weights are there, and where data stand is being written
    ("saved", 1, 12),
)
"""What it does for how manyeth time as it is killed, and the newest state that is then whole."""


def test_killed_at_any_moment_it_goes_on_with_the_same_bits(seeded: Path) -> None:
    assert train(seeded, "solver.prototxt", "--quiet").returncode == 0
    whole = snapshots(seeded)
    shutil.rmtree(seeded / "state")
    (seeded / "state").mkdir()
    for what, count, newest in KILLS:
        worker = [sys.executable, str(Path(__file__).parent / "train_worker.py"), what, str(count)]
        done = subprocess.run(worker, cwd=seeded, env=environment(), check=False, timeout=120)
        assert done.returncode == -signal.SIGKILL, what
        found = {name: c for name, c in snapshots(seeded).items() if not name.startswith(".")}
        assert found == {name: whole[name] for name in found}
        states = [int(each) for each in re.findall(r"iter_(\d+)\.solverstate'", str(sorted(found)))]
        assert max(states, default=None) == newest, what
        for iteration in states:  # what it is gone on from with is there
            assert f"cut_iter_{iteration}.solverstate.data.json" in found
    done = train(seeded, "solver.prototxt", "--snapshot=latest", "--quiet")
    assert done.returncode == 0, done.stderr
    found = snapshots(seeded)
    assert {name: found[name] for name in whole} == whole


LONG = SEEDED.replace("max_iter: 14 snapshot: 4", "max_iter: 1000000")


def await_updates(command: subprocess.Popen[str], log: Path, count: int) -> None:
    """Wait until a training has made so many more updates than its log tells now."""

    def told() -> int:
        return log.read_text(encoding="utf-8").count(", lr = ") if log.exists() else 0

    wanted, deadline = told() + count, time.monotonic() + 2 * SENT
    while command.poll() is None and told() < wanted:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert command.poll() is None


def started(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """A long training that has made its first updates."""
    (folder / "solver.prototxt").write_text(LONG)
    arguments = ("train", "--solver=solver.prototxt", "--log=lines.log", *arguments)
    command = start("caffe-multilabel", *arguments, cwd=folder, stderr=subprocess.DEVNULL)
    await_updates(command, folder / "lines.log", 3)
    return command


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_after_a_snapshot(seeded: Path, number: signal.Signals) -> None:
    command = started(seeded)
    command.send_signal(number)
    told, _ = command.communicate(timeout=SENT)
    assert command.returncode == 0
    (state,) = (seeded / "state").glob("*.solverstate")
    assert told.startswith("stopped at iteration ")
    assert f"--snapshot=state/{state.name} goes on from it" in told
    assert "Optimization stopped early." in (seeded / "lines.log").read_text()


def test_sighup_makes_a_snapshot_and_a_second_sigint_ends_at_once(seeded: Path) -> None:
    command = started(seeded, "--sigint_effect=none")
    command.send_signal(signal.SIGHUP)
    deadline = time.monotonic() + SENT
    while not list((seeded / "state").glob("*.data.json")):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    command.send_signal(signal.SIGINT)
    await_updates(command, seeded / "lines.log", 3)
    heard = time.monotonic()
    while time.monotonic() - heard < 2 * MOMENT:
        await_updates(command, seeded / "lines.log", 1)
    command.send_signal(signal.SIGINT)
    command.communicate(timeout=SENT)
    assert command.returncode == 130


def test_older_snapshots_go_and_the_best_weights_stay(seeded: Path) -> None:
    done = train(seeded, "solver.prototxt", "--keep=2", "--best=loss", "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    names = sorted(path.name for path in (seeded / "state").glob("*.caffemodel"))
    assert names == ["cut_best.caffemodel", "cut_iter_12.caffemodel", "cut_iter_14.caffemodel"]
    assert report["best"] == "state/cut_best.caffemodel"
    assert report["snapshot"] == "state/cut_iter_14.solverstate"
    tests = [
        row.value
        for row in read_log(report["log"] and seeded / report["log"]).rows
        if row.phase == "test" and row.output == "loss"
    ]
    best = run(
        "caffe-multilabel",
        "test",
        "--model=net.prototxt",
        f"--weights={report['best']}",
        "--iterations=2",
        "--json",
        cwd=seeded,
    )
    # Tests of the same net go on over the DB, so theirs is not the value of this one.
    noted = json.loads((seeded / "state" / "cut_best.json").read_text())
    assert noted["value"] == pytest.approx(min(tests), rel=1e-5)
    assert json.loads(best.stdout)["loss"] < max(tests)


class Failing:
    """Runs the command in this process, for what it says as it fails."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: str) -> tuple[int, str]:
        code = main(["train", *arguments])
        told, said = self._capsys.readouterr()
        assert told == ""
        lines = [line for line in said.splitlines() if line.startswith("caffe-multilabel train: ")]
        assert len(lines) == 1, said
        return code, lines[0].removeprefix("caffe-multilabel train: ")


@pytest.fixture
def failing(
    seeded: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Failing:
    monkeypatch.chdir(seeded)
    return Failing(capsys)


def test_what_cannot_be_trained_is_said_in_one_line(seeded: Path, failing: Failing) -> None:
    solver = "--solver=solver.prototxt"
    assert failing() == (
        2,
        "one solver is wanted, SOLVER.PROTOTXT or --solver; 'caffe-multilabel train --help'",
    )
    assert failing("no.prototxt") == (1, "no.prototxt: cannot be read: No such file or directory")
    (seeded / "elsewhere").mkdir()
    os.chdir("elsewhere")
    code, text = failing("../solver.prototxt")
    assert (code, "net: there is no file 'net.prototxt', seen from" in text) == (1, True)
    os.chdir("..")
    code, text = failing(solver, "--gpu=0")
    assert (code, "--cpu runs on the CPU" in text) == (1, True)
    assert failing(solver, "--gpu=all")[0] == 2
    code, text = failing(solver, "--snapshot=a", "--weights=b")
    assert (code, "only one is allowed" in text) == (2, True)
    code, text = failing(solver, "--snapshot=state/x_iter_4.caffemodel")
    assert (code, "a file of weights: --weights" in text) == (2, True)
    code, text = failing(solver, "--snapshot=latest")
    assert (code, "there is no snapshot state/cut_iter_*.solverstate" in text) == (1, True)
    code, text = failing(solver, "--best=los")
    assert (code, "did you mean 'loss'" in text) == (2, True)
    code, text = failing(solver, "--snapshot=solvers/state/sgd_momentum_iter_12.solverstate")
    assert (code, "it is of another net, or of another type of solver" in text) == (1, True)
    code, text = failing(solver, "--weights=solvers/nets/multi_init.caffemodel")
    assert (code, "layer 'ip1', blob 0: its shape there is" in text) == (1, True)
    code, text = failing(solver, "--gpu=0", "--check")
    assert (code, "--cpu runs on the CPU" in text) == (1, True)
    (seeded / "type.prototxt").write_text(SEEDED.replace("Adam", "Adan"))
    code, text = failing("type.prototxt", "--nolint")
    assert (code, "type is 'Adan'; SGD, " in text, "mean 'Adam'?" in text) == (1, True, True)
    (seeded / "gpu.prototxt").write_text(SEEDED.replace("CPU", "GPU"))
    code, text = failing("gpu.prototxt")
    assert (code, "solver_mode: GPU" in text, "--cpu" in text) == (1, True, True)
    assert main(["train", "gpu.prototxt", "--cpu", "--quiet"]) == 0


def test_a_disk_that_is_full_leaves_the_snapshots_before(seeded: Path, failing: Failing) -> None:
    """A limit on the size of files, which the state of Adam alone is over."""
    solver = seeded / "solver.prototxt"
    solver.write_text(SEEDED.replace("max_iter: 14", "max_iter: 4"))
    assert main(["train", "solver.prototxt", "--quiet"]) == 0
    whole = snapshots(seeded)
    solver.write_text(SEEDED)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    *_, size, largest = sorted(map(len, whole.values()))
    assert largest == len(whole["cut_iter_4.solverstate"]) > size
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 64, limits[1]))
    try:
        code, text = failing("solver.prototxt", "--snapshot=latest", "--nolint", "--log=/dev/null")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert code == 1
    assert text == "state/cut_iter_8.solverstate: cannot be written: File too large"
    found = snapshots(seeded)
    assert found == whole  # no weights without their state
    assert main(["train", "solver.prototxt", "--snapshot=latest", "--quiet", "--nolint"]) == 0


def test_lint_stops_what_would_train_nonsense(
    seeded: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(seeded)
    text = (seeded / "net.prototxt").read_text()
    (seeded / "net.prototxt").write_text(
        text.replace('bottom: "ip1" top: "ip2"', 'bottom: "ip" top: "ip2"')
    )
    assert main(["train", "solver.prototxt"]) == 1
    said = capsys.readouterr().err
    assert "did you mean 'ip1'? [shape]" in said
    assert said.endswith("errors were found; --nolint trains all the same\n")
    assert not list((seeded / "state").iterdir())


@pytest.mark.parametrize("flags", [[], ["--tf32"]])
def test_products_are_rounded_only_where_that_is_asked_for(
    seeded: Path, monkeypatch: pytest.MonkeyPatch, flags: list[str]
) -> None:
    import torch  # noqa: PLC0415

    from caffe_multilabel.engine import Net  # noqa: PLC0415

    def settings() -> tuple[str, bool]:
        return torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32

    seen, forward = set(), Net.forward

    def noting(net: Net, *given: object, **named: object) -> dict[str, torch.Tensor]:
        seen.add(settings())
        return forward(net, *given, **named)  # type: ignore[arg-type]

    monkeypatch.chdir(seeded)
    monkeypatch.setattr(Net, "forward", noting)
    before = settings()
    assert main(["train", "solver.prototxt", "--quiet", *flags]) == 0
    weights = ["--model=net.prototxt", "--weights=state/cut_iter_14.caffemodel", "--iterations=1"]
    assert main(["test", *weights, "--quiet", *flags]) == 0
    assert seen == {("high", True) if flags else ("highest", False)}
    assert settings() == before


def test_a_training_that_diverges_says_where(seeded: Path, failing: Failing) -> None:
    text = SEEDED.replace('type: "Adam"', 'type: "SGD"').replace("base_lr: 0.01", "base_lr: 1e15")
    (seeded / "solver.prototxt").write_text(text)
    code, text = failing("solver.prototxt", "--nolint")
    assert code == 1
    assert re.match(
        r"iteration \d+: the loss is (nan|inf); that of loss; the first of it is in ", text
    )
    assert "learning rate 1e+15: a lower base_lr or clip_gradients may help" in text


def test_a_database_that_changed_since_the_snapshot_is_named(
    seeded: Path, failing: Failing
) -> None:
    assert main(["train", "solver.prototxt", "--quiet"]) == 0
    shutil.rmtree(seeded / "lmdb" / "image")
    shutil.copytree(seeded / "lmdb" / "encoded_png", seeded / "lmdb" / "image")
    snapshot = "--snapshot=state/cut_iter_8.solverstate"
    code, text = failing("solver.prototxt", snapshot, "--nolint")
    assert (code, "lmdb/image: it holds" in text, "restart_data" in text) == (1, True, True)
    again = [snapshot, "--nolint", "--restart_data", "--quiet"]
    assert main(["train", "solver.prototxt", *again]) == 0


def test_other_records_of_the_same_number_are_told_too(seeded: Path, failing: Failing) -> None:
    assert main(["train", "solver.prototxt", "--quiet"]) == 0
    stored = records(seeded / "lmdb" / "label")
    shutil.rmtree(seeded / "lmdb" / "label")
    write_db(seeded / "lmdb" / "label", [(b"x" + key, value) for key, value in stored])
    snapshot = "--snapshot=state/cut_iter_8.solverstate"
    code, text = failing("solver.prototxt", snapshot, "--nolint")
    assert (code, "lmdb/label: its records are others than when" in text) == (1, True)


@pytest.mark.parametrize(
    ("command", "told", "spins"),
    [
        ("train --solver=x", {}, "10000"),
        ("test --model=x --weights=y", {}, "10000"),
        ("time --model=x", {}, "10000"),
        ("time --model=x", {"OMP_WAIT_POLICY": "PASSIVE"}, "0"),
        ("time --model=x", {"GOMP_SPINCOUNT": "7"}, "7"),
    ],
)
def test_threads_spin_briefly_unless_told(
    command: str, told: dict[str, str], spins: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY"):  # of a command in this process, or around it
        monkeypatch.delenv(name, raising=False)
    for name, value in ({"OMP_DISPLAY_ENV": "VERBOSE"} | told).items():  # OpenMP says what it does
        monkeypatch.setenv(name, value)
    done = run("caffe-multilabel", *command.split(), cwd=tmp_path)
    assert f"GOMP_SPINCOUNT = '{spins}'" in done.stderr
