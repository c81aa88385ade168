"""What Caffe's solvers read, and where they stop.

From `GetLearningRate` in src/caffe/solvers/sgd_solver.cpp, the `ComputeUpdateValue` of each type
in src/caffe/solvers, include/caffe/sgd_solvers.hpp and src/caffe/solver.cpp of BVLC Caffe.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from caffe_multilabel.caffe.named_fields import enum_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from caffe_multilabel.caffe.proto.types import SolverParameter

__all__ = [
    "HELD_NETS",
    "LIMITS",
    "POLICIES",
    "RANGES",
    "REGULARIZATIONS",
    "SOLVER_TYPES",
    "TRAIN_NETS",
    "Limit",
    "LrPolicy",
    "Range",
    "SolverType",
    "breaks_limit",
    "reads_field",
    "snapshot_names",
    "snapshot_states",
]


@dataclass(frozen=True, slots=True)
class LrPolicy:
    """How the learning rate goes.

    Attributes:
        reads: the fields that it reads besides `base_lr`.
        shrinks: it multiplies `base_lr` by a power of `gamma`.
    """

    reads: tuple[str, ...] = ()
    shrinks: bool = False


POLICIES: Mapping[str, LrPolicy] = {
    "fixed": LrPolicy(),
    "step": LrPolicy(("gamma", "stepsize"), shrinks=True),
    "exp": LrPolicy(("gamma",), shrinks=True),
    "inv": LrPolicy(("gamma", "power")),
    "multistep": LrPolicy(("gamma", "stepvalue"), shrinks=True),
    "poly": LrPolicy(("power", "max_iter")),
    "sigmoid": LrPolicy(("gamma", "stepsize")),
}
"""The policies by name. At any other Caffe stops in the first iteration."""


@dataclass(frozen=True, slots=True)
class SolverType:
    """How an update is made of a gradient.

    Attributes:
        reads: the fields that it reads besides those of the learning rate and regularization.
        momentum: False where Caffe stops at a momentum other than 0.
    """

    reads: tuple[str, ...]
    momentum: bool = True


SOLVER_TYPES: Mapping[str, SolverType] = {
    "SGD": SolverType(("momentum",)),
    "Nesterov": SolverType(("momentum",)),
    "AdaGrad": SolverType(("delta",), momentum=False),
    "RMSProp": SolverType(("rms_decay", "delta"), momentum=False),
    "AdaDelta": SolverType(("momentum", "delta")),
    "Adam": SolverType(("momentum", "momentum2", "delta")),
}
"""The types by name."""

REGULARIZATIONS = ("L1", "L2")
"""What `regularization_type` may be where `weight_decay` is not 0."""

TRAIN_NETS = ("net", "net_param", "train_net", "train_net_param")
"""The fields of which just one must give the net to train."""

HELD_NETS = ("net_param", "train_net_param")
"""Those of them that hold the net itself."""


@dataclass(frozen=True, slots=True)
class Limit:
    """What a number must be, and when Caffe looks.

    Attributes:
        words: what it must be.
        allows: tells whether a number is allowed.
        is_read: tells whether Caffe looks at it for a solver.
    """

    words: str
    allows: Callable[[float], bool]
    is_read: Callable[[SolverParameter], bool]


def _policy_reads(solver: SolverParameter, field: str) -> bool:
    return solver.lr_policy in POLICIES and field in POLICIES[solver.lr_policy].reads


LIMITS: Mapping[str, Limit] = {
    "average_loss": Limit("1 or more", lambda it: it >= 1, lambda _: True),
    "gamma": Limit("0 or more", lambda it: it >= 0, lambda s: _policy_reads(s, "gamma")),
    "momentum": Limit(
        "0 for this type",
        lambda it: it == 0,
        lambda s: s.type in SOLVER_TYPES and not SOLVER_TYPES[s.type].momentum,
    ),
    "rms_decay": Limit("0 or more, below 1", lambda it: 0 <= it < 1, lambda s: s.type == "RMSProp"),
    "stepsize": Limit("1 or more", lambda it: it >= 1, lambda s: _policy_reads(s, "stepsize")),
    "test_interval": Limit("1 or more", lambda it: it >= 1, lambda s: bool(s.test_iter)),
}
"""The fields of a solver whose numbers Caffe stops at, by name."""


@dataclass(frozen=True, slots=True)
class Range:
    """What a number must be to train with; Caffe takes any.

    Attributes:
        words: what it must be.
        allows: tells whether a number is right.
        harm: what comes of one that is not.
    """

    words: str
    allows: Callable[[float], bool]
    harm: str


RANGES: Mapping[str, Range] = {
    "clip_gradients": Range(
        "above 0, or below for none", lambda it: it != 0, "no gradient is left"
    ),
    "delta": Range("above 0", lambda it: it > 0, "where a gradient is 0, Caffe divides 0 by 0"),
    "momentum": Range(
        "0 or more, below 1", lambda it: 0 <= it < 1, "what earlier steps leave does not fade"
    ),
    "momentum2": Range("0 or more, below 1", lambda it: 0 <= it < 1, "steps become 0 or nan"),
    "power": Range("0 or more", lambda it: it >= 0, "the learning rate grows"),
    "weight_decay": Range("0 or more", lambda it: it >= 0, "the weights are driven away from 0"),
}
"""Fields of a solver by name, but for `base_lr`."""


def reads_field(solver: SolverParameter, field: str) -> bool:
    """Tell whether the policy or the type of a solver reads a field that not all of them read."""
    every: tuple[LrPolicy | SolverType, ...] = (*POLICIES.values(), *SOLVER_TYPES.values())
    chosen = (POLICIES.get(solver.lr_policy), SOLVER_TYPES.get(solver.type))
    if not any(field in each.reads for each in every):
        return True
    return any(each is None or field in each.reads for each in chosen)


def breaks_limit(solver: SolverParameter, field: str) -> bool:
    """Tell whether Caffe stops at the number that a solver has in a field of `LIMITS`."""
    limit = LIMITS[field]
    return limit.is_read(solver) and not limit.allows(getattr(solver, field))


def snapshot_names(solver: SolverParameter, iteration: int) -> tuple[str, str]:
    """Return the files of a solver's snapshot at an iteration: the weights, and the state."""
    start = f"{solver.snapshot_prefix}_iter_{iteration}"
    end = ".h5" if enum_name(solver, "snapshot_format") == "HDF5" else ""
    return f"{start}.caffemodel{end}", f"{start}.solverstate{end}"


def snapshot_states(prefix: str, seen_from: Path = Path()) -> list[Path]:
    """Return the states of all snapshots of a prefix that are there, the newest first.

    Args:
        prefix: the solver's `snapshot_prefix`.
        seen_from: the folder that it is seen from.

    Returns:
        Their paths, as they are seen from there.
    """
    folder, start = os.path.split(prefix)
    name = re.compile(rf"{re.escape(start)}_iter_\d+\.solverstate(\.h5)?")
    there = seen_from / folder
    found = [
        path
        for path in (there.iterdir() if there.is_dir() else ())
        if name.fullmatch(path.name) and path.is_file()
    ]
    found.sort(key=lambda path: path.stat().st_mtime_ns, reverse=True)
    return [Path(folder) / path.name for path in found]
