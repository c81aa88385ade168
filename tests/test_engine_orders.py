"""In whichever order and parts a layer computes, its figures are those of float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from caffe_multilabel.caffe.proto import parse_text

pytestmark = pytest.mark.torch

NET = """
force_backward: true
layer {{ name: "x" type: "Input" top: "x"
  input_param {{ shape {{ dim: 3 dim: {channels} dim: 19 dim: 17 }} }} }}
layer {{ name: "one" type: "{kind}" bottom: "x" top: "one" convolution_param {{
  num_output: {made} kernel_size: 3 weight_filler {{ type: "xavier" }} }} }}
layer {{ name: "pool1" type: "Pooling" bottom: "one" top: "pool1" pooling_param {{ {pool} }} }}
layer {{ name: "two" type: "{kind}" bottom: "pool1" top: "two" convolution_param {{
  num_output: 50 kernel_size: 3 pad: 1 weight_filler {{ type: "xavier" }} }} }}
layer {{ name: "pool2" type: "Pooling" bottom: "two" top: "pool2" pooling_param {{ {pool} }} }}
layer {{ name: "ip" type: "InnerProduct" bottom: "pool2" top: "ip"
  inner_product_param {{ num_output: 7 weight_filler {{ type: "xavier" }} }} }}
layer {{ name: "loss" type: "Reduction" bottom: "ip" top: "loss" loss_weight: 1
  reduction_param {{ operation: SUMSQ }} }}
"""
MAX = "kernel_size: 2 stride: 2"
PADDED = "kernel_size: 3 stride: 2 pad: 1"
MEAN = "kernel_size: 3 stride: 2 pool: AVE"


def figures(text: str, dtype: str) -> dict[str, np.ndarray[Any, Any]]:
    """All data and diffs of a net after its second pass, which finds what the first one left."""
    import torch  # noqa: PLC0415

    from caffe_multilabel.engine import Net  # noqa: PLC0415

    net = Net(parse_text(text, "NetParameter"), phase="TRAIN", dtype=getattr(torch, dtype), seed=1)
    shape = net.blobs["x"].shape
    for values in np.random.default_rng(1).normal(size=(2, *shape)).astype(np.float32):
        net.clear_diffs()
        net.forward(x=values)
        net.backward()
    found = {f"{name} data": blob.data.numpy() for name, blob in net.blobs.items()}
    found |= {f"{name} diff": blob.diff.numpy() for name, blob in net.blobs.items()}
    for name, blobs in net.params.items():
        found |= {f"{name}[{i}] diff": blob.diff.numpy() for i, blob in enumerate(blobs)}
    return found


@pytest.mark.parametrize(
    ("channels", "made", "kind", "pool"),
    [
        pytest.param(3, 20, "Convolution", MAX, id="lenet"),
        pytest.param(1, 20, "Convolution", MAX, id="one channel"),
        pytest.param(3, 32, "Convolution", MAX, id="whole blocks"),
        pytest.param(6, 34, "Convolution", PADDED, id="padded pooling"),
        pytest.param(5, 20, "Convolution", MEAN, id="means"),
        pytest.param(21, 21, "Deconvolution", MAX, id="deconvolution"),
    ],
)
def test_figures_of_either_order(channels: int, made: int, kind: str, pool: str) -> None:
    text = NET.format(channels=channels, made=made, kind=kind, pool=pool)
    ours, exact = figures(text, "float32"), figures(text, "float64")
    for name, values in exact.items():
        atol = 1e-5 * np.abs(values).max()
        np.testing.assert_allclose(ours[name], values, rtol=0, atol=atol, err_msg=name)


@pytest.mark.parametrize("items", [3, 11])
@pytest.mark.parametrize("transposed", [False, True])
def test_products_with_large_weights(items: int, transposed: bool) -> None:
    from caffe_multilabel.engine import Net  # noqa: PLC0415

    text = f"""
    force_backward: true
    layer {{ name: "x" type: "Input" top: "x"
      input_param {{ shape {{ dim: {items} dim: 8450 }} }} }}
    layer {{ name: "ip" type: "InnerProduct" bottom: "x" top: "ip" inner_product_param {{
      num_output: 130 transpose: {str(transposed).lower()} weight_filler {{ type: "xavier" }} }} }}
    layer {{ name: "loss" type: "Reduction" bottom: "ip" top: "loss" loss_weight: 1
      reduction_param {{ operation: SUMSQ }} }}
    """
    net = Net(parse_text(text, "NetParameter"), phase="TRAIN", seed=1)
    x = np.random.default_rng(1).normal(size=(items, 8450)).astype(np.float32)
    net.forward(x=x)
    for _ in range(2):  # the second adds to what the first one left
        net.backward()
    weight = net.params["ip"][0]
    w = weight.data.numpy().astype(np.float64)
    w = w.T if transposed else w
    slope = 2 * x @ w.T
    of_weight = 2 * slope.T @ x
    for ours, exact in (
        (net.blobs["x"].diff, slope @ w),
        (weight.diff, of_weight.T if transposed else of_weight),
    ):
        np.testing.assert_allclose(ours, exact, rtol=0, atol=1e-5 * np.abs(exact).max())


@pytest.mark.parametrize("pool", [MAX, PADDED])
@pytest.mark.parametrize("size", [181, 182, 190])
def test_maxima_of_large_planes(size: int, pool: str) -> None:
    """A plane of 181 x 181 has as many values as an index of 16 bits tells apart."""
    text = f"""
    force_backward: true
    layer {{ name: "x" type: "Input" top: "x"
      input_param {{ shape {{ dim: 1 dim: 2 dim: {size} dim: {size} }} }} }}
    layer {{ name: "pool" type: "Pooling" bottom: "x" top: "pool" pooling_param {{ {pool} }} }}
    layer {{ name: "loss" type: "Reduction" bottom: "pool" top: "loss" loss_weight: 1
      reduction_param {{ operation: SUMSQ }} }}
    """
    ours, exact = figures(text, "float32"), figures(text, "float64")
    # Each window sends twice its maximum to where that lies, whatever the index is kept in.
    assert exact["x diff"].sum() == pytest.approx(2 * exact["pool data"].sum())
    sent = exact["x diff"] != 0
    assert np.isin(exact["x data"][sent], exact["pool data"]).all()
    for name, values in exact.items():
        atol = 1e-5 * np.abs(values).max()
        np.testing.assert_allclose(ours[name], values, rtol=0, atol=atol, err_msg=name)


WIDE = """
force_backward: true
layer {{ name: "x" type: "Input" top: "x"
  input_param {{ shape {{ dim: 16 dim: 3 dim: 50 dim: 50 }} }} }}
layer {{ name: "one" type: "{kind}" bottom: "x" top: "one" convolution_param {{
  num_output: 20 kernel_size: 3 weight_filler {{ type: "xavier" }} }} }}
layer {{ name: "bn" type: "BatchNorm" bottom: "one" top: "bn" }}
layer {{ name: "scale" type: "Scale" bottom: "bn" top: "scale"
  scale_param {{ bias_term: true }} }}
layer {{ name: "loss" type: "Reduction" bottom: "scale" top: "loss" loss_weight: 1
  reduction_param {{ operation: SUMSQ }} }}
"""


@pytest.mark.parametrize("kind", ["Convolution", "Deconvolution"])
def test_sums_over_many_values_are_exact(kind: str) -> None:
    """Statistics and gradients of weights: sums of 40,000 values."""
    import torch  # noqa: PLC0415

    from caffe_multilabel.engine import Net  # noqa: PLC0415

    found = []
    draw = np.random.default_rng(1)
    x = draw.normal(1, 1, (16, 3, 50, 50)).astype(np.float32)
    for dtype in (torch.float32, torch.float64):
        net = Net(parse_text(WIDE.format(kind=kind), "NetParameter"), phase="TRAIN", dtype=dtype)
        for blob in net.params["one"]:
            blob.data = np.random.default_rng(2).normal(size=blob.shape).astype(np.float32)
        net.forward(x=x)
        bn, scale = net.params["bn"], net.params["scale"]
        forward = [bn[0].data.clone(), bn[1].data.clone()]
        top = net.blobs["one"]
        top.diff = np.random.default_rng(3).uniform(size=top.shape).astype(np.float32)
        net.backward(end="scale")
        net.backward(start="one")
        found.append([*forward, scale[0].diff, net.params["one"][1].diff])
    for ours, exact in zip(*found, strict=True):
        atol = 1e-6 * float(exact.abs().max())
        np.testing.assert_allclose(ours, exact, rtol=0, atol=atol)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_window_without_a_value_is_the_least_float(dtype: str) -> None:
    import torch  # noqa: PLC0415

    from caffe_multilabel.engine import Net  # noqa: PLC0415

    text = """
    layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 1 dim: 1 dim: 2 dim: 2 } } }
    layer { name: "pool" type: "Pooling" bottom: "x" top: "pool"
      pooling_param { kernel_size: 1 stride: 2 } }
    """
    net = Net(parse_text(text, "NetParameter"), dtype=getattr(torch, dtype))
    found = net.forward(x=np.ones((1, 1, 2, 2)))["pool"].flatten().tolist()
    least = float(np.finfo(np.float32).min)
    assert found == [1, least, least, least]
