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
    first states, nor from the last ones. The net that Caffe unrolls inside makes all gradients that
    it can, whichever are wanted.
    """

    writes_unwanted = True
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
        self._cont = bottoms[1]
        self._inputs = self._sum_inputs(bottoms)
        between = self.weights[self._before :]
        top, self._last = self._run(self._inputs, between, self._later(between))
        return (top, *self._last) if self._exposed else (top,)

    def backward(self, at: Pass) -> Gradients:
        """Return the diffs; states that come from outside get none.

        Timesteps are those of forward. Bottoms are read as they are, for the diffs of their
        weights.
        """
        with torch.enable_grad():
            leaves = [self._inputs, *self.weights[self._before :]]
            leaves = [leaf.detach().requires_grad_() for leaf in leaves]
            between = tuple(leaves[1:])
            top, _ = self._run(leaves[0], between, self._later(between))
            found = torch.autograd.grad(top, leaves, at.diffs[0], materialize_grads=True)
        for number, diff in enumerate(found[1:], start=self._before):
            self.add(number, diff)
        matrix, _, *static = self.weights[: self._before]
        diff = found[0].flatten(0, 1)
        self.add(0, diff.t().mm(at.bottoms[0].flatten(2).flatten(0, 1)))
        self.add(1, diff.sum(0))
        diffs: Gradients = [None] * len(at.bottoms)
        diffs[0] = diff.mm(matrix).reshape(at.bottoms[0].shape)
        if static:
            total = found[0].sum(0)
            self.add(2, total.t().mm(at.bottoms[2].flatten(1)))
            diffs[2] = total.mm(static[0]).reshape(at.bottoms[2].shape)
        return diffs

    @property
    def _before(self) -> int:
        """How many blobs of weights are for inputs, and not between timesteps."""
        return 3 if self._static else 2

    def _sum_inputs(self, bottoms: Tensors) -> torch.Tensor:
        """Return what bottoms bring to each timestep."""
        matrix, bias, *static = self.weights[: self._before]
        inputs = torch.nn.functional.linear(bottoms[0].flatten(2), matrix, bias)
        return inputs + bottoms[2].flatten(1).mm(static[0].t()) if static else inputs

    def _later(self, between: Tensors) -> Tensors:
        """Return the weights between timesteps from the second one on.

        In TRAIN, of those that another layer owns, only the first timestep has the owner's: the net
        inside keeps the memory that it shared out among its timesteps before.
        """
        blobs, own = self.setup.blobs[self._before :], self.setup.own[self._before :]
        return tuple(
            weight if blob is filled or self.setup.phase == "TEST" else filled.data
            for weight, blob, filled in zip(between, blobs, own, strict=True)
        )

    def _run(
        self, inputs: torch.Tensor, first: Tensors, later: Tensors
    ) -> tuple[torch.Tensor, Tensors]:
        assert self._first is not None
        states = tuple(state[0] for state in self._first)
        outputs = []
        for number, (step, cont) in enumerate(zip(inputs, self._cont, strict=True)):
            weights = list(later if number else first)
            output, states = self._step(step, cont[:, None], states, weights)
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

    writes_unwanted = True

    def compute(self, bottoms: Tensors) -> Tensors:
        """Return the next cell and hidden state."""
        return _cell(bottoms[0], bottoms[1], bottoms[2][..., None])

    def backward(self, at: Pass) -> Gradients:
        """Return the diffs, from the bottoms and the cell that is the first top; both or none."""
        if not any(at.wanted):
            return [None, None, None]
        before, gates, cont = at.bottoms
        enter, keep, show = torch.sigmoid(gates).chunk(4, -1)[:3]
        candidate = torch.tanh(gates.chunk(4, -1)[3])
        kept = cont[..., None] * keep
        cell = torch.tanh(at.tops[0])
        of_cell = at.diffs[0] + at.diffs[1] * show * (1 - cell.square())
        of_gates = (
            of_cell * candidate * enter * (1 - enter),
            of_cell * before * kept * (1 - kept),
            at.diffs[1] * cell * show * (1 - show),
            of_cell * enter * (1 - candidate.square()),
        )
        return [of_cell * kept, torch.cat(of_gates, -1), None]


LAYERS = (RNN, LSTM, LSTMUnit)
