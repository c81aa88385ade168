"""What a rule is, and what it hands back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from caffe_multilabel.nets.lint.findings import Severity
    from caffe_multilabel.nets.lint.graph import Node

__all__ = ["Problem", "Rule"]

Subject = TypeVar("Subject")


@dataclass(frozen=True, slots=True)
class Problem:
    """What a rule says of one layer, or of the whole net.

    Attributes:
        node: the layer, or None.
        message: what is wrong.
        fix: what to do about it.
        severity: how bad it is, where that is less than the rule's own severity.
    """

    node: Node | None
    message: str
    fix: str
    severity: Severity | None = None


@dataclass(frozen=True, slots=True)
class Rule(Generic[Subject]):
    """One thing to look for.

    Attributes:
        id: its name.
        severity: how bad it is; some of its findings may be less.
        summary: what it looks for, in one line.
        check: finds it in a phase, a net or a solver.
    """

    id: str
    severity: Severity
    summary: str
    check: Callable[[Subject], Iterable[Problem]]
