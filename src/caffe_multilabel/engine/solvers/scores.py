"""What the outputs of a net are, number by number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel.engine.solvers.observer import Score

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caffe_multilabel.engine.net import Net

__all__ = ["MeanScores", "means_by_output", "scores_of"]


def scores_of(net: Net) -> list[Score]:
    """Return each number of the outputs, as the last forward pass left them."""
    return [
        Score(name, value, net.loss_weights.get(name, 0.0))
        for name in net.outputs
        for value in net.blobs[name].data.flatten().tolist()
    ]


class MeanScores:
    """The means of a net's outputs and of its loss over batches."""

    def __init__(self) -> None:
        self._totals: list[Score] = []
        self._loss = 0.0
        self._batches = 0

    def add(self, net: Net) -> list[Score]:
        """Take in a batch, and return its scores."""
        scores = scores_of(net)
        before = [score.value for score in self._totals] or [0.0] * len(scores)
        self._totals = [
            Score(score.output, old + score.value, score.loss_weight)
            for old, score in zip(before, scores, strict=True)
        ]
        self._loss += net.loss
        self._batches += 1
        return scores

    @property
    def scores(self) -> list[Score]:
        """The means of the outputs; none before the first batch."""
        return [
            Score(total.output, total.value / self._batches, total.loss_weight)
            for total in self._totals
        ]

    @property
    def loss(self) -> float:
        """The mean loss; 0 before the first batch."""
        return self._loss / (self._batches or 1)


def means_by_output(scores: Sequence[Score]) -> dict[str, float]:
    """Return the mean of each output's numbers by its name."""
    found: dict[str, list[float]] = {}
    for score in scores:
        found.setdefault(score.output, []).append(score.value)
    return {name: sum(values) / len(values) for name, values in found.items()}
