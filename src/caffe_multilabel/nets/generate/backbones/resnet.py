"""ResNet with 18 and with 50 layers."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from caffe_multilabel.nets.generate.backbones.base import Backbone
from caffe_multilabel.nets.generate.layers import MSRA

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caffe_multilabel.nets.generate.layers import LayerBuilder

__all__ = ["RESNET18", "RESNET50"]

# Of each stage, from res2 to res5: the width inside a block, and the blocks of ResNet-50.
_WIDTHS = (64, 128, 256, 512)
_BLOCKS_50 = ("abc", "abcd", "abcdef", "abc")


def _build(
    net: LayerBuilder, *, blocks: Sequence[str], bottleneck: bool, conv1_bias: float | None
) -> None:
    blob = net.convolution("conv1", "data", 64, 7, stride=2, pad=3, weight=MSRA, bias=conv1_bias)
    net.batch_norm("bn_conv1", "scale_conv1", blob)
    blob = net.max_pool("pool1", net.relu("conv1_relu", blob), 3, 2)
    for stage, (width, letters) in enumerate(zip(_WIDTHS, blocks, strict=True), start=2):
        for letter in letters:
            first = letter == "a"
            stride = 2 if first and stage > 2 else 1
            blob = _block(
                net,
                f"{stage}{letter}",
                blob,
                width,
                stride=stride,
                project=first,
                bottleneck=bottleneck,
            )
    net.global_average_pool("pool5", blob)


def _block(
    net: LayerBuilder,
    name: str,
    bottom: str,
    width: int,
    *,
    stride: int,
    project: bool,
    bottleneck: bool,
) -> str:
    # Outputs and kernel of each convolution of the main branch.
    steps = [(width, 1), (width, 3), (4 * width, 1)] if bottleneck else [(width, 3), (width, 3)]
    shortcut = bottom
    if project:
        outputs = steps[-1][0]
        shortcut = _normalised(
            net, f"{name}_branch1", bottom, outputs, kernel_size=1, stride=stride
        )
    blob = bottom
    for index, (outputs, kernel_size) in enumerate(steps):
        step = f"{name}_branch2{'abc'[index]}"
        # The first convolution has the stride of the block.
        here = stride if index == 0 else 1
        blob = _normalised(net, step, blob, outputs, kernel_size=kernel_size, stride=here)
        if index < len(steps) - 1:
            net.relu(f"res{step}_relu", blob)
    total = net.add("Eltwise", f"res{name}", [shortcut, blob], eltwise_param={"operation": "SUM"})
    return net.relu(f"res{name}_relu", total)


def _normalised(
    net: LayerBuilder, name: str, bottom: str, outputs: int, *, kernel_size: int, stride: int
) -> str:
    blob = net.convolution(
        f"res{name}",
        bottom,
        outputs,
        kernel_size,
        stride=stride,
        pad=kernel_size // 2,
        weight=MSRA,
        bias=None,
    )
    return net.batch_norm(f"bn{name}", f"scale{name}", blob)


RESNET18 = Backbone(
    name="resnet18",
    source="HolmesShuan/ResNet-18-Caffemodel-on-ImageNet deploy.prototxt",
    build=partial(_build, blocks=("ab",) * 4, bottleneck=False, conv1_bias=None),
    features="pool5",
)

RESNET50 = Backbone(
    name="resnet50",
    source="KaimingHe/deep-residual-networks prototxt/ResNet-50-deploy.prototxt",
    build=partial(_build, blocks=_BLOCKS_50, bottleneck=True, conv1_bias=0.0),
    features="pool5",
)
