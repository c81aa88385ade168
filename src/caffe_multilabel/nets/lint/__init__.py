"""Finds what is wrong in a net or a solver before Caffe does, or because Caffe never would.

Names are loaded when they are first used, so that numpy and protobuf are paid only by those who
lint.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from caffe_multilabel.nets.lint.findings import Finding, Severity, has_errors, report_json
    from caffe_multilabel.nets.lint.net import lint_net
    from caffe_multilabel.nets.lint.rule import Rule
    from caffe_multilabel.nets.lint.solver import lint_solver
    from caffe_multilabel.nets.lint.table import all_rules

__all__ = [
    "Finding",
    "Rule",
    "Severity",
    "all_rules",
    "has_errors",
    "lint_net",
    "lint_solver",
    "report_json",
]

_HOMES = {
    "findings": ("Finding", "Severity", "has_errors", "report_json"),
    "net": ("lint_net",),
    "rule": ("Rule",),
    "solver": ("lint_solver",),
    "table": ("all_rules",),
}
_MODULES = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    """Load a public name from its module."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    """List the public names."""
    return __all__
