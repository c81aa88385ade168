"""MCNN: a shared backbone and six branches, each for one region of the face.

The net that the author of the two-database article trained on CelebA's 40 attributes. Two slips
of it are mended here: BatchNorm gets the Scale it lacks, and the last dropout its own name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel.nets.generate.backbones.base import Backbone
from caffe_multilabel.nets.generate.layers import MSRA

if TYPE_CHECKING:
    from caffe_multilabel.nets.generate.layers import LayerBuilder

__all__ = ["MCNN"]

_BRANCHES = ("g1_gender", "g2_Nose", "g3_Mouth", "g4_Eyes", "g5_Face", "g6_Other")


def _build(net: LayerBuilder) -> None:
    blob = _stage(net, "1", "data", 75, 7, stride=2, pool=(3, 2))
    backbone = _stage(net, "2", blob, 200, 5, pool=(3, 2))
    for branch in _BRANCHES:
        blob = _stage(net, f"3_{branch}", backbone, 300, 3, pool=(5, 3))
        for number in (1, 2):
            blob = net.inner_product(f"FC{number}_{branch}", blob, 512, weight=MSRA)
            name = f"relu{number + 3}_{branch}"
            blob = net.add("ReLU", name, [blob])
            net.dropout(f"drop{number}_{branch[:2]}", blob, 0.5)


def _stage(
    net: LayerBuilder,
    name: str,
    bottom: str,
    outputs: int,
    kernel_size: int,
    *,
    stride: int = 1,
    pool: tuple[int, int],
) -> str:
    blob = net.convolution(f"conv{name}", bottom, outputs, kernel_size, stride=stride, weight=MSRA)
    blob = net.max_pool(f"pool{name}", net.relu(f"relu{name}", blob), *pool)
    return net.batch_norm(f"bn{name}", f"scale{name}", blob, top=f"bn{name}")


MCNN = Backbone(
    name="mcnn",
    source="HolidayXue/CodeSnap mcnn_Attri.prototxt",
    build=_build,
    features="relu5_g6_Other",
    image=(3, 227, 227),
)
