"""RNN, LSTM and LSTMUnit. Bottoms hold timesteps, then streams: T x N x ..."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from caffe_multilabel._base.text import plural
from caffe_multilabel.caffe.layers.base import fail
from caffe_multilabel.engine.layers.layer import Gradients, Layer, Pass, Tensors
from caffe_multilabel.errors import OptionError

if TYPE_CHECKING:
    from typing import Any

    from caffe_multilabel.caffe.blob_shape import Shape
    from caffe_multilabel.caffe.proto.types import LayerParameter

__all__ = ["LAYERS"]


class _Found(torch.autograd.Function):  # type: ignore[misc]
    @staticmethod
    def forward(ctx: Any, _value: torch.Tensor, found: torch.Tensor, slope: Any) -> torch.Tensor:
        ctx.slope = slope
        return found.clone()

    @staticmethod
    def backward(ctx: Any, *diffs: Any) -> tuple[Any, None, None]:
        return diffs[0] * ctx.slope, None, None


def _found(
    value: torch.Tensor, found: torch.Tensor, slope: torch.Tensor | float = 1
) -> torch.Tensor:
    """Put what is found in a value's place; to that its diff goes times a slope."""
    result: torch.Tensor = _Found.apply(value, found.detach(), slope)
    return result


class _Recurrent(Layer):
    """Timesteps one after the other; `cont` 0 forgets the hidden state before one.

    The state goes on from one forward pass to the next, but no gradient does: not through the
    first states, nor from the last ones. With another number of streams the first values of the
    same memory are the state, or zeros where there are more than ever before. The net that Caffe
    unrolls inside makes all gradients that it can, whichever are wanted.

    What the net inside has in the memory of a blob of the net around it, it reads there, and finds
    what other layers wrote: exposed states, and of a single timestep the output and `cont` too, for
    a Concat and a Slice of one copy nothing.
    """

    writes_unwanted = True
    states = 1

    def read(self, message: LayerParameter) -> None:
        """Keep the sizes."""
        self._exposed = self.states if message.recurrent_param.expose_hidden else 0
        self._static = self.setup.bottoms > 2 + self._exposed
        self._hidden: int = message.recurrent_param.num_output
        self._first: Tensors = ()
        self._memory = [self.setup.place.zeros((0,))] * self.states

    def reshaped(self, tops: tuple[Shape, ...]) -> None:
        """Keep the shapes of the tops; the net inside has as many timesteps as at first."""
        if self.top_shapes and self.top_shapes[0][0] != tops[0][0]:
            fail(
                self.setup.message,
                f"bottom[0] has {plural(tops[0][0], 'timestep')}, and had {self.top_shapes[0][0]} "
                "when it was set up; that cannot change, in Caffe as well",
            )
        super().reshaped(tops)

    def forward(self, bottoms: Tensors) -> Tensors:
        """Return the tops."""
        streams = bottoms[0].shape[1]
        first = bottoms[len(bottoms) - self._exposed :] if self._exposed else self._states(streams)
        self._first = tuple(state.clone() for state in first)
        self._cont = bottoms[1].clone()
        self._inputs = self._sum_inputs(bottoms)
        between = self.weights[self._before :]
        top, last = self._run(self._inputs, between, self._later(between))
        self._output = top[-1].clone()
        if self._exposed:
            return (top, *last)
        for memory, state in zip(self._memory, last, strict=True):
            memory[: state.numel()] = state.flatten()
        return (top,)

    @property
    def carried(self) -> Tensors:
        """The states, and the weights that only its later timesteps have; see `_later`."""
        states = () if self._exposed else tuple(memory.clone() for memory in self._memory)
        return states + tuple(one.clone().flatten() for one in self._private)

    def carry(self, values: Tensors) -> None:
        """Go on with them; another number of streams has the first of the same states.

        Raises:
            OptionError: they are of another layer.
        """
        states = 0 if self._exposed else self.states
        private = self._private
        sizes = [one.numel() for one in private]
        if len(values) != states + len(private) or sizes != [v.numel() for v in values[states:]]:
            raise OptionError(f"layer '{self.setup.message.name}' has other states than these")
        if states:
            self._memory = [self.setup.place.tensor(value).clone() for value in values[:states]]
        for own, value in zip(private, values[states:], strict=True):
            own.copy_(value.view(own.shape))

    @property
    def _private(self) -> list[torch.Tensor]:
        """The weights that it filled and does not have from the layer that owns its blobs."""
        pairs = zip(self.setup.blobs, self.setup.own, strict=True)
        return [filled.data for blob, filled in pairs if blob is not filled]

    def _states(self, streams: int) -> Tensors:
        """Return the states that the last pass ended with, for some streams."""
        count = streams * self._hidden
        self._memory = [
            memory if memory.numel() >= count else memory.new_zeros(count)
            for memory in self._memory
        ]
        return tuple(memory[:count].view(1, streams, self._hidden) for memory in self._memory)

    @property
    def _single(self) -> bool:
        """Whether there is one timestep."""
        return self.top_shapes[0][0] == 1

    def backward(self, at: Pass) -> Gradients:
        """Return the diffs; states that come from outside get none.

        Timesteps are those of forward. Bottoms are read as they are, for the diffs of their
        weights.
        """
        with torch.enable_grad():
            leaves = [self._inputs, *self.weights[self._before :]]
            leaves = [leaf.detach().requires_grad_() for leaf in leaves]
            between = tuple(leaves[1:])
            top, _ = self._run(leaves[0], between, self._later(between), at)
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
        self, inputs: torch.Tensor, first: Tensors, later: Tensors, at: Pass | None = None
    ) -> tuple[torch.Tensor, Tensors]:
        """Return the outputs and the last states; in backward with the values found `at` it."""
        states = tuple(state[0] for state in self._first)
        outputs = []
        for number, (step, cont) in enumerate(zip(inputs, self._cont, strict=True)):
            weights = list(later if number else first)
            enters = at if number == 0 else None
            leaves = at if number == len(inputs) - 1 else None
            output, states = self._step(step, cont[:, None], states, weights, (enters, leaves))
            outputs.append(output)
        return torch.stack(outputs), tuple(state[None] for state in states)

    def _step(
        self,
        inputs: torch.Tensor,
        cont: torch.Tensor,
        states: Tensors,
        weights: list[torch.Tensor],
        found: tuple[Pass | None, Pass | None],
    ) -> tuple[torch.Tensor, Tensors]:
        """Return the output and the states of a timestep.

        In backward `found` is what the blobs around hold: for the first timestep, for the last.
        """
        raise NotImplementedError


def _tanh(values: torch.Tensor, found: torch.Tensor | None) -> torch.Tensor:
    """Return the hyperbolic tangent, or what is found in its place: Caffe's reads its top."""
    if found is None:
        return torch.tanh(values)
    return _found(values, found, 1 - found.square())


class RNN(_Recurrent):
    """tanh of inputs and state, and of a product of that."""

    def _step(
        self,
        inputs: torch.Tensor,
        cont: torch.Tensor,
        states: Tensors,
        weights: list[torch.Tensor],
        found: tuple[Pass | None, Pass | None],
    ) -> tuple[torch.Tensor, Tensors]:
        again, out, bias = weights
        _, leaves = found
        of_state = leaves.tops[1][0] if leaves and self._exposed else None
        state = _tanh((cont * states[0]).mm(again.t()) + inputs, of_state)
        of_output = None
        if leaves:  # made of the state as it was
            of_output = leaves.tops[0][0] if self._single else self._output
        return _tanh(torch.addmm(bias, state, out.t()), of_output), (state,)


def _next_cell(cell: torch.Tensor, gates: torch.Tensor, cont: torch.Tensor) -> torch.Tensor:
    """Return the next cell; gates are input, forget, output and the candidate.

    Caffe takes `cont` into the slope of the forget gate as if it were of the logistic function.
    """
    enter, keep, _, candidate = gates.chunk(4, -1)
    kept = cont * torch.sigmoid(keep.detach())
    return _found(keep, kept, kept * (1 - kept)) * cell + torch.sigmoid(enter) * torch.tanh(
        candidate
    )


def _hidden(cell: torch.Tensor, gates: torch.Tensor) -> torch.Tensor:
    """Return the hidden state that a cell shows."""
    return torch.sigmoid(gates.chunk(4, -1)[2]) * torch.tanh(cell)


class LSTM(_Recurrent):
    """Long short-term memory; the states are the hidden one and the cell."""

    states = 2

    def read(self, message: LayerParameter) -> None:
        """Keep the sizes."""
        super().read(message)
        self._shows_state = False

    def reshaped(self, tops: tuple[Shape, ...]) -> None:
        """Keep the shapes of the tops, and what the last pass has shown."""
        self._take_back()
        super().reshaped(tops)

    def forward(self, bottoms: Tensors) -> Tensors:
        """Return the tops; of a single timestep, output and hidden state are one memory."""
        if self._single and self._exposed:
            self.tops[1].share_data(self.tops[0])
        self._take_back()
        tops = super().forward(bottoms)
        self._shows_state = self._single and not self._exposed
        return tops

    @property
    def carried(self) -> Tensors:
        """The same, with what the output holds by now."""
        values = super().carried
        if self._shows_state:
            shown = self.tops[0].data
            values[0][: shown.numel()] = shown.flatten()
        return values

    def carry(self, values: Tensors) -> None:
        """Go on with them, whatever the output holds."""
        super().carry(values)
        self._shows_state = False

    def _take_back(self) -> None:
        """Go on with what the output holds by now, where that is the hidden state."""
        if self._shows_state:
            shown = self.tops[0].data
            self._memory[0][: shown.numel()] = shown.flatten()
        self._shows_state = False

    def _step(
        self,
        inputs: torch.Tensor,
        cont: torch.Tensor,
        states: Tensors,
        weights: list[torch.Tensor],
        found: tuple[Pass | None, Pass | None],
    ) -> tuple[torch.Tensor, Tensors]:
        hidden, cell = states
        enters, leaves = found
        gates = (cont * hidden).mm(weights[0].t()) + inputs
        made = _next_cell(cell, gates, cont)
        if enters:  # the slope is of what is there now, the next cell of what was
            cell = enters.bottoms[-1][0] if self._exposed else cell
            cont = enters.bottoms[1][0, :, None] if self._single else cont
            made = _found(_next_cell(cell, gates, cont), made)
        if leaves and self._exposed:
            made = _found(made, leaves.tops[2][0])
        hidden = _hidden(made, gates)
        return hidden, (hidden, made)


class LSTMUnit(Layer):
    """One timestep of an LSTM, its gates given."""

    writes_unwanted = True

    def compute(self, bottoms: Tensors) -> Tensors:
        """Return the next cell and hidden state."""
        cell = _next_cell(bottoms[0], bottoms[1], bottoms[2][..., None])
        return cell, _hidden(cell, bottoms[1])

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
