"""What other layers write over while a layer still needs it: figures recorded from a real Caffe.

States and outputs of recurrent layers, the mask of MAX pooling, and the diff in which HingeLoss
keeps its margins.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from caffe_multilabel.caffe.proto import parse_text
from caffe_multilabel.errors import PrototxtError
from golden_arrays import BACKWARD, FORWARD, close, recorded_arrays

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from caffe_multilabel.engine import Net

pytestmark = pytest.mark.torch

GOLDEN = Path(__file__).parent / "golden" / "engine" / "written_over"
CASES: dict[str, dict[str, Any]] = {
    case["name"]: case for case in json.loads((GOLDEN / "cases.json").read_text())
}


def recorded() -> dict[str, dict[str, NDArray[Any]]]:
    return recorded_arrays(GOLDEN / "cases.npz")


def of_kind(arrays: dict[str, NDArray[Any]], kind: str) -> dict[str, NDArray[Any]]:
    start = f"{kind}/"
    return {what[len(start) :]: one for what, one in arrays.items() if what.startswith(start)}


def weights(net: Net, path: str) -> Any:
    layer, number = path.rsplit("/", 1)
    return net.params[layer][int(number)]


@pytest.mark.parametrize("name", CASES)
def test_the_engine_gives_caffes_figures(name: str) -> None:
    from caffe_multilabel.engine import Net  # noqa: PLC0415  (torch)

    arrays = recorded()[name]
    net = Net(parse_text(CASES[name]["prototxt"], "NetParameter"), phase="TRAIN")
    for path, values in of_kind(arrays, "param").items():
        weights(net, path).data = values
    for number in range(CASES[name]["passes"]):
        net.forward(inputs=of_kind(arrays, "in"))
        for blob, values in of_kind(arrays, f"f{number}/data").items():
            close(f"{blob} {number}", net.blobs[blob].data, values, FORWARD)
        for blob, values in of_kind(arrays, f"f{number}/diff").items():
            close(f"{blob}'s diff {number}, forward", net.blobs[blob].diff, values, FORWARD)
        for blob, values in of_kind(arrays, "diff").items():
            net.blobs[blob].diff = values
        net.backward()
        for blob, values in of_kind(arrays, f"b{number}/diff").items():
            close(f"{blob}'s diff {number}", net.blobs[blob].diff, values, BACKWARD)
        for path, values in of_kind(arrays, f"b{number}/pdiff").items():
            close(f"weights {path} {number}", weights(net, path).diff, values, BACKWARD)


def test_the_cases_are_there() -> None:
    assert (len(CASES), len(recorded())) == (42, 42)


POOLING = """
    force_backward: true
    layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 1 dim: 2 dim: 2 dim: 2 } } }
    layer { name: "pool" type: "Pooling" bottom: "x" top: "pool" top: "mask"
            pooling_param { kernel_size: 2 } }
    layer { name: "over" type: "Power" bottom: "mask" top: "mask" power_param { shift: SHIFT } }
    layer { name: "none" type: "Silence" bottom: "mask" }
"""


def test_an_index_that_is_none_of_the_bottom_is_refused() -> None:
    from caffe_multilabel.engine import Net  # noqa: PLC0415  (torch)

    net = Net(parse_text(POOLING.replace("SHIFT", "5"), "NetParameter"))
    net.forward(x=np.arange(8).reshape(1, 2, 2, 2))
    net.blobs["mask"].data = [[[[4]], [[0]]]]  # the next channel's first value: its last is 3
    net.blobs["pool"].diff = [[[[1]], [[10]]]]
    net.backward()
    assert net.blobs["x"].diff.flatten().tolist() == [0, 0, 0, 0, 11, 0, 0, 0]
    net.forward()
    with pytest.raises(PrototxtError, match=r"layer 'pool' .*: index 8 in 'mask', which was"):
        net.backward()


def test_the_number_of_timesteps_stays() -> None:
    from caffe_multilabel.engine import Net  # noqa: PLC0415  (torch)

    net = Net(parse_text(CASES["LSTM, timesteps, output"]["prototxt"], "NetParameter"))
    with pytest.raises(
        PrototxtError, match=r"'r' \(LSTM\): bottom\[0\] has 4 timesteps, and had 3"
    ):
        net.reshape(x=(4, 2, 3), cont=(4, 2))
    net.forward(cont=np.ones((3, 2)))
    net.reshape(x=(3, 5, 3), cont=(3, 5))
    assert net.forward()["y"].shape == (3, 5, 3)


OUTSIDE = """
    force_backward: true
    layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 1 dim: 2 dim: 2 dim: 2 } } }
    layer { name: "pool" type: "Pooling" bottom: "x" top: "pool" MASK
            pooling_param { kernel_size: 1 stride: 3 } }
"""


@pytest.mark.parametrize("mask", ["", 'top: "mask"'])
def test_a_window_outside_its_bottom_sends_its_gradient_where_caffe_does(mask: str) -> None:
    from caffe_multilabel.engine import Net  # noqa: PLC0415  (torch)

    # A real Caffe gives this. It ends once its memory is freed if the first channel's is not 0.
    net = Net(parse_text(OUTSIDE.replace("MASK", mask), "NetParameter"))
    net.forward(x=np.arange(8).reshape(1, 2, 2, 2))
    assert net.blobs["pool"].data.flatten()[1:4].tolist() == [float(np.finfo(np.float32).min)] * 3
    diff = np.zeros((1, 2, 2, 2))
    diff[0, :, 0, 0] = 1, 2
    diff[0, 1, 1, 1] = 5  # of the second channel: to the value before that
    net.blobs["pool"].diff = diff
    net.backward()
    assert net.blobs["x"].diff.flatten().tolist() == [1, 0, 0, 5, 2, 0, 0, 0]
    diff[0, 0, 1, 1] = 1  # of the first: to none
    net.blobs["pool"].diff = diff
    net.backward()
    assert net.blobs["x"].diff.flatten().tolist() == [1, 0, 0, 5, 2, 0, 0, 0]
