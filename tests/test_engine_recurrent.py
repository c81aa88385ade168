"""LSTM and RNN of the engine when the number of streams changes between forward passes.

What a real Caffe does there was measured with 1 and 3 timesteps: the state is memory, of which as
many values are read as are wanted, and memory that is too small is given up for zeros.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from caffe_multilabel.caffe.proto import parse_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from caffe_multilabel.engine import Net

pytestmark = pytest.mark.torch

HIDDEN, CHANNELS = 4, 3
STATES = {"LSTM": ("h", "c"), "RNN": ("h",)}
ZEROED = 'layer { name: "p" type: "Power" bottom: "y" top: "y" power_param { scale: 0 } }'


def source(name: str, *shape: int) -> str:
    dims = " ".join(f"dim: {axis}" for axis in shape)
    return (
        f'layer {{ name: "{name}" type: "Input" top: "{name}" '
        f"input_param {{ shape {{ {dims} }} }} }}\n"
    )


def make(kind: str, timesteps: int, *, exposed: bool, behind: str = "") -> Net:
    from caffe_multilabel.engine import Net  # noqa: PLC0415  (torch)

    states = STATES[kind] if exposed else ()
    text = source("x", timesteps, 1, CHANNELS) + source("cont", timesteps, 1)
    text += "".join(source(f"{name}_0", 1, 1, HIDDEN) for name in states)
    bottoms = "".join(f' bottom: "{name}_0"' for name in states)
    tops = "".join(f' top: "{name}"' for name in states)
    text += f"""
        layer {{ name: "r" type: "{kind}" bottom: "x" bottom: "cont"{bottoms} top: "y"{tops}
            recurrent_param {{ num_output: {HIDDEN} expose_hidden: {str(exposed).lower()}
                weight_filler {{ type: "uniform" min: -0.5 max: 0.5 }} }} }}
        {behind}"""
    return Net(parse_text(text, "NetParameter"), seed=1)


def feed(net: Net, inputs: Mapping[str, Any]) -> Any:
    """Run the recurrent layer alone, on inputs of whatever shape."""
    net.reshape(**{name: values.shape for name, values in inputs.items()})
    net.forward(inputs=inputs, end="r")
    return net.blobs["y"].data.numpy().copy()


@pytest.mark.parametrize("timesteps", [1, 3])
@pytest.mark.parametrize("kind", sorted(STATES))
def test_a_state_is_the_first_values_of_its_memory(kind: str, timesteps: int) -> None:
    random = np.random.default_rng(2)
    net, told = (make(kind, timesteps, exposed=exposed) for exposed in (False, True))
    memory = {name: np.zeros(0) for name in STATES[kind]}
    for streams in (2, 3, 2, 1, 3, 4, 4, 2, 5, 1, 5):
        inputs = {
            "x": random.normal(size=(timesteps, streams, CHANNELS)),
            "cont": np.ones((timesteps, streams)),
        }
        count = streams * HIDDEN
        memory = {
            name: values if len(values) >= count else np.zeros(count)
            for name, values in memory.items()
        }
        states = {
            f"{name}_0": values[:count].reshape(1, streams, HIDDEN)
            for name, values in memory.items()
        }
        np.testing.assert_allclose(
            feed(net, inputs), feed(told, inputs | states), rtol=1e-5, atol=1e-6
        )
        for name, values in memory.items():
            values[:count] = told.blobs[name].data.numpy().ravel()


def test_the_state_of_a_single_timestep_is_what_its_output_holds() -> None:
    net, told = make("LSTM", 1, exposed=False, behind=ZEROED), make("LSTM", 1, exposed=True)
    random = np.random.default_rng(3)
    two = {"x": random.normal(size=(1, 2, CHANNELS)), "cont": np.ones((1, 2))}
    one = {"x": random.normal(size=(1, 1, CHANNELS)), "cont": np.ones((1, 1))}
    nothing = np.zeros((1, 2, HIDDEN))

    feed(net, two)
    net.forward(start="p")
    feed(told, two | {"h_0": nothing, "c_0": nothing})
    cell = told.blobs["c"].data.numpy()[:, :1].copy()
    np.testing.assert_allclose(
        feed(net, one), feed(told, one | {"h_0": nothing[:, :1], "c_0": cell}), rtol=1e-5, atol=1e-6
    )
