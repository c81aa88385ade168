"""Snapshots of solvers: Caffe's files read and written, and what stands beside ours."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from caffe_multilabel.caffe.proto import parse_text
from caffe_multilabel.caffe.proto.solver_state import StoredState, read_state, write_state
from caffe_multilabel.errors import OutputError, PrototxtError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from caffe_multilabel.engine import Solver

pytestmark = pytest.mark.torch

GOLDEN = Path(__file__).parent / "golden" / "engine"
STATES = sorted((GOLDEN / "solvers" / "state").glob("*.solverstate"))


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The recorded nets and DBs, where snapshots may be written."""
    for name in ("lmdb", "files", "solvers"):
        shutil.copytree(GOLDEN / name, tmp_path / name)
    (tmp_path / "state").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("path", STATES, ids=lambda path: path.stem)
def test_a_state_is_written_as_caffe_writes_it(path: Path, tmp_path: Path) -> None:
    state = read_state(path)
    history = [blob.array(name="history") for blob in state.history]
    facts = StoredState(state.iteration, state.learned_net, state.current_step, ())
    write_state(tmp_path / "again.solverstate", facts, history)
    assert (tmp_path / "again.solverstate").read_bytes() == path.read_bytes()
    assert (state.iteration, state.learned_net) == (12, f"state/{path.stem}.caffemodel")


def solver_of(name: str = "adam", **settings: Any) -> Solver:
    from caffe_multilabel.engine import Solver  # noqa: PLC0415  (torch)

    solver = Solver(f"solvers/{name}.prototxt", weights=["solvers/nets/multi_init.caffemodel"])
    for field, value in settings.items():
        setattr(solver.settings, field, value)
    return solver


def memory(solver: Solver) -> list[NDArray[Any]]:
    weights = [one.blob.data.numpy().copy() for one in solver.net.learnable]
    return weights + [values.numpy().copy() for values in solver.history]


def assert_same(one: Solver, other: Solver) -> None:
    assert one.iteration == other.iteration
    for values, wanted in zip(memory(one), memory(other), strict=True):
        np.testing.assert_array_equal(values, wanted)


def test_caffes_hdf5_state_is_that_of_its_binary_one() -> None:
    one, other = solver_of(), solver_of()
    one.restore("solvers/state/adam_h5_iter_12.solverstate.h5")
    other.restore("solvers/state/adam_iter_12.solverstate")
    assert_same(one, other)


def test_hdf5_snapshots_are_caffes_and_are_gone_on_from() -> None:
    import h5py  # noqa: PLC0415  (an extra)

    solver = solver_of(snapshot_format=0, snapshot_prefix="state/h5")
    solver.step(3)
    state = solver.snapshot()
    assert state == "state/h5_iter_3.solverstate.h5"
    with (
        h5py.File(state) as ours,
        h5py.File("solvers/state/adam_h5_iter_12.solverstate.h5") as caffes,
    ):
        assert set(ours) == set(caffes)
        assert set(ours["history"]) == set(caffes["history"])
        for key in ("iter", "current_step"):
            assert (ours[key].shape, ours[key].dtype) == (caffes[key].shape, caffes[key].dtype)
        # Up to the zero that Caffe reads to.
        assert ours["learned_net"].dtype.itemsize == len("state/h5_iter_3.caffemodel.h5") + 1
    other = solver_of()
    other.restore(state)
    assert_same(other, solver)
    solver.step(4)
    other.step(4)
    assert_same(other, solver)


def test_data_go_on_with_another_batch_size() -> None:
    """Records count, and not batches."""
    text = """
        layer { name: "d" type: "Data" top: "d" top: "n"
                data_param { source: "lmdb/image" batch_size: SIZE backend: LMDB } }
        layer { name: "ip" type: "InnerProduct" bottom: "d" top: "ip"
                inner_product_param { num_output: 1 } }
        layer { name: "loss" type: "EuclideanLoss" bottom: "ip" bottom: "n" top: "loss" }
    """
    from caffe_multilabel.engine import Solver  # noqa: PLC0415  (torch)

    def make(size: int) -> Solver:
        settings = parse_text('lr_policy: "fixed" snapshot_prefix: "state/s"', "SolverParameter")
        settings.net_param.CopyFrom(parse_text(text.replace("SIZE", str(size)), "NetParameter"))
        return Solver(settings)

    first = make(8)
    first.step(4)
    state = first.snapshot()
    other = make(5)
    other.restore(state)
    other.net.forward()
    whole = make(1)
    for _ in range(33):
        whole.net.forward()
    np.testing.assert_array_equal(other.net.blobs["d"].data[0], whole.net.blobs["d"].data[0])


def test_what_stands_beside_a_snapshot_is_of_it_alone(folder: Path) -> None:
    solver = solver_of(snapshot_prefix="state/s")
    solver.step(2)
    state = Path(solver.snapshot())
    beside = folder / f"{state}.data.json"
    whole = beside.read_text()
    for damaged in (whole[:40], "[]", whole.replace('"taken"', '"took"'), whole.replace("{", "[")):
        beside.write_text(damaged)
        with pytest.raises(PrototxtError, match="damaged; --restart_data goes on without it"):
            solver_of().restore(state)
    beside.write_text(whole.replace('"layer": "data"', '"layer": "other"'))
    with pytest.raises(PrototxtError, match="it is of the data layers other"):
        solver_of().restore(state)
    beside.write_text(whole)
    # Written anew by a Caffe: the file beside it is of another snapshot.
    shutil.copy("solvers/state/adam_iter_12.solverstate", state)
    shutil.copy("solvers/state/adam_iter_12.caffemodel", "state")
    other = solver_of()
    other.restore(state)
    assert [feed.place["taken"] for _, feed in other._feeds()] == [0, 0, 0, 0]


def test_snapshots_are_named_as_caffe_names_them(folder: Path) -> None:
    from caffe_multilabel.engine import Solver  # noqa: PLC0415  (torch)

    def prefix(more: str) -> str:
        text = f'net: "solvers/nets/multi.prototxt" lr_policy: "fixed" {more}'
        (folder / "own.prototxt").write_text(text)
        return Solver("own.prototxt").settings.snapshot_prefix

    assert prefix("") == "own"
    assert prefix('snapshot_prefix: "state"') == "state/own"
    assert prefix('snapshot_prefix: "state/"') == "state/own"
    assert prefix('snapshot_prefix: "state/x"') == "state/x"
    assert prefix('snapshot_prefix: ""') == ""
    with pytest.raises(OutputError, match="the folder nowhere is not there, seen from"):
        prefix('snapshot: 1 snapshot_prefix: "nowhere/x"')


def test_the_newest_whole_snapshot_is_found(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    from caffe_multilabel.engine.training.kept import restore_latest  # noqa: PLC0415  (torch)

    solver = solver_of(snapshot_prefix="state/s")
    for _ in range(3):
        solver.step(1)
        solver.snapshot()
    last = folder / "state" / "s_iter_3.solverstate"
    last.write_bytes(last.read_bytes()[:-9])
    other = solver_of(snapshot_prefix="state/s")
    assert restore_latest(other) == "state/s_iter_2.solverstate"
    assert "s_iter_3.solverstate" in caplog.text
    assert "passed over" in caplog.text
    (folder / "state" / "s_iter_2.solverstate.data.json").write_text("no JSON")
    with pytest.raises(PrototxtError, match=r"s_iter_2.*damaged; --restart_data"):
        restore_latest(solver_of(snapshot_prefix="state/s"))
    other = solver_of(snapshot_prefix="state/s")
    assert restore_latest(other, restart_data=True) == "state/s_iter_2.solverstate"


def test_the_best_weights_of_an_earlier_run_are_not_written_over(folder: Path) -> None:
    from caffe_multilabel.engine.training.kept import BestWeights  # noqa: PLC0415  (torch)

    solver = solver_of(snapshot_prefix="state/s")
    best = BestWeights(solver, "loss_a")
    solver.observers.append(best)
    scores = [score for score in solver.test() if score.output == "loss_a"]
    noted = json.loads((folder / "state" / "s_best.json").read_text())
    assert noted["value"] == pytest.approx(scores[0].value)
    solver.step(1)
    (folder / "state" / "s_best.json").write_text(json.dumps(noted | {"value": 1e-9}))
    kept = (folder / "state" / "s_best.caffemodel").read_bytes()
    again = BestWeights(solver, "loss_a")
    solver.observers = [again]
    again.starting()
    solver.test()
    assert (folder / "state" / "s_best.caffemodel").read_bytes() == kept
    assert again.path_written == "state/s_best.caffemodel"


def test_weights_that_are_no_numbers_do_not_push_out_those_that_are(folder: Path) -> None:
    from caffe_multilabel.engine.training.kept import LastSnapshots  # noqa: PLC0415  (torch)

    solver = solver_of(snapshot_prefix="state/s")
    solver.observers.append(LastSnapshots(solver, 1))
    for iteration in range(3):
        solver.step(1)
        if iteration == 2:
            solver.net.params["ip1"][0].data[0] = float("nan")
        solver.snapshot()
    names = sorted(path.name for path in (folder / "state").glob("*.caffemodel"))
    assert names == ["s_iter_2.caffemodel", "s_iter_3.caffemodel"]
