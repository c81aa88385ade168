"""GoogLeNet, with the taps of its two auxiliary classifiers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel.nets.generate.backbones.base import Backbone

if TYPE_CHECKING:
    from caffe_multilabel.nets.generate.layers import LayerBuilder

__all__ = ["GOOGLENET"]

_BIAS = 0.2

# Outputs of each inception module: 1x1, 3x3 reduction, 3x3, 5x5 reduction, 5x5, pool projection.
_INCEPTIONS = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}
_POOL_AFTER = {"3b": "pool3/3x3_s2", "4e": "pool4/3x3_s2"}
_TAP_AFTER = {"4a": "loss1", "4d": "loss2"}


def _build(net: LayerBuilder) -> None:
    blob = _rectified(net, "conv1/", "7x7_s2", "data", 64, kernel_size=7, stride=2, relu="relu_7x7")
    blob = net.lrn("pool1/norm1", net.max_pool("pool1/3x3_s2", blob, 3, 2))
    blob = _rectified(net, "conv2/", "3x3_reduce", blob, 64, kernel_size=1)
    blob = net.lrn("conv2/norm2", _rectified(net, "conv2/", "3x3", blob, 192, kernel_size=3))
    blob = net.max_pool("pool2/3x3_s2", blob, 3, 2)
    for module, outputs in _INCEPTIONS.items():
        blob = _inception(net, f"inception_{module}/", blob, outputs)
        if module in _TAP_AFTER:
            _tap(net, f"{_TAP_AFTER[module]}/", blob)
        if module in _POOL_AFTER:
            blob = net.max_pool(_POOL_AFTER[module], blob, 3, 2)
    blob = net.global_average_pool("pool5/7x7_s1", blob)
    net.dropout("pool5/drop_7x7_s1", blob, 0.4)


def _inception(net: LayerBuilder, prefix: str, bottom: str, outputs: tuple[int, ...]) -> str:
    single, reduce3, three, reduce5, five, projection = outputs
    branch1 = _rectified(net, prefix, "1x1", bottom, single, kernel_size=1)
    branch3 = _rectified(net, prefix, "3x3_reduce", bottom, reduce3, kernel_size=1)
    branch3 = _rectified(net, prefix, "3x3", branch3, three, kernel_size=3)
    branch5 = _rectified(net, prefix, "5x5_reduce", bottom, reduce5, kernel_size=1)
    branch5 = _rectified(net, prefix, "5x5", branch5, five, kernel_size=5)
    pooled = net.max_pool(f"{prefix}pool", bottom, 3, 1, pad=1)
    branch_pool = _rectified(net, prefix, "pool_proj", pooled, projection, kernel_size=1)
    return net.concat(f"{prefix}output", [branch1, branch3, branch5, branch_pool])


def _tap(net: LayerBuilder, prefix: str, bottom: str) -> None:
    blob = net.average_pool(f"{prefix}ave_pool", bottom, 5, 3)
    blob = _rectified(net, prefix, "conv", blob, 128, kernel_size=1)
    blob = net.inner_product(f"{prefix}fc", blob, 1024, bias=_BIAS)
    net.dropout(f"{prefix}drop_fc", net.relu(f"{prefix}relu_fc", blob), 0.7)


def _rectified(
    net: LayerBuilder,
    prefix: str,
    name: str,
    bottom: str,
    num_output: int,
    *,
    kernel_size: int,
    stride: int = 1,
    relu: str | None = None,
) -> str:
    """Add a convolution that keeps the size, but for its stride, and its ReLU."""
    pad = kernel_size // 2
    blob = net.convolution(
        f"{prefix}{name}", bottom, num_output, kernel_size, stride=stride, pad=pad, bias=_BIAS
    )
    return net.relu(f"{prefix}{relu or f'relu_{name}'}", blob)


GOOGLENET = Backbone(
    name="googlenet",
    source="BVLC/caffe models/bvlc_googlenet",
    build=_build,
    features="pool5/7x7_s1",
)
