"""VGG with 16 layers (model D of Simonyan and Zisserman)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel.nets.generate.backbones.base import Backbone
from caffe_multilabel.nets.generate.layers import MSRA, gaussian

if TYPE_CHECKING:
    from caffe_multilabel.nets.generate.layers import LayerBuilder

__all__ = ["VGG16"]

# Outputs and number of the convolutions in each stage.
_STAGES = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))


def _build(net: LayerBuilder) -> None:
    blob = "data"
    for stage, (outputs, convolutions) in enumerate(_STAGES, start=1):
        for number in range(1, convolutions + 1):
            name = f"{stage}_{number}"
            blob = net.convolution(f"conv{name}", blob, outputs, 3, pad=1, weight=MSRA)
            net.relu(f"relu{name}", blob)
        blob = net.max_pool(f"pool{stage}", blob, 2, 2)
    for number in (6, 7):
        blob = net.inner_product(f"fc{number}", blob, 4096, weight=gaussian(0.005), bias=0.1)
        net.dropout(f"drop{number}", net.relu(f"relu{number}", blob), 0.5)


VGG16 = Backbone(
    name="vgg16",
    source="VGG_ILSVRC_16_layers (gist ksimonyan/211839e770f7b538e2d8)",
    build=_build,
    features="fc7",
    mean_value=(103.939, 116.779, 123.68),
)
