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


def upgrade_solver(solver: SolverParameter, *, name: str = "<solver>") -> None:
    """Turn `solver_type` into `type`, in place.

    A fork from before `type` reads the enum itself, so it stays in its solvers.

    Raises:
        PrototxtError: both are given, which Caffe refuses, or a fork's value that BVLC lacks.
    """
    if "type" not in solver.DESCRIPTOR.fields_by_name or not is_set(solver, "solver_type"):
        return
    if solver.HasField("type"):
        raise PrototxtError(
            f"{name}: has both `type` and the old `solver_type`, which Caffe refuses; keep `type`",
            path=name,
        )
    old = enum_name(solver, "solver_type")
    if old not in _TYPES:
        raise PrototxtError(
            f"{name}: solver_type {old} has no name in the current format; write it as `type`",
            path=name,
        )
    solver.type = _TYPES[old]
    solver.ClearField("solver_type")
