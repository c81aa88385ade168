"""AlexNet and CaffeNet: the same weights, but AlexNet normalises before it pools."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from caffe_multilabel.nets.generate.backbones.base import Backbone
from caffe_multilabel.nets.generate.layers import gaussian

if TYPE_CHECKING:
    from caffe_multilabel.nets.generate.layers import LayerBuilder

__all__ = ["ALEXNET", "CAFFENET"]


def _build(net: LayerBuilder, *, norm_first: bool, bias: float) -> None:
    """Add the layers; `bias` is what the biases of conv2, conv4, conv5, fc6 and fc7 start at."""
    weight = gaussian(0.01)
    blob = net.convolution("conv1", "data", 96, 11, stride=4, weight=weight)
    blob = _norm_and_pool(net, net.relu("relu1", blob), 1, norm_first=norm_first)
    blob = net.convolution("conv2", blob, 256, 5, pad=2, group=2, weight=weight, bias=bias)
    blob = _norm_and_pool(net, net.relu("relu2", blob), 2, norm_first=norm_first)
    blob = net.relu("relu3", net.convolution("conv3", blob, 384, 3, pad=1, weight=weight))
    blob = net.convolution("conv4", blob, 384, 3, pad=1, group=2, weight=weight, bias=bias)
    blob = net.relu("relu4", blob)
    blob = net.convolution("conv5", blob, 256, 3, pad=1, group=2, weight=weight, bias=bias)
    blob = net.max_pool("pool5", net.relu("relu5", blob), 3, 2)
    for number in (6, 7):
        blob = net.inner_product(f"fc{number}", blob, 4096, weight=gaussian(0.005), bias=bias)
        blob = net.dropout(f"drop{number}", net.relu(f"relu{number}", blob), 0.5)


def _norm_and_pool(net: LayerBuilder, blob: str, number: int, *, norm_first: bool) -> str:
    if norm_first:
        return net.max_pool(f"pool{number}", net.lrn(f"norm{number}", blob), 3, 2)
    return net.lrn(f"norm{number}", net.max_pool(f"pool{number}", blob, 3, 2))


ALEXNET = Backbone(
    name="alexnet",
    source="BVLC/caffe models/bvlc_alexnet",
    build=partial(_build, norm_first=True, bias=0.1),
    features="fc7",
    image=(3, 227, 227),
)

CAFFENET = Backbone(
    name="caffenet",
    source="BVLC/caffe models/bvlc_reference_caffenet",
    build=partial(_build, norm_first=False, bias=1.0),
    features="fc7",
    image=(3, 227, 227),
)
