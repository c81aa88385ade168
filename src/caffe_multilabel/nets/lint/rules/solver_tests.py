"""The tests of a solver, and the states in which it uses its nets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel.caffe.named_fields import enum_name
from caffe_multilabel.nets.lint.findings import Problem, Rule
from caffe_multilabel.nets.lint.rules.solvers import beyond_limit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from caffe_multilabel.caffe.net_state import Phase
    from caffe_multilabel.caffe.proto.types import NetState
    from caffe_multilabel.nets.lint.view import SolverView

__all__ = ["SOLVER_RULES"]


def _test(view: SolverView) -> Iterator[Problem]:
    solver = view.solver
    nets = len(solver.test_net) + len(solver.test_net_param)
    whole = solver.HasField("net") or solver.HasField("net_param")
    own = solver.HasField("train_net") or solver.HasField("train_net_param")
    tests = len(solver.test_iter)
    if tests < nets or (tests > nets and own and not whole):
        yield Problem(
            None,
            f"test_iter is given {tests} times for {nets} test nets; Caffe stops",
            "give it once for each test net",
        )
    yield from beyond_limit(
        view, "test_interval", "write test_interval, the iterations from one test to the next"
    )
    if len(solver.test_state) not in (0, tests):
        yield Problem(
            None,
            f"test_state is given {len(solver.test_state)} times for {tests} tests; Caffe stops",
            "give it once for each test, or not at all",
        )
    for number, test in enumerate(view.tests):
        if test is not None and not test.graph.has_data():
            state = f"{of_test(view, number)} has no data in {test.state}"
            yield Problem(
                None,
                f"test_iter is given, and the net{state}; Caffe stops",
                "add Data layers with include { phase: TEST }, correct test_state, or delete "
                "test_iter",
            )


def _test_iter(view: SolverView) -> Iterator[Problem]:
    for number, test in enumerate(view.tests):
        if test is None:
            continue
        test_net = of_test(view, number)
        if test.unreadable:
            yield Problem(
                None,
                f"whether test_iter{test_net} covers the DB once is not known: {test.unreadable}",
                "make the DB anew, or correct the path",
                severity="info",
            )
        if not test.batch_size or test.records is None:
            continue
        given = view.solver.test_iter[number]
        exact, rest = divmod(test.records, test.batch_size)
        if given in (exact, exact + bool(rest)) and given:
            continue
        tested = given * test.batch_size
        what = (
            f"the first {tested} of the {test.records} records, and the next test goes on from "
            "there"
            if tested < test.records
            else f"{tested} records, and the DB has {test.records}, so some count twice"
        )
        yield Problem(
            None,
            f"test_iter {given}{test_net} with batch_size {test.batch_size} tests {what}",
            f"write test_iter: {exact + bool(rest)}",
        )


def of_test(view: SolverView, number: int) -> str:
    """Say which test net is meant, as Caffe numbers them in its log; nothing if there is one."""
    return f" of test net #{number}" if len(view.tests) > 1 else ""


def _state(view: SolverView) -> Iterator[Problem]:
    solver = view.solver
    yield from _other_phase("train_state", solver.train_state, "TRAIN", "trains")
    for state in solver.test_state:
        yield from _other_phase("test_state", state, "TEST", "tests")
    level, given = solver.train_state.level, view.level
    if solver.train_state.HasField("level") and level != (given or 0):
        there = "0 where none is given" if given is None else f"here {given}"
        yield Problem(
            None,
            f"train_state has level {level}, and `caffe train` puts the level of its flag there, "
            f"{there}",
            f"start it with -level {level}, or choose layers by stages",
        )


def _other_phase(field: str, state: NetState, phase: Phase, does: str) -> Iterator[Problem]:
    found = enum_name(state, "phase")
    if state.HasField("phase") and found != phase:
        yield Problem(
            None,
            f"{field} has phase {found}, so Caffe {does} the layers of {found}; here those of "
            f"{phase} were looked at",
            f"delete phase from {field}",
            severity="error",
        )


SOLVER_RULES = (
    Rule("solver-test", "error", "test settings that Caffe refuses", _test),
    Rule("test-iter", "warning", "test_iter does not cover the TEST DB once", _test_iter),
    Rule("solver-state", "warning", "states in which a solver uses no net as meant", _state),
)
