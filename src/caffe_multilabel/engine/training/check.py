"""One batch of a training with every check on: what would go wrong, before hours are spent."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from caffe_multilabel._base.text import finite
from caffe_multilabel.engine.solvers.plan import read_trained
from caffe_multilabel.engine.solvers.snapshots import check_prefix
from caffe_multilabel.engine.solvers.solver import Solver
from caffe_multilabel.engine.training.chance import LossAtChance, losses_at_chance
from caffe_multilabel.engine.training.device import chosen_device, rounding
from caffe_multilabel.engine.training.kept import check_start, go_on_from, keepers
from caffe_multilabel.engine.training.passes import (
    LayerGradient,
    PassFinding,
    look_backward,
    look_forward,
)
from caffe_multilabel.engine.training.requests import effect_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Literal

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

    Example:
        >>> from caffe_multilabel.engine import check_training
        >>> check = check_training("solver.prototxt", cpu=True)
        >>> [finding.message for finding in check.findings if not finding.is_note]
        []
        >>> sorted(check.to_dict())
        ['findings', 'gradients', 'losses']
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
    snapshot: StrPath | Literal["latest"] | None = None,
    restart_data: bool = False,
    gpu: int | None = None,
    cpu: bool = False,
    tf32: bool = False,
    stages: Sequence[str] = (),
    level: int = 0,
    threads: int | None = None,
    keep: int | None = None,
    best: str | None = None,
    sigint_effect: str = "stop",
    sighup_effect: str = "snapshot",
) -> TrainingCheck:
    """Set a training up as `train` does, and look at one batch of each of its nets; write nothing.

    Of the net that is trained it looks at both passes: labels in the range of their loss, nan and
    inf in data, weights, blobs and gradients, blobs that are all 0, losses far above chance, layers
    that get no gradient. Of the nets that are tested it looks at the forward pass.

    Args:
        solver: the solver's prototxt.
        weights: as of `train`.
        snapshot: likewise.
        restart_data: likewise.
        gpu: likewise.
        cpu: likewise.
        tf32: likewise.
        stages: likewise.
        level: likewise.
        threads: likewise.
        keep: likewise; what cannot be kept is refused, and no more is done with it.
        best: likewise, the same.
        sigint_effect: likewise, the same.
        sighup_effect: likewise, the same.

    Raises:
        PrototxtError: a file cannot be read, or Caffe would not set the solver or a net up.
        DatabaseError: a database cannot be read.
        ListError: likewise a list of images or a window file.
        ImageError: likewise an image that they name.
        OutputError: snapshots could not be written.
        OptionError: an argument is out of its range, or does not go with another.
        Error: there is no such GPU.

    Example:
        >>> from caffe_multilabel.engine import check_training
        >>> check = check_training("solver.prototxt", cpu=True)
        >>> check.is_fine, [loss.output for loss in check.losses][:2]
        (True, ['loss_kind', 'loss_color'])
    """
    begin = check_start(weights, snapshot, restart_data=restart_data)
    effect_of("sigint_effect", sigint_effect)
    effect_of("sighup_effect", sighup_effect)
    settings = read_trained(solver)
    if settings.snapshot_after_train:
        check_prefix(settings)
    made = Solver(
        settings,
        weights=begin,
        device=chosen_device(settings, gpu=gpu, cpu=cpu),
        stages=stages,
        level=level,
        threads=threads,
    )
    keepers(made, keep=keep, best=best)
    if snapshot is not None:
        go_on_from(made, snapshot, restart_data=restart_data)
    net = made.net
    net.clear_diffs()
    told = () if made.copied is None else made.copied.lines
    findings = [PassFinding(net.phase, None, line, is_note=True) for line in told]
    gradients = list[LayerGradient]()
    with rounding(tf32=tf32):
        look = look_forward(net)
        findings += look.findings
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
