"""What a solver sets up: the net that it trains, those that it tests, and what it refuses.

From `Solver::InitTrainNet`, `InitTestNets` and the constructors of src/caffe/solvers.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from caffe_multilabel._base.arguments import instance_of, items_of
from caffe_multilabel._base.text import did_you_mean, plural
from caffe_multilabel.caffe.named_fields import is_set
from caffe_multilabel.caffe.proto import read_net, read_solver
from caffe_multilabel.caffe.solver_facts import (
    LIMITS,
    REGULARIZATIONS,
    SOLVER_TYPES,
    TRAIN_NETS,
    breaks_limit,
)
from caffe_multilabel.errors import PrototxtError
from caffe_multilabel.nets.analysis.states import state_of_test, states_of_solver

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from caffe_multilabel._base.arguments import StrPath
    from caffe_multilabel.caffe.net_state import NetState
    from caffe_multilabel.caffe.proto.types import NetParameter, SolverParameter

__all__ = ["PlannedNet", "check_files", "check_solver", "planned_nets", "read_trained"]


@dataclass(frozen=True, slots=True)
class PlannedNet:
    """A net that a solver uses.

    Attributes:
        net: its message.
        state: the state that the solver puts it in.
        path: its file; None where the solver itself holds it.
    """

    net: NetParameter
    state: NetState
    path: str | None


def read_trained(path: StrPath) -> SolverParameter:
    """Read a solver as Caffe's tools and pycaffe do, which name its snapshots if it does not.

    `UpgradeSnapshotPrefixProperty` names them after the file, and in the folder that
    `snapshot_prefix` is, where it is one.

    Raises:
        PrototxtError: the file cannot be read, or is no solver.
    """
    solver, file = read_solver(path), Path(path)
    if not solver.HasField("snapshot_prefix"):
        solver.snapshot_prefix = str(path).removesuffix(file.suffix)
    elif solver.snapshot_prefix and Path(solver.snapshot_prefix).is_dir():
        solver.snapshot_prefix = f"{solver.snapshot_prefix.rstrip('/')}/{file.stem}"
    return solver


def check_files(solver: SolverParameter) -> None:
    """Refuse a solver whose nets are not there, as when it is started from another folder.

    Raises:
        PrototxtError: a file of a net is not there.
    """
    for field in ("net", "train_net"):
        path = getattr(solver, field)
        if path and not Path(path).exists():
            raise PrototxtError(
                f"{field}: there is no file '{path}', seen from {Path.cwd()}; as with Caffe, start "
                "in the folder from which that path leads to it",
                path=path,
                key=field,
            )


def check_solver(solver: SolverParameter) -> None:
    """Refuse what Caffe stops at when it sets a solver up, or in the first iteration.

    Raises:
        PrototxtError: with the field as `key`.
    """
    if solver.type not in SOLVER_TYPES:
        _refuse(
            "type",
            f"is '{solver.type}'; {', '.join(SOLVER_TYPES)} are allowed",
            SOLVER_TYPES,
            solver.type,
        )
    for field, limit in LIMITS.items():
        if breaks_limit(solver, field):
            _refuse(field, f"is {getattr(solver, field):g}, must be {limit.words}")
    if solver.iter_size < 1:
        _refuse("iter_size", f"is {solver.iter_size}, must be 1 or more; weights would become nan")
    if solver.weight_decay and solver.regularization_type not in REGULARIZATIONS:
        given = solver.regularization_type
        _refuse(
            "regularization_type",
            f"is '{given}'; {' and '.join(REGULARIZATIONS)} are allowed",
            REGULARIZATIONS,
            given,
        )
    if solver.snapshot and not solver.snapshot_prefix:
        _refuse("snapshot_prefix", "is not given, and snapshot is")


def _refuse(field: str, problem: str, known: Iterable[str] = (), given: str = "") -> None:
    raise PrototxtError(f"{field} {problem}{did_you_mean(given, known)}", key=field)


def planned_nets(
    solver: SolverParameter, *, stages: Sequence[str], level: int | None
) -> tuple[PlannedNet, list[PlannedNet]]:
    """Return the net to train, and the nets to test in their order.

    Args:
        solver: the solver; files of nets are seen from the working folder, as in Caffe.
        stages: more stages of the net to train.
        level: its level; what the solver says if None.

    Raises:
        PrototxtError: the solver names no net to train, or several, or not as many tests or states
            as test nets; or the file of a net cannot be read.
    """
    given = [field for field in TRAIN_NETS if is_set(solver, field)]
    if len(given) != 1:
        found = " and ".join(given) or "none is"
        raise PrototxtError(
            f"the net to train: {found} given; just one of {', '.join(TRAIN_NETS)} is allowed",
            key=given[-1] if given else "net",
        )
    train = _read(solver, given[0])
    names = [
        instance_of("a stage", stage, str, "the name of a stage")
        for stage in items_of("stages", stages, "names of stages")
    ]
    state = states_of_solver(solver, train.net, stages=names, level=level)[0]
    own = len(solver.test_net_param) + len(solver.test_net)
    has_generic = given[0] in ("net", "net_param")
    tests = len(solver.test_iter)
    if tests < own or (tests > own and not has_generic):
        raise PrototxtError(
            f"test_iter is given {plural(tests, 'time')} for {plural(own, 'test net')}; "
            "once for each is needed",
            key="test_iter",
        )
    if solver.test_state and len(solver.test_state) != tests:
        raise PrototxtError(
            f"test_state is given {plural(len(solver.test_state), 'time')} for "
            f"{plural(tests, 'test')}; once for each, or not at all, is allowed",
            key="test_state",
        )
    nets = [
        *(_Found(net, None) for net in solver.test_net_param),
        *(_Found(read_net(path), path) for path in solver.test_net),
    ]
    nets += [train] * (tests - own)
    return (
        PlannedNet(train.net, state, train.path),
        [
            PlannedNet(found.net, state_of_test(solver, found.net, number), found.path)
            for number, found in enumerate(nets)
        ],
    )


@dataclass(frozen=True, slots=True)
class _Found:
    net: NetParameter
    path: str | None


def _read(solver: SolverParameter, field: str) -> _Found:
    value = getattr(solver, field)
    if field.endswith("_param"):
        return _Found(value, None)
    check_files(solver)
    return _Found(read_net(value), value)
