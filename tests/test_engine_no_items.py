"""A batch of no item, which a Filter can make: nothing happens, or one line where Caffe stops."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from caffe_multilabel.caffe.proto import parse_text
from caffe_multilabel.errors import PrototxtError

if TYPE_CHECKING:
    from caffe_multilabel.engine import Net

pytestmark = pytest.mark.torch

INPUTS = """
    layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 dim: 4 dim: 4 } } }
    layer { name: "y" type: "Input" top: "y" input_param { shape { dim: 2 } } }
"""
FILTER = INPUTS + 'layer { name: "f" type: "Filter" bottom: "x" bottom: "y" top: "f" }'


def net_of(text: str) -> Net:
    from caffe_multilabel.engine import Net  # noqa: PLC0415  (torch)

    return Net(parse_text(text, "NetParameter"), phase="TRAIN", seed=1)


def reads(kind: str, settings: str, bottom: str) -> str:
    return f'layer {{ name: "l" type: "{kind}" bottom: "{bottom}" top: "l" {settings} }}'


WINDOW = "convolution_param { num_output: 2 kernel_size: 2 }"
LAYERS = [
    ("InnerProduct", "inner_product_param { num_output: 2 }"),
    ("Convolution", WINDOW),
    ("Deconvolution", WINDOW),
    ("Im2col", WINDOW),
    ("BatchNorm", ""),
    ("Scale", "scale_param { bias_term: true }"),
    ("Bias", ""),
    ("PReLU", ""),
    ("LRN", ""),
    ("LRN", "lrn_param { norm_region: WITHIN_CHANNEL }"),
    ("MVN", ""),
    ("Softmax", ""),
    ("Pooling", "pooling_param { kernel_size: 2 }"),
    ("Pooling", "pooling_param { kernel_size: 2 pool: AVE }"),
    ("SPP", "spp_param { pyramid_height: 2 }"),
    ("Tile", "tile_param { tiles: 2 }"),
    ("Flatten", ""),
    ("Reshape", "reshape_param { shape { dim: 0 dim: 48 } }"),
    ("Exp", ""),
    ("Dropout", ""),
]


@pytest.mark.parametrize(("kind", "settings"), LAYERS)
@pytest.mark.parametrize("filtered", [True, False])
def test_nothing_happens(kind: str, settings: str, filtered: bool) -> None:
    start = FILTER if filtered else "force_backward: true" + INPUTS
    net = net_of(start + reads(kind, settings, "f" if filtered else "x"))
    net.forward(x=np.ones((2, 3, 4, 4)), y=[1, 1])
    net.backward()
    before = [blob.data.clone() for blob in net.params.get("l", ())]
    net.clear_diffs()
    if not filtered:
        net.reshape(x=(0, 3, 4, 4))
    net.forward(**({"y": [0, 0]} if filtered else {}))
    net.backward()
    assert net.blobs["l"].data.shape[0] == 0
    for blob, data in zip(net.params.get("l", ()), before, strict=True):
        assert (blob.data == data).all()
        assert not blob.diff.any()
    net.reshape(x=(2, 3, 4, 4))
    net.forward(y=[1, 1])
    net.backward()
    assert net.blobs["l"].data.shape[0] == 2


@pytest.mark.parametrize(
    "kind", ["SoftmaxWithLoss", "MultinomialLogisticLoss", "HingeLoss", "Accuracy"]
)
def test_what_is_of_all_items_is_refused(kind: str) -> None:
    net = net_of(
        INPUTS + 'layer { name: "p" type: "InnerProduct" bottom: "x" top: "p"'
        " inner_product_param { num_output: 5 } }"
        'layer { name: "f" type: "Filter" bottom: "p" bottom: "y" bottom: "y" top: "f" top: "g" }'
        f'layer {{ name: "l" type: "{kind}" bottom: "f" bottom: "g" top: "l" }}'
    )
    with pytest.raises(PrototxtError, match=r"^layer 'l' .*: bottom\[0\] is 0x5, without an item"):
        net.forward(y=[0, 0])


@pytest.mark.parametrize(("kind", "others"), [("EuclideanLoss", "x"), ("ContrastiveLoss", "xy")])
def test_losses_without_classes_are_refused_too(kind: str, others: str) -> None:
    bottoms = "".join(f' bottom: "{name}"' for name in others)
    text = INPUTS.replace(" dim: 4 dim: 4", "") + reads(kind, bottoms, "x")
    net = net_of(text)
    net.reshape(x=(0, 3), y=(0,))
    with pytest.raises(PrototxtError, match=r"bottom\[0\] is 0x3, without an item"):
        net.forward()


def test_a_mean_of_nothing_is_no_number() -> None:
    def reduced(operation: str) -> Any:
        net = net_of(
            INPUTS + reads("Reduction", f"reduction_param {{ operation: {operation} }}", "x")
        )
        net.reshape(x=(0, 3, 4, 4))
        return net.forward()["l"]

    assert reduced("SUM") == 0
    assert reduced("MEAN").isnan()


def test_no_size_is_inferred_from_nothing() -> None:
    net = net_of(INPUTS + reads("Reshape", "reshape_param { shape { dim: 0 dim: -1 } }", "x"))
    with pytest.raises(PrototxtError, match=r"bottom\[0\] is 0x3x4x4; -1 cannot be inferred"):
        net.reshape(x=(0, 3, 4, 4))
