"""Calls in another order, and memory that blobs share: Caffe's figures, or one error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from caffe_multilabel import OptionError, PrototxtError
from caffe_multilabel.caffe.proto import parse_text

if TYPE_CHECKING:
    from pathlib import Path

    from caffe_multilabel.engine import Net

pytestmark = pytest.mark.torch

X = 'layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 } } }'
FC = (
    X + 'layer { name: "fc" type: "InnerProduct" bottom: "x" top: "fc" '
    'inner_product_param { num_output: 2 weight_filler { type: "xavier" } } }'
)


def make(text: str, **options: Any) -> Net:
    from caffe_multilabel.engine import Net  # noqa: PLC0415

    return Net(parse_text(text, "NetParameter"), **{"seed": 1} | options)


def test_a_layer_in_place_of_which_nothing_is_wanted_leaves_the_diff() -> None:
    net = make(
        'layer { name: "w" type: "Parameter" top: "w" parameter_param { shape { dim: 3 } } }'
        'layer { name: "relu" type: "ReLU" bottom: "w" top: "w" propagate_down: false }'
        'layer { name: "sum" type: "Reduction" bottom: "w" top: "sum" loss_weight: 1 }'
    )
    net.params["w"][0].data = [-1, 2, -3]
    net.forward()
    net.backward()
    assert net.params["w"][0].diff.tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    ("operation", "bottoms", "wanted"),
    [
        ("MAX", "hy", np.full((2, 3), np.finfo(np.float32).min)),
        ("PROD", "hxy", np.array([[4, 36, 144], [400, 900, 1764]])),
        ("SUM", "hy", np.zeros((2, 3))),
    ],
)
def test_an_eltwise_in_place_reads_what_it_has_written_to_shared_memory(
    operation: str, bottoms: str, wanted: Any
) -> None:
    # What a BVLC Caffe gives: it fills its top, or multiplies there, and reads on.
    net = make(
        X + 'layer { name: "y" type: "Power" bottom: "x" top: "y" power_param { shift: 1 } }'
        'layer { name: "h" type: "Reshape" bottom: "y" top: "h"'
        " reshape_param { shape { dim: 2 dim: 3 } } }"
        'layer { name: "e" type: "Eltwise" top: "h"'
        + "".join(f' bottom: "{name}"' for name in bottoms)
        + f" eltwise_param {{ operation: {operation} }} }}"
    )
    top = net.forward(x=[[1, 2, 3], [4, 5, 6]])["h"]
    np.testing.assert_array_equal(top, wanted)


def test_reading_a_blob_does_not_take_the_memory_of_another() -> None:
    net = make(
        X + 'layer { name: "f" type: "Flatten" bottom: "x" top: "f" }'
        'layer { name: "p" type: "Power" bottom: "f" top: "p" power_param { scale: 2 } }'
    )
    net.forward(x=np.ones((2, 3)))
    net.blobs["x"].reshape((4, 3))
    net.blobs["x"].data = np.full((4, 3), 5)
    with pytest.raises(OptionError, match="share the memory of a blob that is 4x3 by now"):
        _ = net.blobs["f"].data
    assert net.forward()["p"].tolist() == [[10] * 3] * 4


def test_a_tensor_of_shared_memory_stays_it() -> None:
    net = make(
        'layer { name: "x" type: "Input" top: "x"'
        " input_param { shape { dim: 1 dim: 2 dim: 3 dim: 3 } } }"
        'layer { name: "c" type: "Convolution" bottom: "x" top: "c" convolution_param {'
        ' num_output: 2 group: 2 kernel_size: 2 weight_filler { type: "xavier" } } }'
        'layer { name: "f" type: "Flatten" bottom: "c" top: "f" }'
    )
    values = np.arange(18).reshape(1, 2, 3, 3)
    held = net.forward(end="c", x=values)["c"]
    net.forward(x=-values)
    assert held.tolist() == net.blobs["c"].data.tolist()
    assert held.flatten().tolist() == net.blobs["f"].data.flatten().tolist()


def test_a_refused_shape_leaves_the_net_as_it_was() -> None:
    net = make(FC)
    before = net.forward(x=np.ones((2, 3)))["fc"].tolist()
    with pytest.raises(PrototxtError, match=r"'fc'.*blob 0 of its weights is 2x3, and would have"):
        net.reshape(x=(2, 4))
    assert net.forward(x=np.ones((2, 3)))["fc"].tolist() == before
    net.reshape(x=(5, 3))
    assert net.forward()["fc"].shape == (5, 2)


def test_modes_of_torch_do_not_matter() -> None:
    import torch  # noqa: PLC0415

    net = make("force_backward: true " + FC)
    with torch.inference_mode():
        net.forward(x=torch.ones(2, 3))
        net.backward()
    net.blobs["x"].data = torch.ones(2, 3, requires_grad=True)
    net.forward()
    net.params["fc"][0].data = torch.nn.Parameter(torch.ones(2, 3))
    assert not net.params["fc"][0].data.requires_grad
    assert net.forward()["fc"].tolist() == [[3, 3]] * 2
    net.blobs["x"].reshape((3, 3))
    net.blobs["x"].data = np.arange(9).reshape(3, 3)
    net.blobs["x"].data = net.blobs["x"].data.t()
    assert net.blobs["x"].data.tolist() == [[0, 3, 6], [1, 4, 7], [2, 5, 8]]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda net: net.backward(), OptionError, "layer 'fc' .*it has not run forward"),
        (
            lambda net: (net.forward(), net.reshape(x=(7, 3)), net.backward()),
            OptionError,
            "layer 'fc' .*it has not run forward with the shapes",
        ),
        (
            lambda net: net.forward(np.ones((2, 3))),
            OptionError,
            r"names of layers, not of type ndarray; .*: x=\.\.\.",
        ),
        (lambda net: net.reshape(x=(-1, 3)), OptionError, r"x: \[-1, 3\] is no shape"),
        (lambda net: net.reshape(x=(1.5, 3)), OptionError, "is no shape"),
        (lambda net: net.reshape(x=(2**31, 3)), OptionError, "is no shape"),
        (lambda net: net.reshape(x=5), OptionError, "x is 5, must be axes of a shape"),
    ],
)
def test_a_call_out_of_place_is_one_error(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call(make("force_backward: true " + FC))


@pytest.mark.parametrize("index", [-1, 5, float("nan")])
def test_an_index_that_is_no_row_is_refused(index: float) -> None:
    net = make(
        'layer { name: "i" type: "Input" top: "i" input_param { shape { dim: 2 } } }'
        'layer { name: "e" type: "Embed" bottom: "i" top: "e"'
        ' embed_param { input_dim: 5 num_output: 2 weight_filler { type: "xavier" } } }'
    )
    with pytest.raises(PrototxtError, match=f"index {index:g} in 'i'; 0 to 4 are allowed"):
        net.forward(i=[0, index])


def test_a_net_with_such_data_layers_is_refused_for_them_before_all_else() -> None:
    problem = r"'d' .*does not run VideoData layers, which .*; feed the net by an"
    with pytest.raises(PrototxtError, match=problem):
        make(
            'layer { name: "d" type: "VideoData" top: "d" top: "l"'
            ' image_data_param { source: "list.txt" batch_size: 2 } }'
        )


def test_inputs_of_any_name_are_fed() -> None:
    net = make(
        "".join(X.replace('"x"', f'"{name}"') for name in ("start", "end", "inputs", "self", "a b"))
        + 'layer { name: "sum" type: "Eltwise" top: "sum" bottom: "start" bottom: "end"'
        ' bottom: "inputs" bottom: "self" bottom: "a b" }'
    )
    ones = np.ones((2, 3))
    values = dict.fromkeys(net.inputs, ones)
    assert net.forward(inputs=values)["sum"].tolist() == [[5] * 3] * 2
    assert net.forward(self=ones * 2)["sum"].tolist() == [[6] * 3] * 2
    with pytest.raises(OptionError, match=r"by name: inputs=\{'start': \.\.\.\}, .*self=\.\.\."):
        net.forward(start=ones)  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="inputs is of type ndarray, must be a mapping of names"):
        net.forward(inputs=ones)  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="'self' is in inputs and an argument of its own"):
        net.forward(inputs=values, self=ones)
    with pytest.raises(OptionError, match="inputs have names, and 1 is of type int"):
        net.forward(inputs={1: ones})  # type: ignore[dict-item]
    net.reshape(start=(2, 3), self=(2, 3))


def test_nothing_is_fed_where_one_input_is_unknown() -> None:
    net = make(FC)
    with pytest.raises(OptionError, match="'y' is no input of the net"):
        net.forward(x=np.ones((2, 3)), y=1)
    assert not net.blobs["x"].data.any()


@pytest.mark.parametrize(
    ("text", "call"),
    [
        (FC + FC.replace('"x"', '"fc"'), None),
        (FC.replace("InnerProduct", "PriorBox"), None),
        (FC, lambda net: net.reshape(x=(2, 4))),
        (
            FC + 'layer { name: "e" type: "Embed" bottom: "fc" top: "e"'
            " embed_param { input_dim: 5 num_output: 2 bias_term: false } }",
            lambda net: (net.params["fc"][0].data.fill_(-9), net.forward(x=np.ones((2, 3)))),
        ),
    ],
    ids=["name", "fork", "reshape", "forward"],
)
def test_an_error_of_a_layer_names_the_file(text: str, call: Any, tmp_path: Path) -> None:
    from caffe_multilabel.engine import Net  # noqa: PLC0415

    path = tmp_path / "net.prototxt"
    path.write_text(text)
    with pytest.raises(PrototxtError, match=f"^{path}: layer '[a-z]+' ") as caught:
        call(Net(path))
    assert caught.value.path == str(path)
    assert caught.value.message == str(caught.value)


def test_a_layer_of_a_fork_is_refused_for_that() -> None:
    with pytest.raises(PrototxtError, match=r"does not run PriorBox layers, which .*ssd has$"):
        make(FC.replace("InnerProduct", "PriorBox"))
