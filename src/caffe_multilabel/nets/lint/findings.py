"""What a rule is, what it hands back, and the findings that lint makes of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeAlias, TypeVar, get_args

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from caffe_multilabel.caffe.net_graph import Node
    from caffe_multilabel.caffe.net_state import Phase

__all__ = [
    "SEVERITIES",
    "Finding",
    "Problem",
    "Rule",
    "Severity",
    "has_errors",
    "report_json",
]

Severity: TypeAlias = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)


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


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem of a net or a solver.

    Attributes:
        rule: id of the rule that found it, as in `class-count`.
        severity: `error` Caffe stops, or trains on something else than the file says; `warning`
            most likely not what was meant; `info` worth knowing.
        layer: the layer's name; None where the net or the solver as a whole is meant.
        message: what is wrong, with the numbers.
        fix: what to do about it.
        line: the 1-based line where the layer starts in the prototxt; None where not known.
        phase: the phase that the problem is in; None where it is in both, or in neither.
    """

    rule: str
    severity: Severity
    layer: str | None
    message: str
    fix: str
    line: int | None = None
    phase: Phase | None = None

    def __str__(self) -> str:
        """Return the finding as one line, `LAYER: message; fix`."""
        where = self.layer or "net"
        if self.phase is not None:
            where = f"{where} ({self.phase})"
        return f"{where}: {self.message}; {self.fix}"


def has_errors(findings: Iterable[Finding]) -> bool:
    """Tell whether a command that printed these findings should end with exit code 1."""
    return any(finding.severity == "error" for finding in findings)


def report_json(findings: Iterable[Finding]) -> dict[str, Any]:
    """Return findings as a document of plain dicts, lists, strings and numbers.

    Its keys are `counts`, the number of findings of each severity, and `findings`, a dict of
    the attributes of each.
    """
    listed = list(findings)
    counts = Counter(finding.severity for finding in listed)
    return {
        "counts": {severity: counts[severity] for severity in SEVERITIES},
        "findings": [asdict(finding) for finding in listed],
    }
