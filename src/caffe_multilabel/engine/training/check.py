"""One batch of a training with every check on: what would go wrong, before hours are spent."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from caffe_multilabel._base.text import finite
from caffe_multilabel.engine.solvers.plan import read_trained
from caffe_multilabel.engine.solvers.solver import Solver
from caffe_multilabel.engine.training.chance import LossAtChance, losses_at_chance
from caffe_multilabel.engine.training.device import chosen_device, rounding
from caffe_multilabel.engine.training.kept import check_start, go_on_from
from caffe_multilabel.engine.training.passes import (
    LayerGradient,
    PassFinding,
    look_backward,
    look_forward,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caffe_multilabel._base.arguments import StrPath

__all__ = ["TrainingCheck", "check_training"]


@dataclass(frozen=True, slots=True)
class TrainingCheck:
    """What one batch shows of a training.

    Attributes:
        losses: each loss of the net that is trained, beside what it comes to by chance.
        gradients: each layer that learns, in the order of the net; none where a pass could not be
            made.
        findings: what was found, in the order in which it was looked for.
    """

    losses: tuple[LossAtChance, ...]
    gradients: tuple[LayerGradient, ...]
    findings: tuple[PassFinding, ...]

    @property
    def is_fine(self) -> bool:
        """Whether there is nothing but notes among the findings."""
        return all(finding.is_note for finding in self.findings)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON has it: None for what is no number."""
        losses, gradients = (
            [
                {
                    key: finite(value) if isinstance(value, float) else value
                    for key, value in asdict(each).items()
                }
                for each in group
            ]
            for group in (self.losses, self.gradients)
        )
        findings = [asdict(finding) for finding in self.findings]
        return {"losses": losses, "gradients": gradients, "findings": findings}


def check_training(
    solver: StrPath,
    *,
    weights: Sequence[StrPath] = (),
    snapshot: StrPath | None = None,
    gpu: int | None = None,
    cpu: bool = False,
    tf32: bool = False,
    stages: Sequence[str] = (),
    level: int = 0,
    threads: int | None = None,
) -> TrainingCheck:
    """Set a training up as `train` does, and look at one batch of each of its nets; write nothing.

    Of the net that is trained it looks at both passes: labels in the range of their loss, nan and
    inf in data, weights, blobs and gradients, blobs that are all 0, losses far above chance, layers
    that get no gradient. Of the nets that are tested it looks at the forward pass.

    Args:
        solver: the solver's prototxt.
        weights: as of `train`.
        snapshot: likewise.
        gpu: likewise.
        cpu: likewise.
        tf32: likewise.
        stages: likewise.
        level: likewise.
        threads: likewise.

    Raises:
        PrototxtError: a file cannot be read, or Caffe would not set the solver or a net up.
        DatabaseError: a database cannot be read.
        OptionError: an argument is out of its range, or does not go with another.
        Error: there is no such GPU.

    Example:
        >>> from caffe_multilabel.engine import check_training
        >>> check = check_training("solver.prototxt", cpu=True)
        >>> check.is_fine, [loss.output for loss in check.losses][:2]
        (True, ['loss_kind', 'loss_color'])
    """
    check_start(weights, snapshot)
    settings = read_trained(solver)
    made = Solver(
        settings,
        weights=() if snapshot is not None else (weights or None),
        device=chosen_device(settings, gpu=gpu, cpu=cpu),
        stages=stages,
        level=level,
        threads=threads,
    )
    if snapshot is not None:
        go_on_from(made, snapshot)
    net = made.net
    net.clear_diffs()
    with rounding(tf32=tf32):
        look = look_forward(net)
        findings, gradients = list(look.findings), list[LayerGradient]()
        if look.can_go_on:
            net.backward()
            gradients, more = look_backward(net)
            findings += more
        losses, high = losses_at_chance(net, without=look.refused)
        findings += high
        for test_net in made.test_nets:
            test_net.share_with(net)
            findings += look_forward(test_net).findings
    return TrainingCheck(tuple(losses), tuple(gradients), tuple(findings))
