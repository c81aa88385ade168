"""Learning rates by iteration: `SGDSolver::GetLearningRate` of BVLC Caffe's sgd_solver.cpp."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from caffe_multilabel._base.text import did_you_mean
from caffe_multilabel.caffe.solver_facts import POLICIES
from caffe_multilabel.errors import PrototxtError

if TYPE_CHECKING:
    from collections.abc import Callable

    from caffe_multilabel.caffe.proto.types import SolverParameter

    _Kind: TypeAlias = type[np.float32 | np.float64]

__all__ = ["LearningRate"]


class LearningRate:
    """The rate of a solver, which for `multistep` remembers how many steps it has gone.

    Attributes:
        current_step: that number; of `step`, the one computed last.
    """

    def __init__(self, solver: SolverParameter) -> None:
        """Take over the policy.

        Raises:
            PrototxtError: Caffe has no such policy.
        """
        self._solver = solver
        self.current_step = 0
        policy = solver.lr_policy
        if policy not in POLICIES:
            known = ", ".join(POLICIES)
            raise PrototxtError(
                f"lr_policy is '{policy}'; {known} are allowed{did_you_mean(policy, POLICIES)}",
                key="lr_policy",
            )
        self._factor = _FACTORS[policy]

    def at(self, iteration: int, *, double: bool) -> float:
        """Return the rate of an iteration, rounded where Caffe rounds: floats, or doubles."""
        solver = self._solver
        if solver.lr_policy == "step":
            self.current_step = iteration // solver.stepsize
        kind = np.float64 if double else np.float32
        with np.errstate(all="ignore"):
            factor = self._factor(solver, iteration, self.current_step, kind)
            return float(kind(np.float32(solver.base_lr) * factor))

    def steps(self, iteration: int) -> bool:
        """Go a step of `multistep` where one is due, one at a time; tell whether it was."""
        values = self._solver.stepvalue
        due = (
            self._solver.lr_policy == "multistep"
            and self.current_step < len(values)
            and iteration >= values[self.current_step]
        )
        self.current_step += due
        return due


def _power(solver: SolverParameter, exponent: int) -> np.floating:
    """Return a power of gamma, which C++ takes as a double where the exponent is whole."""
    return np.float64(np.float_power(solver.gamma, exponent))


def _inv(solver: SolverParameter, iteration: int, _step: int, kind: _Kind) -> np.floating:
    base = kind(1) + kind(np.float32(solver.gamma) * np.float32(iteration))
    return kind(np.float_power(base, -solver.power))


def _poly(solver: SolverParameter, iteration: int, _step: int, kind: _Kind) -> np.floating:
    left = kind(1) - kind(iteration) / kind(solver.max_iter)
    return kind(np.float_power(left, solver.power))


def _sigmoid(solver: SolverParameter, iteration: int, _step: int, kind: _Kind) -> np.floating:
    exponent = -kind(solver.gamma) * (kind(iteration) - kind(solver.stepsize))
    return kind(1) / (kind(1) + kind(np.exp(np.float64(exponent))))


_FACTORS: dict[str, Callable[[SolverParameter, int, int, _Kind], np.floating]] = {
    "fixed": lambda _solver, _iteration, _step, kind: kind(1),
    "step": lambda solver, _iteration, step, _kind: _power(solver, step),
    "exp": lambda solver, iteration, _step, _kind: _power(solver, iteration),
    "inv": _inv,
    "multistep": lambda solver, _iteration, step, _kind: _power(solver, step),
    "poly": _poly,
    "sigmoid": _sigmoid,
}
"""What `base_lr` is multiplied by: of a solver, the iteration, the current step, in a kind."""
