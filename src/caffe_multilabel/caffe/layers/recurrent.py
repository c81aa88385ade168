"""RNN, LSTM and LSTMUnit. Bottoms hold timesteps, then streams: T x N x ..."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel._base.text import plural
from caffe_multilabel.caffe.blob_shape import count, shape_text
from caffe_multilabel.caffe.layers.base import LayerOutput, Weight
from caffe_multilabel.caffe.layers.layer_type import ANY, BOTH, BOTTOM, MASK, LayerType

if TYPE_CHECKING:
    from caffe_multilabel.caffe.blob_shape import Shape
    from caffe_multilabel.caffe.layers.base import LayerInput
    from caffe_multilabel.caffe.layers.layer_type import Bottoms, Side
    from caffe_multilabel.caffe.proto.types import LayerParameter

__all__ = ["LAYER_TYPES"]


def _rnn(layer: LayerInput) -> LayerOutput:
    return _recurrent(layer, gates=1, states=1, with_output=True)


def _lstm(layer: LayerInput) -> LayerOutput:
    return _recurrent(layer, gates=4, states=2, with_output=False)


def _recurrent(layer: LayerInput, *, gates: int, states: int, with_output: bool) -> LayerOutput:
    """Set up a net that Caffe unrolls over the timesteps.

    Args:
        layer: the layer; bottoms are x, cont, an input that stays the same over time, if any, and
            with `expose_hidden` the first states.
        gates: how many hidden vectors the inputs are summed into.
        states: how many hidden vectors go from a timestep to the next.
        with_output: the output is a further inner product of the hidden vector.
    """
    message = layer.layer.recurrent_param
    exposed = states if message.expose_hidden else 0
    _check_counts(layer, exposed)
    hidden = layer.need_positive(message.num_output, "num_output")
    # A timestep's input is an inner product over axis 2 and on.
    layer.need_axes(3, "at least 3 axes: timesteps, streams, and the input's own")
    steps, streams = layer.bottoms[0][:2]
    if layer.bottoms[1] != (steps, streams):
        layer.fail(
            f"bottom[1] is {shape_text(layer.bottoms[1])}; it must be timesteps x streams, "
            f"{steps}x{streams}"
        )
    state = (1, streams, hidden)
    matrices = [(gates * hidden, count(layer.bottoms[0], 2))]
    work = steps * streams * count(matrices[0])
    if len(layer.bottoms) > 2 + exposed:
        matrices.append((gates * hidden, _static_inputs(layer, streams)))
        work += streams * count(matrices[1])
    for index in range(len(layer.bottoms) - exposed, len(layer.bottoms)):
        if layer.bottoms[index] != state:
            layer.fail(
                f"bottom[{index}] is {shape_text(layer.bottoms[index])}; "
                f"a hidden state must be {shape_text(state)}"
            )
    between: list[Shape] = [(gates * hidden, hidden)]
    if with_output:
        between.append((hidden, hidden))
    work += steps * streams * sum(map(count, between))
    weights = [Weight(shape, message.weight_filler) for shape in matrices]
    weights.insert(1, Weight((gates * hidden,), message.bias_filler))
    weights += [Weight(shape, message.weight_filler, fillings=steps) for shape in between]
    if with_output:
        weights.append(Weight((hidden,), message.bias_filler, fillings=steps))
    tops = ((steps, streams, hidden), *(state,) * exposed)
    return LayerOutput(tops, tuple(weights), work)


def _check_counts(layer: LayerInput, exposed: int) -> None:
    if not 2 + exposed <= len(layer.bottoms) <= 3 + exposed:
        layer.fail(
            f"{plural(len(layer.bottoms), 'bottom')}; it takes {2 + exposed} or {3 + exposed}: "
            "x, cont, a static input if any, and the first hidden states with expose_hidden"
        )
    if layer.top_count != 1 + exposed:
        layer.fail(f"{plural(layer.top_count, 'top')}; it has {1 + exposed}")


def _static_inputs(layer: LayerInput, streams: int) -> int:
    layer.need_axes(2, "at least 2 axes: streams, and the input's own", bottom=2)
    if layer.bottoms[2][0] != streams:
        layer.fail(
            f"bottom[2] is {shape_text(layer.bottoms[2])}; "
            f"its first axis must be the {streams} streams"
        )
    return count(layer.bottoms[2], 1)


def _lstm_unit(layer: LayerInput) -> LayerOutput:
    cell = layer.bottoms[0]
    layer.need_axes(3, "3 axes: 1, streams, hidden size", most=3)
    wanted = ((1, *cell[1:]), (1, cell[1], 4 * cell[2]), (1, cell[1]))
    for index, (found, shape) in enumerate(zip(layer.bottoms, wanted, strict=True)):
        if found != shape:
            layer.fail(f"bottom[{index}] is {shape_text(found)}; it must be {shape_text(shape)}")
    return LayerOutput((cell, cell))


def _recurrent_propagates(layer: LayerParameter) -> Bottoms:
    """Return x and the static input; `cont` is refused, exposed states share their data only."""
    exposed = len(layer.top) - 1
    return (0, 2) if len(layer.bottom) - exposed > 2 else (0,)


def _rnn_backward(layer: LayerParameter) -> frozenset[Side]:
    """Return what the gradient is made from; a state that is a top is that of the last timestep."""
    return BOTTOM | MASK if layer.recurrent_param.expose_hidden else BOTTOM


def _lstm_backward(layer: LayerParameter) -> frozenset[Side]:
    """Return what the gradient is made from; of the states that are tops, the cell."""
    return BOTTOM | {"cell"} if layer.recurrent_param.expose_hidden else BOTTOM


LAYER_TYPES = (
    LayerType(
        name="RNN",
        propagates=_recurrent_propagates,
        stops=(1,),
        unforced=(1,),
        kind="recurrent",
        shape=_rnn,
        top_diff="inside",
        bottoms=ANY,
        tops=ANY,
        message="recurrent_param",
        blobs="weights",
        in_place="spoils_gradients",
        backward=_rnn_backward,
        backward_mixes=True,
    ),
    LayerType(
        name="LSTM",
        propagates=_recurrent_propagates,
        stops=(1,),
        unforced=(1,),
        kind="recurrent",
        shape=_lstm,
        top_diff="inside",
        bottoms=ANY,
        tops=ANY,
        message="recurrent_param",
        blobs="weights",
        in_place="spoils_gradients",
        backward=_lstm_backward,
        backward_mixes=True,
    ),
    LayerType(
        name="LSTMUnit",
        backward_mixes=True,
        propagates=(0, 1),
        stops=(2,),
        unforced=(2,),
        kind="recurrent",
        shape=_lstm_unit,
        bottoms=(3, 3),
        tops=(2, 2),
        in_place="spoils_gradients",
        backward=BOTH,
    ),
)
