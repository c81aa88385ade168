"""What a solver tells whoever watches it: logs, tables, pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caffe_multilabel.engine.weights import CopiedWeights

__all__ = ["Observer", "Score", "Speed"]


@dataclass(frozen=True, slots=True)
class Score:
    """One number of a net's output.

    Attributes:
        output: the name of the blob.
        value: the number; of a test, the mean over its batches.
        loss_weight: its weight in the sum of losses; 0 where it is no loss.
    """

    output: str
    value: float
    loss_weight: float


@dataclass(frozen=True, slots=True)
class Speed:
    """How fast a training goes.

    Attributes:
        seconds: a time.
        iterations: how many iterations it took.
        display: how many of them the solver wants to hear of at once.
    """

    seconds: float
    iterations: int
    display: int


class Observer:
    """Hears of what a solver does, as it does it; a method for each thing, which does nothing.

    A subclass overrides those that it is for.
    """

    def using(self, device: str) -> None:
        """A training is about to be set up on a device, as torch names it."""

    def finetuning(self, weights: str) -> None:
        """A net is about to take over weights of a file."""

    def copied(self, copied: CopiedWeights) -> None:
        """A net has taken over the weights of a file; so does each net of a training."""

    def copied_in_all(self, copied: CopiedWeights) -> None:
        """All nets have taken over the weights of all files.

        Its `lines` say which layers got none, and which of the files' no net has.
        """

    def starting(self) -> None:
        """All is set up, and the training starts."""

    def ended(self) -> None:
        """The training is over, at its end or on request."""

    def solving(self, net: str, lr_policy: str, iteration: int, max_iter: int) -> None:
        """A training begins, or goes on.

        Args:
            net: the name of the net.
            lr_policy: how the learning rate goes.
            iteration: how many updates were made.
            max_iter: how many are to be made in all.
        """

    def testing(self, iteration: int, test_net: int) -> None:
        """A test begins."""

    def tested(
        self, iteration: int, test_net: int, scores: Sequence[Score], loss: float | None
    ) -> None:
        """A test is over.

        Args:
            iteration: how many updates were made.
            test_net: which of the test nets.
            scores: the means of its outputs.
            loss: the mean loss, where the solver says `test_compute_loss`.
        """

    def test_stopped(self) -> None:
        """A test was broken off on request."""

    def diverged(self, iteration: int, loss: float) -> None:
        """The loss of a batch of an iteration is nan or inf, before it runs backward.

        Caffe goes on.
        """

    def displayed(self, iteration: int, loss: float, scores: Sequence[Score], speed: Speed) -> None:
        """An iteration has its loss, and `display` asks for it.

        Args:
            iteration: how many updates were made before.
            loss: the mean over `average_loss` iterations.
            scores: the outputs of the net.
            speed: how fast it went since the last one of these.
        """

    def updated(self, iteration: int) -> None:
        """An update was made, the one of this number from 1."""

    def clipped(self, norm: float, limit: float) -> None:
        """The gradients were longer than `clip_gradients`, and are scaled down to it."""

    def stepped(self, iteration: int, step: int) -> None:
        """The rate of `multistep` goes a step."""

    def rate(self, iteration: int, rate: float) -> None:
        """An iteration has its learning rate, and `display` asks for it."""

    def saved(self, files: tuple[str, ...]) -> None:
        """The files of a snapshot are there: weights, where data stand, and the solver's state.

        Nobody hears of them before: what an observer raises must not take them back.
        """

    def restoring(self, path: str) -> None:
        """A training is to go on from a solver's state."""

    def finished(self, iteration: int, loss: float) -> None:
        """The last forward pass, after all updates, has its loss."""

    def stopped(self) -> None:
        """A training was broken off on request, after a snapshot where it makes one."""

    def done(self) -> None:
        """A training is at its end."""
