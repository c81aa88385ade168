"""Whole runs of solvers against those of a real Caffe: tests/golden/engine/solvers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from caffe_multilabel.caffe.proto import parse_text
from caffe_multilabel.errors import PrototxtError
from golden_arrays import ELSEWHERE, FLOOR, recorded_arrays

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from caffe_multilabel.engine import Net, Solver
    from caffe_multilabel.engine.solvers.observer import Observer, Score

pytestmark = pytest.mark.torch

GOLDEN = Path(__file__).parent / "golden" / "engine"
RECORDED: dict[str, Any] = json.loads((GOLDEN / "solvers" / "runs.json").read_text())
RUNS: dict[str, dict[str, Any]] = RECORDED["runs"]
REFUSED: dict[str, dict[str, Any]] = json.loads((GOLDEN / "solvers" / "refused.json").read_text())

# Of an array's largest entry, or of 0.01: what other orders of summation change over 25 iterations.
TOLERANCES = {
    "float32": {"early": 1e-5, "losses": 2e-6, "late": 5e-6, "printed": 1e-5},
    "float64": {"early": 5e-6, "losses": 1e-6, "late": 3e-6, "printed": 1e-5},
}
GROUPS = {
    "grad_first": "early",
    "param_iter_1": "early",
    "task_loss": "losses",
    "loss": "losses",
    "test": "losses",
    "test1": "losses",
    "param": "late",
    "history": "late",
    "smoothed_loss_log": "printed",
    "lr_log": "printed",
}


@pytest.fixture(autouse=True)
def _in_golden(monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths in the recorded texts are seen from there."""
    monkeypatch.chdir(GOLDEN)


def test_all_runs_are_here() -> None:
    resumed = [name for name in RUNS if name.endswith("_resume")]
    assert (len(RUNS) - len(resumed), len(resumed), len(REFUSED)) == (36, 10, 16)


def difference(found: Any, wanted: NDArray[Any]) -> float:
    found, wanted = np.asarray(found, np.float64), np.asarray(wanted, np.float64)
    assert found.shape == wanted.shape
    return float(np.abs(found - wanted).max(initial=0) / max(np.abs(wanted).max(initial=0), FLOOR))


def watching(recording: Recording) -> Observer:
    """An observer, whose class needs torch to be imported."""
    from caffe_multilabel.engine.solvers.observer import Observer  # noqa: PLC0415

    class Watching(Observer):
        def displayed(
            self, iteration: int, loss: float, scores: Sequence[Score], *_: object
        ) -> None:
            recording.losses.append((iteration, loss))
            wanted = [name for name in RECORDED["losses"] if name in {s.output for s in scores}]
            assert wanted == RECORDED["losses"]

        def rate(self, iteration: int, rate: float) -> None:
            recording.rates.append(rate)
            if iteration == recording.first:
                learned = recording.solver.net.learnable
                recording.gradients = {
                    f"{each.layer}/{each.number}": each.blob.diff.cpu().numpy().copy()
                    for each in learned
                }

        def testing(self, iteration: int, test_net: int) -> None:
            if test_net == 0:
                recording.test_iterations.append(iteration)

    return Watching()


class Recording:
    """What a run does, in the words of the recorded one."""

    def __init__(self, solver: Solver) -> None:
        self.solver = solver
        self.losses: list[tuple[int, float]] = []
        self.rates: list[float] = []
        self.first = solver.iteration
        self.gradients: dict[str, NDArray[Any]] = {}
        self.passes: list[list[float]] = []
        self.tests: list[list[list[float]]] = [[] for _ in solver.test_nets]
        self.test_iterations: list[int] = []
        solver.observers.append(watching(self))
        self._record(solver.net, lambda net: self.passes.append(values(net, RECORDED["losses"])))
        for test_net, batches in zip(solver.test_nets, self.tests, strict=True):
            self._record(test_net, lambda net, to=batches: to.append(values(net, net.outputs)))

    @staticmethod
    def _record(net: Net, note: Callable[[Net], None]) -> None:
        forward = net.forward

        def noted() -> Any:
            found = forward()
            note(net)
            return found

        net.forward = noted  # type: ignore[method-assign]


def values(net: Net, names: Sequence[str]) -> list[float]:
    return [float(number) for name in names for number in net.blobs[name].data.flatten()]


def params(net: Net) -> dict[str, NDArray[Any]]:
    return {
        f"{layer}/{number}": blob.data.cpu().numpy().copy()
        for layer, blobs in net.params.items()
        for number, blob in enumerate(blobs)
    }


def solver_of(name: str, dtype: str, device: str) -> Solver:
    import torch  # noqa: PLC0415

    from caffe_multilabel.engine import Solver  # noqa: PLC0415

    return Solver(
        f"solvers/{name.removesuffix('_resume')}.prototxt",
        weights=[f"solvers/nets/{RUNS[name]['net']}_init.caffemodel"],
        device=device,
        dtype=getattr(torch, dtype),
    )


def state_of(name: str, dtype: str, device: str, folder: Path) -> str:
    """Caffe's state that a run was resumed from; where none was kept, ours of that iteration."""
    start = name.removesuffix("_resume")
    state = f"solvers/state/{start}_iter_12.solverstate"
    if Path(state).exists():
        return state
    solver = solver_of(start, dtype, device)
    solver.settings.snapshot_prefix = str(folder / start)
    solver.step(12)
    return solver.snapshot()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", RUNS)
def test_a_run(name: str, dtype: str, device: str, tmp_path: Path) -> None:
    run, wanted = RUNS[name], recorded_arrays(GOLDEN / "solvers" / f"{name}.npz")
    solver = solver_of(name, dtype, device)
    least = 0.0 if device == "cpu" else ELSEWHERE
    if name.endswith("_resume"):
        solver.restore(state_of(name, dtype, device, tmp_path), restart_data=True)
    recording = Recording(solver)
    found: dict[str, Any] = {}
    assert solver.iteration == run["first_iteration"]
    assert [f"{one.layer}/{one.number}" for one in solver.net.learnable] == run["learnable"]
    if name == "sgd_average_loss":  # the mean is over one call
        solver.step(run["iter"])
    else:
        while solver.iteration < run["iter"]:
            solver.step(1)
            found.setdefault("param_iter_1", params(solver.net))
    tests = wanted.get("test_iteration", {}).get("", np.empty(0))
    np.testing.assert_array_equal(recording.test_iterations, tests)
    passes = np.array(recording.passes).reshape(-1, run["iter_size"], len(RECORDED["losses"]))
    found |= {
        "grad_first": recording.gradients,
        "param": params(solver.net),
        "history": {f"{n:02}": t.cpu().numpy() for n, t in enumerate(solver.history)},
        "task_loss": {"": passes},
        "loss": {"": (passes @ np.array(RECORDED["loss_weights"])).mean(1)},
        "lr_log": {"": recording.rates},
        "smoothed_loss_log": {"": [loss for _, loss in recording.losses]},
    }
    for number, outputs in enumerate(run.get("test_outputs", ())):
        assert list(solver.test_nets[number].outputs) == outputs
        shape = (len(tests), -1, len(outputs))
        key = f"test{number or ''}"
        found[key] = {"": np.array(recording.tests[number]).reshape(shape)}
    assert solver.settings.type == run["type"]
    for group, tolerance in GROUPS.items():
        for key, array in wanted.get(group, {}).items():
            limit = max(TOLERANCES[dtype][tolerance], least)
            assert difference(found[group][key], array) <= limit, f"{group}/{key}"
    if "lr" in wanted and dtype == "float32":  # what Caffe's SGD says itself, bit for bit
        np.testing.assert_array_equal(np.float32(recording.rates), wanted["lr"][""])


REFUSED_FOR = {
    "no_lr_policy": "lr_policy",
    "unknown_lr_policy": "lr_policy",
    "step_without_stepsize": "stepsize",
    "negative_gamma": "gamma",
    "unknown_regularization": "regularization_type",
    "adagrad_momentum": "momentum",
    "rmsprop_momentum": "momentum",
    "rmsprop_decay_1": "rms_decay",
    "test_iter_without_interval": "test_interval",
    "test_state_count": "test_state",
    "unknown_field": "learning_rate",
    "second_net": "train_net",
}
"""The field that is named for each text that Caffe refuses."""


@pytest.mark.parametrize("name", REFUSED)
def test_what_caffe_refuses(name: str) -> None:
    from caffe_multilabel.engine import Solver  # noqa: PLC0415

    case = REFUSED[name]
    text = f'type: "{case["type"]}" {case["text"]}'
    if case["accepted"]:
        Solver(parse_text(text, "SolverParameter")).step(5)
        return
    field = REFUSED_FOR[name]
    with pytest.raises(PrototxtError, match=rf"\b{field}\b"):
        Solver(parse_text(text, "SolverParameter"))
