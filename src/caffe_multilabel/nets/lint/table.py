"""All rules, with their ids, severities and what they look for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from caffe_multilabel.nets.lint.rules import (
    batch_norm,
    databases,
    files,
    heads,
    in_place,
    labels,
    loss_weights,
    pairs,
    pictures,
    solvers,
    structure,
    tasks,
    transforms,
    weights,
)

if TYPE_CHECKING:
    from caffe_multilabel.nets.lint.rule import Rule
    from caffe_multilabel.nets.lint.solver import SolverView
    from caffe_multilabel.nets.lint.view import NetView, PhaseView

__all__ = ["NET_RULES", "PHASE_RULES", "SOLVER_RULES", "all_rules"]

PHASE_RULES: tuple[Rule[PhaseView], ...] = (
    *structure.PHASE_RULES,
    *in_place.PHASE_RULES,
    *pairs.PHASE_RULES,
    *transforms.PHASE_RULES,
    *pictures.PHASE_RULES,
    *databases.PHASE_RULES,
    *labels.PHASE_RULES,
    *heads.PHASE_RULES,
    *loss_weights.PHASE_RULES,
    *weights.PHASE_RULES,
    *batch_norm.PHASE_RULES,
)
NET_RULES: tuple[Rule[NetView], ...] = (
    *structure.NET_RULES,
    *pairs.NET_RULES,
    *transforms.NET_RULES,
    *weights.NET_RULES,
    *files.NET_RULES,
    *tasks.NET_RULES,
)
SOLVER_RULES: tuple[Rule[SolverView], ...] = solvers.SOLVER_RULES


def all_rules() -> tuple[Rule[Any], ...]:
    """Return every rule of nets and solvers, sorted by id."""
    rules: tuple[Rule[Any], ...] = (*PHASE_RULES, *NET_RULES, *SOLVER_RULES)
    return tuple(sorted(rules, key=lambda rule: rule.id))
