"""MobileNet (v1, width 1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel.nets.generate.backbones.base import Backbone
from caffe_multilabel.nets.generate.layers import MSRA

if TYPE_CHECKING:
    from caffe_multilabel.nets.generate.layers import LayerBuilder

__all__ = ["MOBILENET"]

_EPS = 1e-5

# Of each depthwise separable block: its number, its outputs, its stride.
_BLOCKS = (
    ("2_1", 64, 1),
    ("2_2", 128, 2),
    ("3_1", 128, 1),
    ("3_2", 256, 2),
    ("4_1", 256, 1),
    ("4_2", 512, 2),
    ("5_1", 512, 1),
    ("5_2", 512, 1),
    ("5_3", 512, 1),
    ("5_4", 512, 1),
    ("5_5", 512, 1),
    ("5_6", 1024, 2),
    ("6", 1024, 1),
)


def _build(net: LayerBuilder) -> None:
    channels = 32
    blob = _normalised(net, "1", "data", channels, 3, stride=2)
    for number, outputs, stride in _BLOCKS:
        blob = _normalised(net, f"{number}/dw", blob, channels, 3, stride=stride, group=channels)
        blob = _normalised(net, f"{number}/sep", blob, outputs, 1)
        channels = outputs
    net.global_average_pool("pool6", blob)


def _normalised(
    net: LayerBuilder,
    number: str,
    bottom: str,
    outputs: int,
    kernel_size: int,
    *,
    stride: int = 1,
    group: int = 1,
) -> str:
    blob = net.convolution(
        f"conv{number}",
        bottom,
        outputs,
        kernel_size,
        stride=stride,
        pad=kernel_size // 2,
        group=group,
        weight=MSRA,
        bias=None,
        # cuDNN runs one kernel a group, which is far slower when every channel is a group.
        engine="CAFFE" if group > 1 else None,
    )
    net.batch_norm(f"conv{number}/bn", f"conv{number}/scale", blob, eps=_EPS)
    return net.relu(f"relu{number}", blob)


MOBILENET = Backbone(
    name="mobilenet",
    source="shicai/MobileNet-Caffe mobilenet_deploy.prototxt",
    build=_build,
    features="pool6",
    mean_value=(103.94, 116.78, 123.68),
    scale=0.017,
)
