"""Finds what is wrong in a net or a solver before Caffe does, or because Caffe never would.

Names are loaded when they are first used, so that numpy and protobuf are paid only by those who
lint.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel._base.lazy import lazy_names

if TYPE_CHECKING:
    from caffe_multilabel.nets.lint.databases import PhaseDatabases, StoredImage
    from caffe_multilabel.nets.lint.findings import (
        Finding,
        Language,
        Rule,
        Severity,
        has_errors,
        report_json,
    )
    from caffe_multilabel.nets.lint.net_linter import lint_net
    from caffe_multilabel.nets.lint.phase import view_phase
    from caffe_multilabel.nets.lint.solver_linter import lint_solver
    from caffe_multilabel.nets.lint.table import all_rules, find_rule
    from caffe_multilabel.nets.lint.view import PhaseView

__all__ = [
    "Finding",
    "Language",
    "PhaseDatabases",
    "PhaseView",
    "Rule",
    "Severity",
    "StoredImage",
    "all_rules",
    "find_rule",
    "has_errors",
    "lint_net",
    "lint_solver",
    "report_json",
    "view_phase",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "databases": ("PhaseDatabases", "StoredImage"),
        "findings": ("Finding", "Language", "Rule", "Severity", "has_errors", "report_json"),
        "net_linter": ("lint_net",),
        "phase": ("view_phase",),
        "solver_linter": ("lint_solver",),
        "table": ("all_rules", "find_rule"),
        "view": ("PhaseView",),
    },
)
