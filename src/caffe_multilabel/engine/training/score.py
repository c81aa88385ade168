"""A net tested on its own data, as the command `caffe test` does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from caffe_multilabel._base.arguments import whole_number
from caffe_multilabel.engine.net import Net
from caffe_multilabel.engine.solvers.observer import Score
from caffe_multilabel.engine.training.device import chosen_device

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from caffe_multilabel._base.arguments import StrPath

__all__ = ["ScoreReport", "score_net"]


@dataclass(frozen=True, slots=True)
class ScoreReport:
    """What a net scores on its data.

    Attributes:
        loss: the mean of the weighted sum of losses.
        scores: the mean of each value of the net's outputs.
    """

    loss: float
    scores: tuple[Score, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        outputs: dict[str, list[float]] = {}
        for score in self.scores:
            outputs.setdefault(score.output, []).append(score.value)
        return {"loss": self.loss, "outputs": outputs}


def score_net(
    model: StrPath,
    weights: StrPath,
    *,
    iterations: int = 50,
    gpu: int | None = None,
    stages: Sequence[str] = (),
    level: int = 0,
    threads: int | None = None,
    on_batch: Callable[[int, list[Score]], None] | None = None,
) -> ScoreReport:
    """Run a net forward in phase TEST over batches of its data, and average its outputs.

    Args:
        model: the net's prototxt; files that it names are seen from the working folder.
        weights: the file of weights.
        iterations: how many batches.
        gpu: the GPU to run on; the CPU if None.
        stages: stages of the net.
        level: its level.
        threads: how many threads decode images; all CPUs if None.
        on_batch: called with the number and the outputs of each batch.

    Raises:
        PrototxtError: a file cannot be read or does not fit, or labels are no classes of the net.
        DatabaseError: a database or a record of it cannot be read.
        OptionError: an argument is out of its range.
        Error: there is no such GPU.

    Example:
        >>> from caffe_multilabel.engine import Net, score_net
        >>> Net("train_val.prototxt", phase="TEST", seed=1).save("net.caffemodel")
        >>> report = score_net("train_val.prototxt", "net.caffemodel", iterations=2)
        >>> [score.output for score in report.scores][:2]
        ['accuracy_color', 'accuracy_kind']
    """
    iterations = whole_number("iterations", iterations, 1, 2**31 - 1)
    net = Net(
        model,
        weights,
        phase="TEST",
        stages=stages,
        level=level,
        device=chosen_device(None, gpu=gpu),
        threads=threads,
    )
    totals: list[Score] = []
    loss = 0.0
    for batch in range(iterations):
        scores = [
            Score(name, value, net.loss_weights.get(name, 0.0))
            for name, values in net.forward().items()
            for value in values.flatten().tolist()
        ]
        loss += net.loss
        if on_batch is not None:
            on_batch(batch, scores)
        before = totals or [Score(score.output, 0.0, 0.0) for score in scores]
        totals = [
            Score(new.output, old.value + new.value, new.loss_weight)
            for old, new in zip(before, scores, strict=True)
        ]
    means = (Score(one.output, one.value / iterations, one.loss_weight) for one in totals)
    return ScoreReport(loss / iterations, tuple(means))
