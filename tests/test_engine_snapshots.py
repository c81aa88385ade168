"""Snapshots of solvers: Caffe's files read and written, and what stands beside ours."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from caffe_multilabel.caffe.proto import parse_text
from caffe_multilabel.caffe.proto.solver_state import StoredState, read_state, write_state
from caffe_multilabel.caffe.proto.types import SolverState
from caffe_multilabel.errors import DatabaseError, OutputError, PrototxtError

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
        if isinstance(value, list):
            getattr(solver.settings, field)[:] = value
        else:
            setattr(solver.settings, field, value)
    return solver


def memory(solver: Solver) -> list[NDArray[Any]]:
    weights = [one.blob.data.numpy().copy() for one in solver.net.learnable]
    return weights + [values.numpy().copy() for values in solver.history]


def assert_same(one: Solver, other: Solver) -> None:
    assert one.iteration == other.iteration
    for values, wanted in zip(memory(one), memory(other), strict=True):
        np.testing.assert_array_equal(values, wanted)


def test_a_state_with_blobs_of_four_numbers_is_gone_on_from() -> None:
    """As Caffe wrote them until 2014, those of vectors and matrices as well."""
    now, before = (Path(f"solvers/state/{name}.solverstate") for name in ("adam_iter_12", "old"))
    state = SolverState.FromString(now.read_bytes())
    for blob in state.history:
        one = [1] * (4 - len(blob.shape.dim))
        blob.num, blob.channels, blob.height, blob.width = *one, *blob.shape.dim
        blob.ClearField("shape")
    before.write_bytes(state.SerializeToString())
    solver, old = solver_of(), solver_of()
    solver.restore(now)
    old.restore(before)
    assert any(values.any() for values in old.history)
    for each in (solver, old):
        each.step(2)
    assert_same(solver, old)


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


HDF5_NET = """
    layer { name: "d" type: "HDF5Data" top: "d" top: "n"
            hdf5_data_param { source: "files.txt" batch_size: 3 } }
    layer { name: "ip" type: "InnerProduct" bottom: "d" top: "ip"
            inner_product_param { num_output: 1 } }
    layer { name: "loss" type: "EuclideanLoss" bottom: "ip" bottom: "n" top: "loss" }
"""


@pytest.mark.parametrize("width", [2, 200_000])  # the second is over what is read as a whole
def test_rows_that_changed_since_the_snapshot_are_told(folder: Path, width: int) -> None:
    import h5py  # noqa: PLC0415  (extra)

    from caffe_multilabel.engine import Solver  # noqa: PLC0415  (torch)

    def write(*values: float) -> None:
        with h5py.File("rows.h5", "w") as file:
            file["d"] = np.repeat(np.float32(values)[:, None], width, 1)
            file["n"] = np.float32(values)

    def make() -> Solver:
        settings = parse_text('lr_policy: "fixed" snapshot_prefix: "state/s"', "SolverParameter")
        settings.net_param.CopyFrom(parse_text(HDF5_NET, "NetParameter"))
        return Solver(settings)

    rows = [float(number) for number in range(30)]
    (folder / "files.txt").write_text("rows.h5\n")
    write(*rows)
    solver = make()
    solver.step(1)
    state = solver.snapshot()
    write(*rows)  # the same again
    other = make()
    other.restore(state)
    other.net.forward()
    assert other.net.blobs["n"].data.tolist() == [3, 4, 5]
    again = r"; --restart_data reads it from its first row on$"
    for changed, message in (
        ([*rows, 30], r"files\.txt: it holds 31 rows, and 30 when the snapshot was made"),
        ([*rows[:17], 99, *rows[18:]], r"files\.txt: its rows are others than when the snap"),
    ):
        write(*changed)
        with pytest.raises(DatabaseError, match=f"^{message}.*{again}"):
            make().restore(state)
        make().restore(state, restart_data=True)


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
    beside.write_text(whole.replace('"format": 1', '"format": 2'))
    with pytest.raises(PrototxtError, match="written by a later version; --restart_data goes on"):
        solver_of().restore(state)
    beside.write_text(json.dumps(json.loads(whole) | {"data": []}))
    with pytest.raises(PrototxtError, match="it is of the data layers none, and the nets have d"):
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
    assert [place["taken"] for _, place in other._standing().data] == [0, 0, 0, 0]


def killed_at(step: int, solver: Solver) -> None:
    """Make a snapshot in a process that is killed at a step: in writing a file, or in a rename."""
    process = os.fork()
    if process == 0:
        steps = itertools.count()

        def count(event: str, arguments: tuple[object, ...]) -> None:
            del arguments
            if event in ("open", "os.rename") and next(steps) == step:
                os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(count)
        try:
            solver.snapshot()
        finally:
            os._exit(0)
    os.waitpid(process, 0)


# Python 3.12 and later; the child needs none of the other threads.
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_snapshot_that_is_killed_is_none_of_two_trainings(folder: Path) -> None:
    """Killed at each file that is opened and each rename, over a snapshot of another training."""
    from caffe_multilabel.engine.training.kept import restore_latest  # noqa: PLC0415  (torch)

    first = solver_of(snapshot_prefix="state/s")
    first.step(1)
    first.snapshot()
    first.step(1)
    second = Path(first.snapshot())
    kept = {path.name: path.read_bytes() for path in (folder / "state").iterdir()}
    other = solver_of(snapshot_prefix="state/s", base_lr=0.5)
    other.step(2)
    seen = set()
    for step in range(100):
        killed_at(step, other)
        again = solver_of(snapshot_prefix="state/s")
        seen.add(restore_latest(again))
        if again.iteration == 1:  # between the two: none of that name
            again.step(1)
        whole = [np.array_equal(a, b) for a, b in zip(memory(again), memory(first), strict=True)]
        if not all(whole):
            assert_same(again, other)
            break
        for name, content in kept.items():
            (folder / "state" / name).write_bytes(content)
    assert step > 10
    assert seen == {str(second), "state/s_iter_1.solverstate"}


RECURRENT = """
    layer { name: "x" type: "Data" top: "x" top: "n"
            data_param { source: "lmdb/image" batch_size: 6 backend: LMDB } }
    layer { name: "flat" type: "Reshape" bottom: "x" top: "flat"
            reshape_param { shape { dim: 3 dim: 2 dim: -1 } } }
    layer { name: "scaled" type: "Power" bottom: "flat" top: "scaled"
            power_param { scale: 0.004 } }
    layer { name: "cont" type: "DummyData" top: "cont"
            dummy_data_param { shape { dim: STEPS dim: STREAMS } data_filler { value: 1 } } }
    LAYERS
    layer { name: "end" type: "Reshape" bottom: "last" top: "end"
            reshape_param { shape { dim: 6 dim: -1 } } }
    layer { name: "ip" type: "InnerProduct" bottom: "end" top: "ip"
            inner_product_param { num_output: 1 weight_filler { type: "xavier" } } }
    layer { name: "loss" type: "EuclideanLoss" bottom: "ip" bottom: "n" top: "loss" }
"""

UNIT = """
    layer { name: "NAME" type: "TYPE" bottom: "BELOW" bottom: "cont" top: "TOP"
            recurrent_param { num_output: 4 weight_filler { type: "uniform" min: -0.2 max: 0.2 } }
            PARAMS }
"""

SHARED = 'param { name: "a" } param { name: "b" } param { name: "c" }'


def unit(name: str, kind: str, below: str, top: str, params: str = "") -> str:
    values = {"NAME": name, "TYPE": kind, "BELOW": below, "TOP": top, "PARAMS": params}
    text = UNIT
    for word, value in values.items():
        text = text.replace(word, value)
    return text


@pytest.mark.parametrize(
    ("layers", "steps"),
    [
        (unit("lstm", "LSTM", "scaled", "last"), 3),
        (unit("lstm", "LSTM", "scaled", "last"), 1),
        (unit("rnn", "RNN", "scaled", "mid") + unit("lstm", "LSTM", "mid", "last"), 3),
        # Of weights that another layer owns, the later timesteps keep what was filled.
        (
            unit("one", "LSTM", "scaled", "ones", SHARED)
            + unit("two", "LSTM", "scaled", "twos", SHARED)
            + 'layer { name: "sum" type: "Eltwise" bottom: "ones" bottom: "twos" top: "last" }',
            3,
        ),
    ],
    ids=["lstm", "one timestep", "rnn and lstm", "shared"],
)
def test_states_of_recurrent_layers_go_on(layers: str, steps: int) -> None:
    """Each batch begins with the states that the one before has left."""
    from caffe_multilabel.engine import Solver  # noqa: PLC0415  (torch)

    streams = 6 // steps
    text = RECURRENT.replace("LAYERS", layers).replace(
        "dim: 3 dim: 2", f"dim: {steps} dim: {streams}"
    )
    text = text.replace("STEPS", str(steps)).replace("STREAMS", str(streams))

    def make(seed: int) -> Solver:
        settings = parse_text(
            'base_lr: 0.01 lr_policy: "fixed" momentum: 0.9 snapshot_prefix: "state/s" '
            f"test_iter: 2 test_interval: 2 random_seed: {seed}",
            "SolverParameter",
        )
        settings.net_param.CopyFrom(parse_text(text, "NetParameter"))
        return Solver(settings)

    whole, cut = make(1), make(1)
    whole.step(7)
    cut.step(3)
    state = cut.snapshot()
    again = make(2)  # which has other weights, and draws otherwise
    again.restore(state)
    again.step(4)
    assert_same(again, whole)
    np.testing.assert_array_equal(
        [score.value for score in again.test()], [score.value for score in whole.test()]
    )
    other = make(1)
    other.restore(state, restart_data=True)
    other.step(4)
    assert any((a != b).any() for a, b in zip(memory(other), memory(whole), strict=True))


@pytest.mark.parametrize("asked_at", [1, 2, 4, 5])
@pytest.mark.parametrize("wish", ["stop", "snapshot"])
def test_a_request_in_the_middle_of_tests_changes_no_bit(asked_at: int, wish: str) -> None:
    """Two test nets of three batches each; the tests are made anew from where they began."""

    def make() -> Solver:
        return solver_of(
            "sgd_two_test_nets", test_iter=[3, 3], test_interval=2, snapshot_prefix="state/t"
        )

    whole, cut = make(), make()
    whole.step(6)
    cut.step(4)
    asked = 0

    def request() -> str | None:
        nonlocal asked
        asked += 1
        return wish if asked == asked_at else None

    cut.request = request
    if wish == "stop":
        cut.step(2)
        assert cut.iteration == 4
        state = cut.snapshot()
    else:
        cut.step(1)
        state = "state/t_iter_4.solverstate"
    again = make()
    again.restore(state)
    again.step(2)
    assert_same(again, whole)
    assert again._standing().data == whole._standing().data
    if wish == "stop":  # and so does the one that was stopped
        cut.step(2)
        assert_same(cut, whole)
        assert cut._standing().data == whole._standing().data


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
