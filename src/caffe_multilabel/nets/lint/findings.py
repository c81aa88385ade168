"""What a rule is, what it hands back, and the findings that lint makes of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeAlias, TypeVar, get_args

from caffe_multilabel._base.text import shown
from caffe_multilabel.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from caffe_multilabel.caffe.net_graph import Node
    from caffe_multilabel.caffe.net_state import Phase

__all__ = [
    "LANGUAGES",
    "SEVERITIES",
    "Finding",
    "Language",
    "Problem",
    "Rule",
    "Severity",
    "has_errors",
    "report_json",
]

Severity: TypeAlias = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)

Language: TypeAlias = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
"""Languages that the pages on rules are written in."""

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
        explains_shapes: where one of its errors names a layer whose shapes do not fit, it says why,
            and that they do not fit need not be said.
    """

    id: str
    severity: Severity
    summary: str
    check: Callable[[Subject], Iterable[Problem]]
    explains_shapes: bool = True

    def page(self, language: Language = "en") -> str:
        """Return the page on the rule, as Markdown.

        It says what the rule looks for, why that matters in Caffe, and how to mend it, with an
        example that the rule finds something in and one that it does not.

        Args:
            language: the language of the page.

        Raises:
            OptionError: there are no pages in this language.

        Example:
            >>> from caffe_multilabel.nets.lint import all_rules
            >>> all_rules()[0].page().splitlines()[0]
            '# accuracy-ignore'
        """
        if language not in LANGUAGES:
            raise OptionError(f"language is {shown(language)}; it is one of {', '.join(LANGUAGES)}")
        name = f"{self.id}.md" if language == "en" else f"{self.id}.{language}.md"
        page = resources.files("caffe_multilabel.nets.lint").joinpath("pages", name)
        return page.read_text(encoding="utf-8")


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

    Example:
        >>> from caffe_multilabel import lint_net, read_net
        >>> net = read_net("train_val.prototxt")
        >>> net.layer[0].data_param.batch_size = 32
        >>> finding = lint_net(net)[0]
        >>> finding.severity, finding.rule, finding.layer
        ('error', 'batch-size', 'label')
        >>> finding.fix
        'write batch_size: 32 here too'
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
