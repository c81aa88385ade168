"""SqueezeNet 1.1."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel.nets.generate.backbones.base import Backbone

if TYPE_CHECKING:
    from caffe_multilabel.nets.generate.layers import LayerBuilder

__all__ = ["SQUEEZENET"]

# Outputs of each fire module: the squeezing convolution, and each of the two expanding ones.
_FIRES = {
    2: (16, 64),
    3: (16, 64),
    4: (32, 128),
    5: (32, 128),
    6: (48, 192),
    7: (48, 192),
    8: (64, 256),
    9: (64, 256),
}
_POOL_AFTER = (3, 5)


def _build(net: LayerBuilder) -> None:
    blob = net.relu("relu_conv1", net.convolution("conv1", "data", 64, 3, stride=2))
    blob = net.max_pool("pool1", blob, 3, 2)
    for number, (squeeze, expand) in _FIRES.items():
        blob = _fire(net, f"fire{number}/", blob, squeeze, expand)
        if number in _POOL_AFTER:
            blob = net.max_pool(f"pool{number}", blob, 3, 2)
    blob = net.dropout("drop9", blob, 0.5)
    # The public net pools behind its classifier, the convolution conv10; heads hang behind pool10.
    net.global_average_pool("pool10", blob)


def _fire(net: LayerBuilder, prefix: str, bottom: str, squeeze: int, expand: int) -> str:
    squeezed = net.convolution(f"{prefix}squeeze1x1", bottom, squeeze, 1)
    net.relu(f"{prefix}relu_squeeze1x1", squeezed)
    expanded = []
    for kernel_size in (1, 3):
        name = f"expand{kernel_size}x{kernel_size}"
        blob = net.convolution(
            f"{prefix}{name}", squeezed, expand, kernel_size, pad=kernel_size // 2
        )
        expanded.append(net.relu(f"{prefix}relu_{name}", blob))
    return net.concat(f"{prefix}concat", expanded)


SQUEEZENET = Backbone(
    name="squeezenet1.1",
    source="forresti/SqueezeNet SqueezeNet_v1.1",
    build=_build,
    features="pool10",
    image=(3, 227, 227),
)
