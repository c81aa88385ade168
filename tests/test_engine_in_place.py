"""Work in place and memory that is shared: a real Caffe's figures, and what lint says of them.

Where Caffe's own are wrong the engine gives those, and lint says so.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from caffe_multilabel.caffe.layers import LAYER_TYPES
from caffe_multilabel.caffe.proto import parse_text
from caffe_multilabel.errors import PrototxtError
from caffe_multilabel.nets.lint import lint_net
from golden_arrays import BACKWARD, FORWARD, close, recorded_arrays

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from caffe_multilabel.caffe.proto.types import NetParameter

GOLDEN = Path(__file__).parent / "golden" / "engine" / "in_place"
CASES: dict[str, dict[str, Any]] = {
    case["name"]: case for case in json.loads((GOLDEN / "cases.json").read_text())
}
# Eltwise alone makes the wrong values that Caffe makes; the engine refuses the others.
MADE_ALL_THE_SAME = {"Eltwise"}


def recorded() -> dict[str, dict[str, NDArray[Any]]]:
    return recorded_arrays(GOLDEN / "cases.npz")


def net_of(name: str) -> NetParameter:
    return parse_text(CASES[name]["prototxt"], "NetParameter")


def blamed(name: str) -> set[str]:
    rules = {finding.rule for finding in lint_net(net_of(name), phase="TRAIN")}
    return rules & {"in-place", "lost-gradient"}


def is_refused(name: str) -> bool:
    """Tell whether the engine refuses a case: a layer alone, in place, that makes wrong values."""
    net = net_of(name)
    return any(
        layer.name == "first"
        and list(layer.bottom)[:1] == list(layer.top)
        and layer.type not in MADE_ALL_THE_SAME
        and LAYER_TYPES[layer.type].works_in_place(layer) == "spoils_values"
        for layer in net.layer
    )


FIGURES = [
    name
    for name, case in CASES.items()
    if case["spoils"] != "refused" and name in recorded() and not is_refused(name)
]


def test_the_cases_are_there() -> None:
    assert (len(CASES), len(FIGURES)) == (380, 168)


@pytest.mark.torch
@pytest.mark.parametrize("name", FIGURES)
def test_the_engine_gives_caffes_figures(name: str) -> None:
    from caffe_multilabel.engine import Net  # noqa: PLC0415  (torch)

    arrays = recorded()[name]
    net = Net(net_of(name), phase="TRAIN")
    for what, values in arrays.items():
        kind, _, path = what.partition("/")
        if kind == "param":
            layer, number = path.rsplit("/", 1)
            net.params[layer][int(number)].data = values
        elif kind == "in":
            net.blobs[path].data = values
    net.forward()
    net.backward()
    for what, values in arrays.items():
        kind, _, path = what.partition("/")
        if kind == "out":
            close(what, net.blobs[path].data, values, FORWARD)
        elif kind in ("param_after", "paramdiff"):
            layer, number = path.rsplit("/", 1)
            blob = net.params[layer][int(number)]
            if kind == "paramdiff":
                close(what, blob.diff, values, BACKWARD)
            else:
                close(what, blob.data, values, FORWARD)


@pytest.mark.torch
@pytest.mark.parametrize("name", [name for name in CASES if is_refused(name)])
def test_the_engine_refuses_what_spoils_its_own_values(name: str) -> None:
    from caffe_multilabel.engine import Net  # noqa: PLC0415  (torch)

    with pytest.raises(PrototxtError, match="in place reads what it has written over"):
        Net(net_of(name), phase="TRAIN")


@pytest.mark.parametrize(
    "name", [name for name, case in CASES.items() if case["spoils"] != "refused"]
)
def test_lint_says_what_caffe_does(name: str) -> None:
    case = CASES[name]
    lost = case.get("lost", False)
    wanted = {"lost-gradient"} if lost else set()
    if case["spoils"] != "nothing" and not lost:
        wanted = {"in-place"}
    assert blamed(name) == wanted


def alone(name: str) -> bool:
    """Tell whether a case is about one layer that works in place."""
    layers = {layer.name: layer for layer in net_of(name).layer if layer.type != "Input"}
    first = layers.get("first")
    return len(layers) == 3 and first is not None and first.bottom[0] == first.top[0]


@pytest.mark.parametrize("name", list(filter(alone, CASES)))
def test_the_registry_says_what_becomes_of_a_layer_in_place(name: str) -> None:
    layer = next(layer for layer in net_of(name).layer if layer.name == "first")
    result = {
        "refused": "refused",
        "values": "spoils_values",
        "gradients": "spoils_gradients",
        "nothing": "works",
    }
    found = LAYER_TYPES[layer.type].works_in_place(layer)
    assert found == result[CASES[name]["spoils"]]
