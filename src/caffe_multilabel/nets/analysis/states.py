"""The states that a solver puts its nets in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel.caffe.net_state import NetState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caffe_multilabel.caffe.net_state import Phase
    from caffe_multilabel.caffe.proto.types import NetParameter, SolverParameter
    from caffe_multilabel.caffe.proto.types import NetState as Message

__all__ = ["state_of_test", "states_of_solver"]


def states_of_solver(
    solver: SolverParameter,
    net: NetParameter,
    *,
    stages: Sequence[str] = (),
    level: int | None = None,
) -> tuple[NetState, ...]:
    """Return the states in which a solver uses the net that it trains: TRAIN, then those of tests.

    As Caffe's `Solver::InitTrainNet` and `InitTestNets` put them together. Where the solver does
    not test that net, phase TEST stands alone at the end.

    Args:
        solver: the solver.
        net: the net.
        stages: more stages of phase TRAIN, as `caffe train` takes them.
        level: the level of phase TRAIN, likewise; what the solver says if None.
    """
    train = _merged("TRAIN", net, [solver.train_state])
    given = train.level if level is None else level
    others = len(solver.test_net_param) + len(solver.test_net)
    tests = range(others, max(len(solver.test_iter), len(solver.test_state)))
    states = [state_of_test(solver, net, number) for number in tests] or [NetState("TEST")]
    return NetState("TRAIN", (*train.stages, *stages), given), *dict.fromkeys(states)


def state_of_test(solver: SolverParameter, net: NetParameter, number: int) -> NetState:
    """Return the state of one of a solver's test nets.

    Args:
        solver: the solver.
        net: that test net.
        number: its index among the test nets.
    """
    return _merged("TEST", net, solver.test_state[number : number + 1])


def _merged(phase: Phase, net: NetParameter, given: Sequence[Message]) -> NetState:
    """Merge a state of the solver, if there is one, into that of the net.

    The stages of the net are not repeated: whatever chooses its layers adds them.
    """
    stages = tuple(str(stage) for message in given for stage in message.stage)
    levels = [message.level for message in given if message.HasField("level")]
    return NetState(phase, stages, levels[-1] if levels else net.state.level)
