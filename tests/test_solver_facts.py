"""The table of solver facts against BVLC Caffe's source, written down once more from there."""

from __future__ import annotations

from typing import Any

import pytest

from caffe_multilabel.caffe.proto import schema
from caffe_multilabel.caffe.solver_facts import (
    LIMITS,
    POLICIES,
    SOLVER_TYPES,
    TRAIN_NETS,
    breaks_limit,
)

# sgd_solver.cpp, GetLearningRate: the fields of param_ in each branch, base_lr left out.
RATE = {
    "fixed": set(),
    "step": {"stepsize", "gamma"},
    "exp": {"gamma"},
    "inv": {"gamma", "power"},
    "multistep": {"stepvalue", "gamma"},
    "poly": {"max_iter", "power"},
    "sigmoid": {"gamma", "stepsize"},
}
# *_solver.cpp, ComputeUpdateValue: momentum(), momentum2(), delta(), rms_decay().
UPDATE = {
    "SGD": {"momentum"},
    "Nesterov": {"momentum"},
    "AdaGrad": {"delta"},
    "RMSProp": {"delta", "rms_decay"},
    "AdaDelta": {"delta", "momentum"},
    "Adam": {"delta", "momentum", "momentum2"},
}


def test_policies() -> None:
    assert {name: set(policy.reads) for name, policy in POLICIES.items()} == RATE
    assert {name for name, policy in POLICIES.items() if policy.shrinks} == {
        "step",
        "exp",
        "multistep",
    }


def test_types() -> None:
    assert {name: set(solver.reads) for name, solver in SOLVER_TYPES.items()} == UPDATE
    # sgd_solvers.hpp: constructor_sanity_check
    assert {name for name, solver in SOLVER_TYPES.items() if not solver.momentum} == {
        "AdaGrad",
        "RMSProp",
    }


def test_every_field_is_one_of_a_solver() -> None:
    fields = set(schema().message("SolverParameter").DESCRIPTOR.fields_by_name)
    named = {*LIMITS, *TRAIN_NETS}.union(*RATE.values(), *UPDATE.values())
    assert named <= fields


@pytest.mark.parametrize(
    ("field", "fields", "breaks"),
    [
        ("gamma", {"lr_policy": "step", "gamma": -1}, True),
        ("gamma", {"lr_policy": "step", "gamma": 0}, False),
        ("gamma", {"lr_policy": "poly", "gamma": -1}, False),
        ("gamma", {"lr_policy": "no such", "gamma": -1}, False),
        ("stepsize", {"lr_policy": "sigmoid"}, True),
        ("stepsize", {"lr_policy": "exp"}, False),
        ("momentum", {"type": "RMSProp", "momentum": 0.9}, True),
        ("momentum", {"type": "Adam", "momentum": 0.9}, False),
        ("rms_decay", {"type": "RMSProp", "rms_decay": 1}, True),
        ("rms_decay", {"type": "SGD", "rms_decay": 1}, False),
        ("test_interval", {"test_iter": [1]}, True),
        ("test_interval", {}, False),
        ("average_loss", {"average_loss": 0}, True),
    ],
)
def test_limits(field: str, fields: Any, breaks: bool) -> None:
    solver = schema().message("SolverParameter")(**fields)
    assert breaks_limit(solver, field) is breaks
