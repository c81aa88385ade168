"""All rules, with their ids, severities and what they look for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from caffe_multilabel._base.arguments import instance_of
from caffe_multilabel._base.text import did_you_mean
from caffe_multilabel.errors import OptionError
from caffe_multilabel.nets.lint.rules import (
    at_zero,
    batch_norm,
    embeddings,
    forks,
    gradients,
    images,
    in_place,
    initial_weights,
    kept_weights,
    label_values,
    learned_numbers,
    loss_weights,
    losses,
    numbers,
    pair_databases,
    pairs,
    ramps,
    solver_tests,
    solvers,
    structure,
    tasks,
    transforms,
)

if TYPE_CHECKING:
    from caffe_multilabel.nets.lint.findings import Rule
    from caffe_multilabel.nets.lint.view import NetView, PhaseView, SolverView

__all__ = ["NET_RULES", "PHASE_RULES", "SOLVER_RULES", "all_rules", "find_rule"]

PHASE_RULES: tuple[Rule[PhaseView], ...] = (
    *structure.PHASE_RULES,
    *in_place.PHASE_RULES,
    *gradients.PHASE_RULES,
    *pairs.PHASE_RULES,
    *transforms.PHASE_RULES,
    *ramps.PHASE_RULES,
    *images.PHASE_RULES,
    *pair_databases.PHASE_RULES,
    *label_values.PHASE_RULES,
    *losses.PHASE_RULES,
    *loss_weights.PHASE_RULES,
    *kept_weights.PHASE_RULES,
    *learned_numbers.PHASE_RULES,
    *initial_weights.PHASE_RULES,
    *batch_norm.PHASE_RULES,
    *numbers.PHASE_RULES,
    *at_zero.PHASE_RULES,
)
NET_RULES: tuple[Rule[NetView], ...] = (
    *structure.NET_RULES,
    *pairs.NET_RULES,
    *transforms.NET_RULES,
    *initial_weights.NET_RULES,
    *embeddings.NET_RULES,
    *tasks.NET_RULES,
    *forks.NET_RULES,
)
SOLVER_RULES: tuple[Rule[SolverView], ...] = (
    *solvers.SOLVER_RULES,
    *solver_tests.SOLVER_RULES,
    *numbers.SOLVER_RULES,
    *forks.SOLVER_RULES,
)


def all_rules() -> tuple[Rule[Any], ...]:
    """Return every rule of nets and solvers, sorted by id."""
    rules: tuple[Rule[Any], ...] = (*PHASE_RULES, *NET_RULES, *SOLVER_RULES)
    return tuple(sorted(rules, key=lambda rule: rule.id))


def find_rule(rule_id: str) -> Rule[Any]:
    """Return the rule of an id, as in `class-count`.

    Raises:
        OptionError: this is no text, or there is no such rule; the message names the nearest one.
    """
    instance_of("rule_id", rule_id, str, "the id of a rule, as text")
    rules = {rule.id: rule for rule in all_rules()}
    if rule_id not in rules:
        hint = did_you_mean(rule_id, rules, otherwise="; lint --rules lists them")
        raise OptionError(f"there is no rule '{rule_id}'{hint}")
    return rules[rule_id]
