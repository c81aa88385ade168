"""Work in place, run in numpy as Caffe's CPU code runs it, against what the registry and lint say.

A layer is two functions on the four arrays that Caffe hands it: the data and the gradient of its
bottom and of its top. In place, bottom and top are the same arrays. Each function makes the same
reads and writes in the same order as `Forward_cpu` and `Backward_cpu` of its type, so a verdict is
right where the gradients in place are those of arrays apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pytest

from caffe_multilabel.caffe.layers import LAYER_TYPES
from caffe_multilabel.caffe.proto import parse_text, schema
from caffe_multilabel.nets.lint import lint_net

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

Array: TypeAlias = "NDArray[np.float64]"
SHAPE = (4, 6)  # items, values


@dataclass
class Memory:
    """A blob."""

    data: Array
    diff: Array


@dataclass
class Model:
    """A layer: `kept` is its own memory between the two passes."""

    forward: Callable[[Memory, Memory, dict[str, Array]], None]
    backward: Callable[[Memory, Memory, dict[str, Array]], None]
    settings: str = ""


def by_value(value: Any, slope: Any) -> tuple[Any, Any]:
    """Make the passes of a neuron whose slope is a function of its bottom's and top's data."""

    def forward(bottom: Memory, top: Memory, _kept: dict[str, Array]) -> None:
        top.data[:] = value(bottom.data)

    def backward(bottom: Memory, top: Memory, _kept: dict[str, Array]) -> None:
        bottom.diff[:] = top.diff * slope(bottom.data, top.data)

    return forward, backward


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def relu(slope: float, settings: str = "") -> Model:
    return Model(
        *by_value(
            lambda x: np.maximum(x, 0) + slope * np.minimum(x, 0),
            lambda x, _y: (x > 0) + slope * (x <= 0),
        ),
        settings or f"relu_param {{ negative_slope: {slope} }}",
    )


def elu(alpha: float) -> Model:
    return Model(
        *by_value(
            lambda x: np.maximum(x, 0) + alpha * (np.exp(np.minimum(x, 0)) - 1),
            lambda x, y: (x > 0) + (alpha + y) * (x <= 0),
        ),
        f"elu_param {{ alpha: {alpha} }}",
    )


def power(exponent: float, scale: float, shift: float) -> Model:
    """power_layer.cpp: the slope goes into the bottom's gradient before the top's is read."""
    diff_scale = exponent * scale

    def forward(bottom: Memory, top: Memory, _kept: dict[str, Array]) -> None:
        if diff_scale == 0:
            top.data[:] = 1 if exponent == 0 else shift**exponent
        else:
            top.data[:] = (scale * bottom.data + shift) ** exponent

    def backward(bottom: Memory, top: Memory, _kept: dict[str, Array]) -> None:
        if diff_scale == 0 or exponent == 1:
            bottom.diff[:] = diff_scale
        else:
            assert exponent == 2
            bottom.diff[:] = diff_scale * scale * bottom.data + diff_scale * shift
        if diff_scale != 0:
            bottom.diff *= top.diff

    settings = f"power_param {{ power: {exponent} scale: {scale} shift: {shift} }}"
    return Model(forward, backward, settings)


def mvn(*, variance: bool) -> Model:
    """mvn_layer.cpp, across all values of an item."""

    def forward(bottom: Memory, top: Memory, kept: dict[str, Array]) -> None:
        top.data[:] = bottom.data - bottom.data.mean(1, keepdims=True)
        if variance:
            kept["deviation"] = np.sqrt((top.data**2).mean(1, keepdims=True)) + 1e-9
            top.data /= kept["deviation"]

    def backward(bottom: Memory, top: Memory, kept: dict[str, Array]) -> None:
        dim = SHAPE[1]
        if not variance:
            bottom.diff[:] = top.diff - top.diff.sum(1, keepdims=True) / dim
            return
        bottom.diff[:] = top.data * top.diff
        bottom.diff[:] = bottom.diff.sum(1, keepdims=True)
        bottom.diff *= top.data
        bottom.diff += top.diff.sum(1, keepdims=True)
        bottom.diff *= -1 / dim  # caffe_cpu_axpby: it scales what it writes to before it adds
        bottom.diff += top.diff
        bottom.diff /= kept["deviation"]

    settings = f"mvn_param {{ across_channels: true normalize_variance: {str(variance).lower()} }}"
    return Model(forward, backward, settings)


def softmax() -> Model:
    def forward(bottom: Memory, top: Memory, _kept: dict[str, Array]) -> None:
        top.data[:] = np.exp(bottom.data)
        top.data /= top.data.sum(1, keepdims=True)

    def backward(bottom: Memory, top: Memory, _kept: dict[str, Array]) -> None:
        bottom.diff[:] = top.diff
        bottom.diff -= (bottom.diff * top.data).sum(1, keepdims=True)
        bottom.diff *= top.data

    return Model(forward, backward)


def dropout() -> Model:
    mask = 2.0 * (np.random.default_rng(3).random(SHAPE) > 0.5)
    return Model(*by_value(lambda x: x * mask, lambda _x, _y: mask))


def prelu() -> Model:
    """prelu_layer.cpp: it copies its bottom where it works in place."""

    def forward(bottom: Memory, top: Memory, kept: dict[str, Array]) -> None:
        kept["bottom"] = bottom.data.copy()
        top.data[:] = np.maximum(bottom.data, 0) + 0.25 * np.minimum(bottom.data, 0)

    def backward(bottom: Memory, top: Memory, kept: dict[str, Array]) -> None:
        bottom.diff[:] = top.diff * ((kept["bottom"] > 0) + 0.25 * (kept["bottom"] <= 0))

    return Model(forward, backward)


MODELS: dict[str, tuple[str, Model]] = {
    "ReLU": ("ReLU", relu(0)),
    "leaky ReLU": ("ReLU", relu(0.1)),
    "turning ReLU": ("ReLU", relu(-1)),
    "ELU": ("ELU", elu(1)),
    "turning ELU": ("ELU", elu(-1)),
    "TanH": ("TanH", Model(*by_value(np.tanh, lambda _x, y: 1 - y * y))),
    "Sigmoid": ("Sigmoid", Model(*by_value(sigmoid, lambda _x, y: y * (1 - y)))),
    "Exp": ("Exp", Model(*by_value(np.exp, lambda _x, y: y))),
    "BNLL": ("BNLL", Model(*by_value(lambda x: np.log(1 + np.exp(x)), lambda x, _y: sigmoid(x)))),
    "Clip": (
        "Clip",
        Model(
            *by_value(lambda x: x.clip(-0.5, 0.5), lambda x, _y: (x >= -0.5) & (x <= 0.5)),
            "clip_param { min: -0.5 max: 0.5 }",
        ),
    ),
    "Power": ("Power", power(1, 1, 0)),
    "sloping Power": ("Power", power(1, 2, 1)),
    "flat Power": ("Power", power(1, 0, 0.5)),
    "flat Power 2": ("Power", power(2, 0, 0.5)),
    "Power 2": ("Power", power(2, 1, 0)),
    "Power 0": ("Power", power(0, 1, 0)),
    "MVN": ("MVN", mvn(variance=True)),
    "MVN of means": ("MVN", mvn(variance=False)),
    "Softmax": ("Softmax", softmax()),
    "Dropout": ("Dropout", dropout()),
    "PReLU": ("PReLU", prelu()),
}


def message(name: str, bottom: str = "x", top: str = "y") -> str:
    """The text of a layer."""
    kind, model = MODELS[name]
    return f'name: "{top}" type: "{kind}" bottom: "{bottom}" top: "{top}" {model.settings}'


def gradient(names: list[str], *, in_place: list[bool]) -> tuple[Array, Array]:
    """Run layers one over the other, each in place or not; return the top and the gradient."""
    draw = np.random.default_rng(1)
    blobs = [Memory(draw.normal(size=SHAPE), np.zeros(SHAPE))]
    for place in in_place:
        blobs.append(blobs[-1] if place else Memory(np.zeros(SHAPE), np.zeros(SHAPE)))
    kept: list[dict[str, Array]] = [{} for _ in names]
    for index, name in enumerate(names):
        MODELS[name][1].forward(blobs[index], blobs[index + 1], kept[index])
    top = blobs[-1].data.copy()
    blobs[-1].diff[:] = draw.normal(size=SHAPE)
    for index, name in reversed(list(enumerate(names))):
        MODELS[name][1].backward(blobs[index], blobs[index + 1], kept[index])
    return top, blobs[0].diff


@pytest.mark.parametrize("name", MODELS)
def test_a_layer_in_place(name: str) -> None:
    kind, _ = MODELS[name]
    layer = schema().message("LayerParameter")()
    layer.CopyFrom(parse_text(f"layer {{ {message(name)} }}", "NetParameter").layer[0])
    (top, apart), (top_in_place, there) = (
        gradient([name], in_place=[place]) for place in (False, True)
    )
    np.testing.assert_allclose(top_in_place, top)
    expected = "works" if np.allclose(apart, there) else "spoils_gradients"
    assert LAYER_TYPES[kind].works_in_place(layer) == expected


def works_alone(name: str) -> bool:
    return np.allclose(*(gradient([name], in_place=[place])[1] for place in (False, True)))


def changes_something(first: str, second: str) -> bool:
    """Tell whether a second layer changes the values of a first, and passes a gradient at all."""
    top, diff = gradient([first, second], in_place=[False, False])
    return bool(diff.any()) and not np.allclose(top, gradient([first], in_place=[False])[0])


PAIRS = [
    (first, second, place)
    for first, second, place in product(MODELS, MODELS, (False, True))
    if works_alone(second)
    and (not place or works_alone(first))
    and changes_something(first, second)
]
"""Two layers, and whether the first works in place as the second does; each goes well alone."""


@pytest.mark.parametrize(("first", "second", "place"), PAIRS)
def test_a_layer_in_place_over_another(first: str, second: str, place: bool) -> None:
    _, apart = gradient([first, second], in_place=[False, False])
    _, there = gradient([first, second], in_place=[place, True])
    net = parse_text(
        f"""
        layer {{ name: "in" type: "Input" top: "in" input_param {{ shape {{ dim: 4 dim: 6 }} }} }}
        layer {{ name: "x" type: "InnerProduct" bottom: "in" top: "x"
            inner_product_param {{ num_output: 6 weight_filler {{ type: "xavier" }} }} }}
        layer {{ {message(first, "x", "x" if place else "y")} }}
        layer {{ {message(second, *["x" if place else "y"] * 2)} }}
        layer {{ name: "sum" type: "Reduction" bottom: "{"x" if place else "y"}" top: "sum"
            loss_weight: 1 }}
        """,
        "NetParameter",
    )
    for index, name in enumerate(["in", "fc", "first", "second", "sum"]):
        net.layer[index].name = name
    blamed = {finding.layer for finding in lint_net(net) if finding.rule == "in-place"}
    assert blamed == (set() if np.allclose(apart, there) else {"second"})
