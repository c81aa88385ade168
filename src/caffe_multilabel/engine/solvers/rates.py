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
    """The rate of a solver by iteration, and for `multistep` by how many steps it has gone."""

    def __init__(self, solver: SolverParameter) -> None:
        """Take over the policy.

        Raises:
            PrototxtError: Caffe has no such policy.
        """
        self._solver = solver
        policy = solver.lr_policy
        if policy not in POLICIES:
            known = ", ".join(POLICIES)
            raise PrototxtError(
                f"lr_policy is '{policy}'; {known} are allowed{did_you_mean(policy, POLICIES)}",
                key="lr_policy",
            )
        self._factor = _FACTORS[policy]

    def step_at(self, iteration: int, before: int) -> int:
        """Return the step that the rate of an iteration is of: Caffe's `current_step_`.

        Args:
            iteration: the iteration.
            before: the step of the iteration before; `multistep` goes one at a time.
        """
        policy, values = self._solver.lr_policy, self._solver.stepvalue
        if policy == "step":
            return iteration // self._solver.stepsize
        due = policy == "multistep" and before < len(values) and iteration >= values[before]
        return before + due

    def at(self, iteration: int, step: int, *, double: bool) -> float:
        """Return the rate of an iteration, rounded where Caffe rounds: floats, or doubles.

        Args:
            iteration: the iteration.
            step: the step that it is of, see `step_at`.
            double: whether the net computes in doubles.
        """
        solver, kind = self._solver, np.float64 if double else np.float32
        with np.errstate(all="ignore"):
            factor = self._factor(solver, iteration, step, kind)
            return float(kind(np.float32(solver.base_lr) * factor))


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
