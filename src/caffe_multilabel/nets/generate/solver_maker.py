"""The solver: Caffe's usual settings, the user's own, and a test that covers the test DB once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel._base.text import plural, shown, suggestion
from caffe_multilabel.caffe.proto import schema, upgrade_solver
from caffe_multilabel.caffe.solver_facts import (
    LIMITS,
    POLICIES,
    REGULARIZATIONS,
    SOLVER_TYPES,
    TRAIN_NETS,
    breaks_limit,
)
from caffe_multilabel.errors import PrototxtError, TaskFileError
from caffe_multilabel.nets.generate.message_fields import set_fields

if TYPE_CHECKING:
    from collections.abc import Iterable

    from caffe_multilabel.caffe.proto.types import SolverParameter
    from caffe_multilabel.tasks import Source, TaskFile

__all__ = ["NET_FILE", "make_solver"]

NET_FILE = "train_val.prototxt"

# As in Caffe's own example of a new head on a trained backbone (finetune_flickr_style).
_USUAL: dict[str, object] = {
    "base_lr": 0.001,
    "lr_policy": "step",
    "display": 20,
    "max_iter": 100_000,
    "weight_decay": 0.0005,
    "snapshot": 10_000,
    "solver_mode": "GPU",
}
# What a policy gets where the user gives nothing; what else it reads only the user can tell.
_USUAL_OF_POLICY: dict[str, dict[str, float]] = {
    "step": {"gamma": 0.1},
    "multistep": {"gamma": 0.1},
    "poly": {"power": 1.0},
}
_STEPS = 5
_TEST_INTERVAL = 1000
_MOMENTUM = 0.9
_LITTLE = 0.02
_SHOWN = 0.0001  # the least share that two decimals show
"""So small a share of records counted twice is no reason to change a batch size."""
_UNKNOWN_TEST_ITER = 100


def make_solver(
    tasks: TaskFile,
    test_records: int | None,
    warnings: list[str],
    *,
    gathers_statistics: bool = False,
) -> SolverParameter:
    """Make the solver of a task file.

    Paths that are not the user's start in the folder of the solver.

    Args:
        tasks: the task file.
        test_records: records of the TEST phase, or None where they are not known.
        warnings: gets a sentence for whatever a user should know.
        gathers_statistics: whether the net has BatchNorm layers that gather their statistics in
            training. TEST reads those, and before the first iteration they are empty: Caffe takes
            mean 0 and variance 0 (batch_norm_layer.cpp), so that each layer multiplies its values
            by 300 and a deep net gives nan. The test at iteration 0 is then left out.

    Raises:
        TaskFileError: a key under `solver` is no field of SolverParameter or has a value that
            Caffe stops at, or the policy lacks what it needs.
    """
    solver = schema().message("SolverParameter")()
    set_fields(solver, tasks.solver, "solver")
    try:
        upgrade_solver(solver, name="solver")
    except PrototxtError as error:
        raise TaskFileError(error.message, key="solver") from error
    _check_choice(solver, "type", SOLVER_TYPES)
    _check_choice(solver, "lr_policy", POLICIES)
    _check_choice(solver, "regularization_type", REGULARIZATIONS)
    if not any(_has(solver, net) for net in TRAIN_NETS):
        solver.net = NET_FILE
    if tasks.data.test is not None:
        if not solver.test_iter:
            solver.test_iter.append(_test_iter(tasks.data.test, test_records, warnings))
        _default(solver, test_interval=_TEST_INTERVAL)
        if gathers_statistics:
            _default(solver, test_initialization=False)
    _default(solver, **_USUAL, snapshot_prefix=tasks.name)
    _complete_policy(solver)
    if SOLVER_TYPES[solver.type].momentum:
        _default(solver, momentum=_MOMENTUM)
    _check_limits(solver)
    return solver


def _has(solver: SolverParameter, name: str) -> bool:
    return any(field.name == name for field, _ in solver.ListFields())


def _default(solver: SolverParameter, **values: object) -> None:
    """Set those fields that the user left out."""
    set_fields(
        solver, {name: value for name, value in values.items() if not _has(solver, name)}, "solver"
    )


def _check_choice(solver: SolverParameter, name: str, choices: Iterable[str]) -> None:
    found: str = getattr(solver, name)
    known = list(choices)
    if _has(solver, name) and found not in known:
        key = f"solver.{name}"
        raise TaskFileError(
            f"{key}: found {shown(found)}; must be one of {', '.join(known)}"
            f"{suggestion(found, known)}",
            key=key,
        )


def _complete_policy(solver: SolverParameter) -> None:
    policy = solver.lr_policy
    usual = dict(_USUAL_OF_POLICY.get(policy, {}))
    if policy == "step":
        usual["stepsize"] = max(1, solver.max_iter // _STEPS)
    for name in POLICIES[policy].reads:
        if name in usual:
            _default(solver, **{name: usual[name]})
        elif not _has(solver, name):
            key = f"solver.{name}"
            raise TaskFileError(f"{key}: missing; lr_policy {policy} needs it", key=key)


def _check_limits(solver: SolverParameter) -> None:
    """Refuse numbers that Caffe stops at."""
    for name, limit in LIMITS.items():
        if breaks_limit(solver, name):
            key = f"solver.{name}"
            found: float = getattr(solver, name)
            raise TaskFileError(f"{key}: found {found:g}; must be {limit.words}", key=key)


def _test_iter(source: Source, records: int | None, warnings: list[str]) -> int:
    batch_size = source.batch_size
    if records is None:
        warnings.append(
            f"{source.images} is not there yet, so test_iter is {_UNKNOWN_TEST_ITER}; "
            "generate again once it is, to test each of its records once"
        )
        return _UNKNOWN_TEST_ITER
    iterations, rest = divmod(records, batch_size)
    if not rest:
        return iterations
    if records < batch_size:
        warnings.append(
            f"{source.images} has {plural(records, 'record')}, fewer than batch_size {batch_size}: "
            f"test_iter 1 counts some of them more than once; batch_size {records} would fit"
        )
        return 1
    tests, twice = iterations + 1, batch_size - rest
    warnings.append(
        f"{source.images} has {records} records, not a multiple of batch_size {batch_size}: "
        f"test_iter {tests} counts {twice} of them twice; "
        + _way_out(records, batch_size, twice / (tests * batch_size))
    )
    return tests


def _way_out(records: int, batch_size: int, share: float) -> str:
    """Say which sizes of a batch near one divide the records, or how little it matters.

    Args:
        records: records of the test DB.
        batch_size: the size that does not divide them.
        share: the share of records counted twice in all that a test counts.
    """
    least, most = (batch_size + 1) // 2, 2 * batch_size
    smaller = (size for size in range(batch_size - 1, least - 1, -1) if records % size == 0)
    larger = (size for size in range(batch_size + 1, most + 1) if records % size == 0)
    fitting = [size for size in (next(smaller, None), next(larger, None)) if size is not None]
    if fitting:
        return f"batch_size {' or '.join(map(str, fitting))} would fit"
    if share < _LITTLE:
        percent = f"{share:.2%}" if share >= _SHOWN else f"less than {_SHOWN:.2%}"
        return f"that is {percent} of what a test counts, and may stay so"
    return (
        f"that is {share:.0%} of what a test counts, and no batch_size from {least} to {most} "
        "would fit; a smaller one counts fewer twice"
    )
