"""Solvers: what Caffe stops at, and what makes a training not what was meant."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from caffe_multilabel._base.text import did_you_mean
from caffe_multilabel.caffe.named_fields import is_set
from caffe_multilabel.caffe.solver_facts import (
    LIMITS,
    POLICIES,
    REGULARIZATIONS,
    SOLVER_TYPES,
    TRAIN_NETS,
    breaks_limit,
)
from caffe_multilabel.nets.lint.findings import Problem, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from caffe_multilabel.caffe.proto.types import SolverParameter
    from caffe_multilabel.nets.lint.view import SolverView

__all__ = ["SOLVER_RULES", "beyond_limit"]


def beyond_limit(view: SolverView, field: str, fix: str) -> Iterator[Problem]:
    """Say of a number of `LIMITS` that Caffe stops at it."""
    if breaks_limit(view.solver, field):
        found: float = getattr(view.solver, field)
        yield Problem(
            None, f"{field} is {found:g}, and must be {LIMITS[field].words}; Caffe stops", fix
        )


def _train_net(view: SolverView) -> Iterator[Problem]:
    named = [name for name in TRAIN_NETS if is_set(view.solver, name)]
    if len(named) != 1:
        found = " and ".join(named) or "none"
        yield Problem(
            None,
            f"it must have one of {', '.join(TRAIN_NETS)}, and has {found}; Caffe stops",
            'write net: "train_val.prototxt" alone',
        )


def _missing_net(view: SolverView) -> Iterator[Problem]:
    named = view.solver.net or view.solver.train_net
    if view.path is not None and named and not Path(named).is_file():
        beside = f"; it is at {view.net_file}" if view.net_file else ""
        yield Problem(
            None,
            f"net {named} is not there, seen from {Path.cwd()}{beside}",
            "correct the path, or start Caffe from the folder it is relative to",
        )


def _other_net(view: SolverView) -> Iterator[Problem]:
    named = view.solver.net or view.solver.train_net
    if view.held and view.other_held:
        what, way_out = f"the net in its {view.held}", f"put it into {view.held}"
    elif view.linted is None or view.net_file is None or view.net_file.samefile(view.linted):
        return
    else:
        what, way_out = named, "correct net"
    yield Problem(
        None,
        f"it trains {what}, and not {view.linted or 'the net that is linted'}",
        f"lint the net that it trains, or {way_out}",
    )


def _weights(view: SolverView) -> Iterator[Problem]:
    if view.path is None:  # a solver in memory belongs to no place
        return
    named = (path.strip() for entry in view.solver.weights for path in entry.split(","))
    for path in dict.fromkeys(named):
        if not Path(path).is_file():
            yield Problem(
                None,
                f"weights {path} is not there, seen from {Path.cwd()}; Caffe stops",
                "correct the path, or start Caffe from the folder it is relative to",
            )


def _iter_size(view: SolverView) -> Iterator[Problem]:
    size = view.solver.iter_size
    if size < 1:
        harm = (
            "by which Caffe divides: the loss and all weights become nan"
            if size == 0
            else "so Caffe reads no batch, and nothing but weight decay changes the weights"
        )
        yield Problem(
            None, f"iter_size is {size}, {harm}", "write 1 or more, the batches of one iteration"
        )


def _average_loss(view: SolverView) -> Iterator[Problem]:
    yield from beyond_limit(view, "average_loss", "delete it, or write over how many iterations")


def _snapshot(view: SolverView) -> Iterator[Problem]:
    solver = view.solver
    if view.path is None or not (solver.snapshot or solver.snapshot_after_train):
        return
    folder = Path(solver.snapshot_prefix).parent
    if not folder.is_dir():
        when = "at the start" if solver.snapshot else "when training is over, and saves nothing"
        yield Problem(
            None,
            f"the folder of snapshot_prefix, {folder}, is not there, seen from {Path.cwd()}; "
            f"Caffe stops {when}",
            "make the folder, or correct snapshot_prefix",
        )


def _policy(view: SolverView) -> Iterator[Problem]:
    policy = view.solver.lr_policy
    if policy not in POLICIES:
        near = did_you_mean(policy, POLICIES, "{}", otherwise=next(iter(POLICIES)))
        yield Problem(
            None,
            f"lr_policy is '{policy}', which Caffe does not know; it stops at the first iteration",
            f'write lr_policy: "{near}"; known are {", ".join(POLICIES)}',
        )
    yield from beyond_limit(view, "stepsize", "write stepsize, in iterations")
    yield from beyond_limit(view, "gamma", "write gamma: 0.1")


def _rate(view: SolverView) -> Iterator[Problem]:
    solver, policy = view.solver, view.solver.lr_policy
    if solver.base_lr <= 0:
        harm = "nothing learns" if solver.base_lr == 0 else "each step makes the loss greater"
        yield Problem(None, f"base_lr is {solver.base_lr:g}, so {harm}", "write base_lr")
    shrinks = policy in POLICIES and POLICIES[policy].shrinks
    if shrinks and solver.gamma == 0 and _has_step(solver):
        yield Problem(
            None,
            f"lr_policy {policy} multiplies the learning rate by gamma, and gamma is 0",
            "write gamma: 0.1",
        )
    if policy == "multistep":
        steps = list(solver.stepvalue)
        if not steps:
            yield Problem(
                None,
                "lr_policy multistep has no stepvalue, so the learning rate stays as it is",
                "write stepvalue, once for each step",
            )
        elif any(second <= first for first, second in pairwise(steps)):
            yield Problem(
                None,
                f"stepvalue is {', '.join(map(str, steps))}, and Caffe takes them in this order",
                "sort them",
            )


def _has_step(solver: SolverParameter) -> bool:
    return solver.lr_policy != "multistep" or len(solver.stepvalue) > 0


def _max_iter(view: SolverView) -> Iterator[Problem]:
    if view.solver.max_iter < 1:
        yield Problem(
            None, f"max_iter is {view.solver.max_iter}, so training ends at once", "write max_iter"
        )


def _type(view: SolverView) -> Iterator[Problem]:
    solver = view.solver
    if solver.type not in SOLVER_TYPES:
        yield _unknown_type(view)
    yield from beyond_limit(view, "momentum", "delete momentum")
    yield from beyond_limit(view, "rms_decay", "delete it; 0.99 is the default")
    if solver.weight_decay and solver.regularization_type not in REGULARIZATIONS:
        yield Problem(
            None,
            f"regularization_type is '{solver.regularization_type}'; Caffe stops at the first "
            "iteration",
            "write L2 or L1",
        )


def _unknown_type(view: SolverView) -> Problem:
    named = view.solver.type
    # In a fork's solver it may be the fork's own; one that is nearly a known one hardly is.
    if view.fork and not did_you_mean(named, SOLVER_TYPES, "{}", cutoff=0.85):
        what = f"type is '{named}', which BVLC Caffe does not have"
        return Problem(None, what, "train with the fork, if it has it", severity="info")
    near = did_you_mean(named, SOLVER_TYPES, "{}", otherwise=next(iter(SOLVER_TYPES)))
    return Problem(
        None,
        f"type is '{named}', which Caffe does not have",
        f'write type: "{near}"; known are {", ".join(SOLVER_TYPES)}',
    )


SOLVER_RULES = (
    Rule("solver-net", "error", "not just one net to train", _train_net),
    Rule("solver-net-file", "warning", "the net of a solver is not there", _missing_net),
    Rule("solver-other-net", "warning", "a solver of another net", _other_net),
    Rule("solver-weights", "warning", "weights of a solver that are not there", _weights),
    Rule("iter-size", "error", "iterations without a batch", _iter_size),
    Rule("average-loss", "error", "a loss shown that is the mean of none", _average_loss),
    Rule("snapshot-folder", "warning", "no folder for snapshots", _snapshot),
    Rule("lr-policy", "error", "a learning rate policy that Caffe refuses", _policy),
    Rule("learning-rate", "warning", "a learning rate that is 0 or does not follow", _rate),
    Rule("max-iter", "warning", "no iterations", _max_iter),
    Rule("solver-type", "error", "a solver type, momentum or decay that Caffe refuses", _type),
)
