"""Trainings with `random_seed` against those of a real Caffe: tests/golden/engine/seeded."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from caffe_multilabel.engine import Solver
from golden_arrays import recorded_arrays

if TYPE_CHECKING:
    from numpy.typing import NDArray

pytestmark = pytest.mark.torch

GOLDEN = Path(__file__).parent / "golden" / "engine"
RUNS = sorted(path.stem for path in (GOLDEN / "seeded").glob("*.npz"))


@pytest.fixture(autouse=True)
def _in_golden(monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths in the recorded texts are seen from there."""
    monkeypatch.chdir(GOLDEN)


def test_all_runs_are_here() -> None:
    assert len(RUNS) == 16


def params(solver: Solver) -> dict[str, NDArray[Any]]:
    return {
        f"{layer}/{number}": blob.data.numpy().copy()
        for layer, blobs in solver.net.params.items()
        for number, blob in enumerate(blobs)
    }


def assert_near(found: Any, wanted: NDArray[Any], limit: float, what: str) -> None:
    scale = max(np.abs(wanted).max(initial=0), 0.01)
    assert np.abs(np.asarray(found) - wanted).max(initial=0) <= limit * scale, what


@pytest.mark.parametrize("name", RUNS)
def test_a_seeded_training(name: str) -> None:
    """Fillers, crops, mirrors and dropout are Caffe's to the bit; sums may round otherwise."""
    wanted = recorded_arrays(GOLDEN / "seeded" / f"{name}.npz")
    solver = Solver(f"seeded/{name}.solver.prototxt")
    for key, values in params(solver).items():
        np.testing.assert_array_equal(values, wanted["init"][key], err_msg=key)
    losses = []
    for iteration in range(12):
        solver.step(1)
        losses.append(solver.net.loss)
        if iteration < 2:
            image = solver.net.blobs["image"].data.numpy()
            np.testing.assert_array_equal(image, wanted["image"][str(iteration)])
        if "ip1" in wanted and iteration < 2:
            dropped = solver.net.blobs["ip1"].data.numpy()
            recorded = wanted["ip1"][str(iteration)]
            np.testing.assert_array_equal(dropped == 0, recorded == 0)
            assert_near(dropped, recorded, 1e-5, f"ip1 at {iteration}")
    assert_near(losses, wanted["loss"][""], 1e-5, "loss")
    for key, values in params(solver).items():
        assert_near(values, wanted["final"][key], 1e-5, key)
