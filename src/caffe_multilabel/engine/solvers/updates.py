"""How each type of solver makes an update of a gradient: `ComputeUpdateValue` in src/caffe/solvers.

All of them work on lists of tensors, one for each blob that is learned, and in place: the gradients
become the updates, which Caffe then takes off the weights. Order and place of each operation are
Caffe's, so that numbers round alike.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from caffe_multilabel.caffe.proto.types import SolverParameter

__all__ = ["UPDATES", "Update"]

Tensors = list[torch.Tensor]


class Update(ABC):
    """A type of solver.

    Attributes:
        history: what it remembers, in the order of a `.solverstate`: one tensor for each blob of
            weights, then, for some types, a second one for each.
    """

    memories: ClassVar[int] = 1
    """How many tensors it remembers for each blob."""

    def __init__(self, solver: SolverParameter, weights: Sequence[torch.Tensor]) -> None:
        """Begin with memories of 0.

        Args:
            solver: its settings.
            weights: the tensors to be learned.
        """
        self._solver = solver
        self.history: Tensors = [
            torch.zeros_like(weight) for _ in range(self.memories) for weight in weights
        ]

    def memory(self, number: int = 0) -> Tensors:
        """Return the first or second tensor of each blob."""
        count = len(self.history) // self.memories
        return self.history[number * count : (number + 1) * count]

    @abstractmethod
    def make(self, gradients: Tensors, rates: list[float], iteration: int) -> None:
        """Make updates of gradients, in place.

        Args:
            gradients: normalised and with decay.
            rates: the learning rate of each blob.
            iteration: how many updates were made before.
        """


class SGD(Update):
    """Momentum around the rate times the gradient."""

    def make(self, gradients: Tensors, rates: list[float], iteration: int) -> None:
        """See `Update`."""
        del iteration
        _blend(self.history, self._solver.momentum, gradients, rates)
        torch._foreach_copy_(gradients, self.history)


class Nesterov(Update):
    """SGD that goes back by the old momentum and further by the new one."""

    def make(self, gradients: Tensors, rates: list[float], iteration: int) -> None:
        """See `Update`."""
        del iteration
        momentum = self._solver.momentum
        old = [memory * -momentum for memory in self.history]
        _blend(self.history, momentum, gradients, rates)
        torch._foreach_copy_(gradients, self.history)
        torch._foreach_mul_(gradients, 1 + momentum)
        torch._foreach_add_(gradients, old)


class AdaGrad(Update):
    """The gradient over the root of the sum of all squares."""

    def make(self, gradients: Tensors, rates: list[float], iteration: int) -> None:
        """See `Update`."""
        del iteration
        torch._foreach_addcmul_(self.history, gradients, gradients)
        _divide_by_root(gradients, self.history, self._solver.delta)
        torch._foreach_mul_(gradients, rates)


class RMSProp(Update):
    """The gradient over the root of a fading mean of squares."""

    def make(self, gradients: Tensors, rates: list[float], iteration: int) -> None:
        """See `Update`."""
        del iteration
        decay = self._solver.rms_decay
        _blend_squares(self.history, decay, gradients)
        _divide_by_root(gradients, self.history, self._solver.delta)
        torch._foreach_mul_(gradients, rates)


class AdaDelta(Update):
    """The gradient times the root of the ratio of fading means: squares of updates, of gradients.

    `momentum` is by how much they fade.
    """

    memories = 2

    def make(self, gradients: Tensors, rates: list[float], iteration: int) -> None:
        """See `Update`."""
        del iteration
        decay, delta = self._solver.momentum, self._solver.delta
        of_gradients, of_updates = self.memory(0), self.memory(1)
        _blend_squares(of_gradients, decay, gradients)
        ratio = [memory + delta for memory in of_updates]
        torch._foreach_div_(ratio, [memory + delta for memory in of_gradients])
        torch._foreach_sqrt_(ratio)
        torch._foreach_mul_(gradients, ratio)
        _blend_squares(of_updates, decay, gradients)
        torch._foreach_mul_(gradients, rates)


class Adam(Update):
    """A fading mean over the root of a fading mean of squares; the rate corrects their start."""

    memories = 2

    def make(self, gradients: Tensors, rates: list[float], iteration: int) -> None:
        """See `Update`."""
        first, second = self._solver.momentum, self._solver.momentum2
        mean, squares = self.memory(0), self.memory(1)
        time = iteration + 1
        with np.errstate(all="ignore"):  # moments of 1 and more, at which Caffe makes nan
            correction = float(
                np.sqrt(1 - np.float64(second) ** time) / (1 - np.float64(first) ** time)
            )
        torch._foreach_mul_(mean, first)
        torch._foreach_add_(mean, gradients, alpha=1 - first)
        _blend_squares(squares, second, gradients)
        torch._foreach_copy_(gradients, mean)
        _divide_by_root(gradients, squares, self._solver.delta)
        torch._foreach_mul_(gradients, [rate * correction for rate in rates])


def _blend(memory: Tensors, fading: float, values: Tensors, factors: list[float]) -> None:
    """Fade a memory and add values times a factor, which is left in them."""
    torch._foreach_mul_(values, factors)
    torch._foreach_mul_(memory, fading)
    torch._foreach_add_(memory, values)


def _blend_squares(memory: Tensors, fading: float, values: Tensors) -> None:
    """Fade a mean of squares, and take in those of values."""
    torch._foreach_mul_(memory, fading)
    torch._foreach_addcmul_(memory, values, values, 1 - fading)


def _divide_by_root(values: Tensors, squares: Tensors, delta: float) -> None:
    """Divide by a root, which delta is added to."""
    root = [memory.sqrt() for memory in squares]
    torch._foreach_add_(root, delta)
    torch._foreach_div_(values, root)


UPDATES: Mapping[str, type[Update]] = MappingProxyType(
    {update.__name__: update for update in (SGD, Nesterov, AdaGrad, RMSProp, AdaDelta, Adam)}
)
"""The types by name."""
