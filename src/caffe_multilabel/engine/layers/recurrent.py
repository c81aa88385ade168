"""RNN, LSTM and LSTMUnit. Bottoms hold timesteps, then streams: T x N x ..."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from caffe_multilabel.engine.layers.layer import Gradients, Layer, Pass, Tensors

if TYPE_CHECKING:
    from caffe_multilabel.caffe.proto.types import LayerParameter

__all__ = ["LAYERS"]


class _Recurrent(Layer):
    """Timesteps one after the other; `cont` 0 forgets the hidden state before one.

    The state goes on from one forward pass to the next, but no gradient does: not through the
    first states, nor from the last ones.
    """

    not_forced = (1,)
    one_way = (1,)
    states = 1

    def read(self, message: LayerParameter) -> None:
        """Keep the sizes."""
        self._exposed = self.states if message.recurrent_param.expose_hidden else 0
        self._static = self.setup.bottoms > 2 + self._exposed
        self._hidden: int = message.recurrent_param.num_output
        self._first: Tensors | None = None
        self._last: Tensors | None = None

    def forward(self, bottoms: Tensors) -> Tensors:
        """Return the tops."""
        if self._exposed:
            self._first = bottoms[len(bottoms) - self._exposed :]
        else:
            self._first = self._last
        streams = bottoms[0].shape[1]
        if self._first is None or self._first[0].shape[1] != streams:
            nothing = bottoms[0].new_zeros(1, streams, self._hidden)
            self._first = (nothing,) * self.states
        top, self._last = self._run(bottoms, self.weights)
        return (top, *self._last) if self._exposed else (top,)

    def backward(self, at: Pass) -> Gradients:
        """Return the diffs; states that come from outside get none."""
        takes = (0, 2) if self._static else (0,)
        wanted = tuple(one and number in takes for number, one in enumerate(at.wanted))
        at = Pass(at.bottoms, at.tops, at.diffs, wanted)
        return self.product(at, lambda bottoms, weights: self._run(bottoms, weights)[:1])

    def _run(self, bottoms: Tensors, weights: Tensors) -> tuple[torch.Tensor, Tensors]:
        assert self._first is not None
        matrices = list(weights)
        inputs = torch.nn.functional.linear(bottoms[0].flatten(2), matrices.pop(0), matrices.pop(0))
        if self._static:
            inputs = inputs + bottoms[2].flatten(1).mm(matrices.pop(0).t())
        states = tuple(state[0] for state in self._first)
        outputs = []
        for step, cont in zip(inputs, bottoms[1], strict=True):
            output, states = self._step(step, cont[:, None], states, matrices)
            outputs.append(output)
        return torch.stack(outputs), tuple(state[None] for state in states)

    def _step(
        self, inputs: torch.Tensor, cont: torch.Tensor, states: Tensors, weights: list[torch.Tensor]
    ) -> tuple[torch.Tensor, Tensors]:
        """Return the output and the states of a timestep."""
        raise NotImplementedError


class RNN(_Recurrent):
    """tanh of inputs and state, and of a product of that."""

    def _step(
        self, inputs: torch.Tensor, cont: torch.Tensor, states: Tensors, weights: list[torch.Tensor]
    ) -> tuple[torch.Tensor, Tensors]:
        again, out, bias = weights
        state = torch.tanh((cont * states[0]).mm(again.t()) + inputs)
        return torch.tanh(torch.addmm(bias, state, out.t())), (state,)


def _cell(
    cell: torch.Tensor, gates: torch.Tensor, cont: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the next cell and hidden state; gates are input, forget, output and the candidate."""
    enter, keep, show, candidate = gates.chunk(4, -1)
    cell = cont * torch.sigmoid(keep) * cell + torch.sigmoid(enter) * torch.tanh(candidate)
    return cell, torch.sigmoid(show) * torch.tanh(cell)


class LSTM(_Recurrent):
    """Long short-term memory; the states are the hidden one and the cell."""

    states = 2

    def _step(
        self, inputs: torch.Tensor, cont: torch.Tensor, states: Tensors, weights: list[torch.Tensor]
    ) -> tuple[torch.Tensor, Tensors]:
        hidden, cell = states
        gates = (cont * hidden).mm(weights[0].t()) + inputs
        cell, hidden = _cell(cell, gates, cont)
        return hidden, (hidden, cell)


class LSTMUnit(Layer):
    """One timestep of an LSTM, its gates given."""

    not_forced = (2,)
    one_way = (2,)

    def compute(self, bottoms: Tensors) -> Tensors:
        """Return the next cell and hidden state."""
        return _cell(bottoms[0], bottoms[1], bottoms[2][..., None])


LAYERS = (RNN, LSTM, LSTMUnit)
