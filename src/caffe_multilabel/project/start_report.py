"""What a run of a project did, and what the user is to see to."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from caffe_multilabel._base.text import listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from caffe_multilabel.lists.infer import InferredTasks
    from caffe_multilabel.project.work import StepResult

__all__ = ["StartReport"]


@dataclass(frozen=True, slots=True)
class StartReport:
    """What `start` did.

    Attributes:
        project: the folder.
        steps: what became of each step, in order.
        doubts: columns of the list that may be meant otherwise, a sentence each.
        cautions: what to see to before training, in columns of the list or in what a step left
            out, a sentence each.
        left_out: steps that cannot be done here, and why.

    Example:
        >>> from caffe_multilabel import start
        >>> report = start("val.csv", "shapes", val="0.2", quiet=True)
        >>> report.project, {step.status for step in report.steps}
        ('shapes', {'done'})
    """

    project: str
    steps: tuple[StepResult, ...]
    doubts: tuple[str, ...]
    cautions: tuple[str, ...]
    left_out: tuple[str, ...]

    @classmethod
    def of(
        cls,
        project: str,
        steps: Sequence[StepResult],
        found: InferredTasks,
        unseen: Iterable[str],
        *,
        page: bool,
    ) -> StartReport:
        """Make the report of steps that are done.

        Args:
            project: the folder.
            steps: what became of them.
            found: what the columns of the list were taken for.
            unseen: which classes have no record to train with, a sentence each.
            page: whether a page could be written on the data.
        """
        doubts = tuple(
            f"{listed(decision.called, most=3)}: taken for {decision.kind}, may be "
            + "; or ".join(reading.meaning for reading in decision.doubts)
            for decision in found.decisions
            if not decision.confident
        )
        cautions = tuple(
            f"{listed(decision.called, most=2)}: {caution}"
            for decision in found.decisions
            for caution in decision.cautions
        )
        cautions += tuple(unseen)
        cautions += tuple(f"{step.name}, in {project}: {step.note}" for step in steps if step.note)
        left_out = () if page else ("report.html: pip install 'caffe-multilabel[report]'",)
        return cls(project, tuple(steps), doubts, cautions, left_out)

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain JSON-ready values."""
        return asdict(self)
