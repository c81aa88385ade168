"""A net tested on its own data, as the command `caffe test` does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from caffe_multilabel._base.arguments import whole_number
from caffe_multilabel._base.text import finite
from caffe_multilabel.engine.net import Net
from caffe_multilabel.engine.solvers.scores import MeanScores
from caffe_multilabel.engine.training.device import chosen_device, rounding

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from caffe_multilabel._base.arguments import StrPath
    from caffe_multilabel.engine.solvers.observer import Score

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
        """Return it as JSON has it: None for what is no number."""
        outputs: dict[str, list[float | None]] = {}
        for score in self.scores:
            outputs.setdefault(score.output, []).append(finite(score.value))
        return {"loss": finite(self.loss), "outputs": outputs}


def score_net(
    model: StrPath,
    weights: StrPath,
    *,
    iterations: int = 50,
    gpu: int | None = None,
    tf32: bool = False,
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
        tf32: on a GPU, let products be rounded to TF32, which is faster; if not, they are in whole
            float32, as Caffe's.
        stages: stages of the net.
        level: its level.
        threads: how many threads decode images; all CPUs if None.
        on_batch: called with the number and the outputs of each batch.

    Raises:
        PrototxtError: a file cannot be read or does not fit, or labels are no classes of the net.
        DatabaseError: a database or a record of it cannot be read.
        ListError: likewise a list of images or a window file.
        ImageError: likewise an image that they name.
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
    means = MeanScores()
    with rounding(tf32=tf32):
        for batch in range(iterations):
            net.forward()
            scores = means.add(net)
            if on_batch is not None:
                on_batch(batch, scores)
    return ScoreReport(means.loss, tuple(means.scores))
