"""Numbers that nothing can be computed with, or trained with."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from caffe_multilabel.caffe.named_fields import floats_of
from caffe_multilabel.caffe.solver_facts import LIMITS, RANGES, breaks_limit, reads_field
from caffe_multilabel.nets.lint.findings import Problem, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from caffe_multilabel.nets.lint.view import PhaseView, SolverView

__all__ = ["PHASE_RULES", "SOLVER_RULES"]

_MAY_BE_INFINITE = ("clip_param.min", "clip_param.max", "clip_gradients")
"""Bounds, which an infinite one takes away."""


def _is_number(path: str, value: float) -> bool:
    return math.isfinite(value) or (math.isinf(value) and path.endswith(_MAY_BE_INFINITE))


def _of_layers(view: PhaseView) -> Iterator[Problem]:
    for node in view.graph.nodes:
        wrong = {
            path: value for path, value in floats_of(node.layer) if not _is_number(path, value)
        }
        for path, value in wrong.items():
            yield Problem(
                node,
                f"{path} is {value:g}, and what is computed with it becomes nan or infinite",
                f"write a number, or delete {path}",
            )


def _zero_scale(view: PhaseView) -> Iterator[Problem]:
    for node in view.graph.nodes:
        transforms = node.entry is not None and node.entry.transformed
        if transforms and node.layer.transform_param.scale == 0:
            what = "label" if node in view.sources.labels else "value of its images"
            yield Problem(
                node,
                f"scale is 0, so every {what} becomes 0",
                "delete scale, which is 1 if it is not written",
            )


def _of_solver(view: SolverView) -> Iterator[Problem]:
    for field, value in floats_of(view.solver):
        if field in LIMITS and breaks_limit(view.solver, field):
            continue  # Caffe stops, and the rule that says so has the number
        is_read = reads_field(view.solver, field)
        if not _is_number(field, value):
            what = "what is computed with it becomes nan or infinite" if is_read else "is not read"
            yield Problem(
                None,
                f"{field} is {value:g}, and {what}",
                f"write a number, or delete {field}",
                severity=None if is_read else "warning",
            )
        elif is_read and field in RANGES and not RANGES[field].allows(value):
            yield Problem(
                None,
                f"{field} is {value:g}, so {RANGES[field].harm}",
                f"write a number that is {RANGES[field].words}, or delete {field}",
                severity="warning",
            )


PHASE_RULES = (
    Rule("layer-number", "error", "settings that are nan or infinite", _of_layers),
    Rule("zero-scale", "error", "a scale that makes all that a layer reads 0", _zero_scale),
)
SOLVER_RULES = (
    Rule("solver-number", "error", "numbers of a solver that nothing trains with", _of_solver),
)
