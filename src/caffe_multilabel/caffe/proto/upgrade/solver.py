"""The enum `solver_type`, which became the string `type`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel.caffe.named_fields import enum_name, is_set
from caffe_multilabel.errors import PrototxtError

if TYPE_CHECKING:
    from caffe_multilabel.caffe.proto.types import SolverParameter

__all__ = ["upgrade_solver"]

_TYPES = {
    "SGD": "SGD",
    "NESTEROV": "Nesterov",
    "ADAGRAD": "AdaGrad",
    "RMSPROP": "RMSProp",
    "ADADELTA": "AdaDelta",
    "ADAM": "Adam",
}


def upgrade_solver(solver: SolverParameter, *, name: str = "<solver>") -> list[str]:
    """Turn `solver_type` into `type`, in place.

    A fork from before `type` reads the enum itself, so it stays in its solvers.

    Args:
        solver: the solver.
        name: what errors call it, its path as a rule.

    Returns:
        A remark on a value that only a fork has: its word is then the type.

    Raises:
        PrototxtError: both are given, which Caffe refuses.
    """
    if "type" not in solver.DESCRIPTOR.fields_by_name or not is_set(solver, "solver_type"):
        return []
    if solver.HasField("type"):
        raise PrototxtError(
            f"{name}: has both `type` and the old `solver_type`, which Caffe refuses; keep `type`",
            path=name,
        )
    old = enum_name(solver, "solver_type")
    solver.type = _TYPES.get(old, old)
    solver.ClearField("solver_type")
    if old in _TYPES:
        return []
    remark = (
        f"solver_type {old} is a type of a fork whose name today is not known here, so it keeps "
        "the old one"
    )
    return [remark]
