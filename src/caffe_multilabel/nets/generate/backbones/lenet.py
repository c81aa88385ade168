"""LeNet, the net of Caffe's MNIST example."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel.nets.generate.backbones.base import Backbone

if TYPE_CHECKING:
    from caffe_multilabel.nets.generate.layers import LayerBuilder

__all__ = ["LENET"]


def _build(net: LayerBuilder) -> None:
    blob = net.convolution("conv1", "data", 20, 5)
    blob = net.max_pool("pool1", blob, 2, 2)
    blob = net.convolution("conv2", blob, 50, 5)
    blob = net.max_pool("pool2", blob, 2, 2)
    blob = net.inner_product("ip1", blob, 500)
    net.relu("relu1", blob)


LENET = Backbone(
    name="lenet",
    source="BVLC/caffe examples/mnist/lenet_train_test.prototxt",
    build=_build,
    features="ip1",
    image=(1, 28, 28),
    mean_value=(128,),  # values from -1 to 1, as a net without a public model likes
    scale=0.0078125,
    any_size=True,
)
