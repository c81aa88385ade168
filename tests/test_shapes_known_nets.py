"""Blob shapes, parameters and multiply-adds of nets whose figures are published."""

from __future__ import annotations

from caffe_multilabel.caffe.proto import parse_text
from caffe_multilabel.caffe.shapes import NetShapes, infer_shapes


class NetText:
    """A chain of layers, each on the top of the one before, top and layer of one name."""

    def __init__(self, *dims: int) -> None:
        shape = " ".join(f"dim: {size}" for size in dims)
        self.text = 'layer { name: "data" type: "Input" top: "data" '
        self.text += f"input_param {{ shape {{ {shape} }} }} }}"
        self.last = "data"

    def add(self, name: str, type_name: str, body: str = "") -> NetText:
        self.text += (
            f'layer {{ name: "{name}" type: "{type_name}" bottom: "{self.last}" '
            f'top: "{name}" {body} }}'
        )
        self.last = name
        return self

    def conv(self, name: str, outputs: int, kernel: int, more: str = "") -> NetText:
        body = f"convolution_param {{ num_output: {outputs} kernel_size: {kernel} {more} }}"
        return self.add(name, "Convolution", body)

    def pool(self, name: str, kernel: int, stride: int) -> NetText:
        return self.add(
            name, "Pooling", f"pooling_param {{ kernel_size: {kernel} stride: {stride} }}"
        )

    def dense(self, name: str, outputs: int) -> NetText:
        return self.add(name, "InnerProduct", f"inner_product_param {{ num_output: {outputs} }}")

    def infer(self) -> NetShapes:
        return infer_shapes(parse_text(self.text, "NetParameter"), "TEST")


def test_lenet() -> None:
    net = NetText(64, 1, 28, 28).conv("conv1", 20, 5).pool("pool1", 2, 2).conv("conv2", 50, 5)
    net = net.pool("pool2", 2, 2).dense("ip1", 500).add("relu1", "ReLU").dense("ip2", 10)
    shapes = net.add("prob", "Softmax").infer()
    assert shapes.blobs == {
        "data": (64, 1, 28, 28),
        "conv1": (64, 20, 24, 24),
        "pool1": (64, 20, 12, 12),
        "conv2": (64, 50, 8, 8),
        "pool2": (64, 50, 4, 4),
        "ip1": (64, 500),
        "relu1": (64, 500),
        "ip2": (64, 10),
        "prob": (64, 10),
    }
    assert shapes.parameters == 431_080


def test_caffenet() -> None:
    lrn = "lrn_param { local_size: 5 }"
    net = NetText(10, 3, 227, 227).conv("conv1", 96, 11, "stride: 4").pool("pool1", 3, 2)
    net = net.add("norm1", "LRN", lrn).conv("conv2", 256, 5, "pad: 2 group: 2")
    net = net.pool("pool2", 3, 2).add("norm2", "LRN", lrn).conv("conv3", 384, 3, "pad: 1")
    net = net.conv("conv4", 384, 3, "pad: 1 group: 2").conv("conv5", 256, 3, "pad: 1 group: 2")
    net = net.pool("pool5", 3, 2).dense("fc6", 4096).dense("fc7", 4096).dense("fc8", 1000)
    shapes = net.infer()
    assert shapes.blobs == {
        "data": (10, 3, 227, 227),
        "conv1": (10, 96, 55, 55),
        "pool1": (10, 96, 27, 27),
        "norm1": (10, 96, 27, 27),
        "conv2": (10, 256, 27, 27),
        "pool2": (10, 256, 13, 13),
        "norm2": (10, 256, 13, 13),
        "conv3": (10, 384, 13, 13),
        "conv4": (10, 384, 13, 13),
        "conv5": (10, 256, 13, 13),
        "pool5": (10, 256, 6, 6),
        "fc6": (10, 4096),
        "fc7": (10, 4096),
        "fc8": (10, 1000),
    }
    params = {layer.name: layer.param_shapes for layer in shapes.layers}
    assert params["conv2"] == ((256, 48, 5, 5), (256,))
    assert params["fc6"] == ((4096, 9216), (4096,))
    assert shapes.parameters == 60_965_224
    assert shapes.multiply_adds == 10 * 724_406_816


def test_the_stem_of_googlenet() -> None:
    net = NetText(1, 3, 224, 224).conv("conv1", 64, 7, "stride: 2 pad: 3").pool("pool1", 3, 2)
    net = net.conv("conv2_reduce", 64, 1).conv("conv2", 192, 3, "pad: 1").pool("pool2", 3, 2)
    net = net.pool("pool3", 3, 2).pool("pool4", 3, 2)
    pool5 = "pooling_param { pool: AVE kernel_size: 7 stride: 1 }"
    blobs = net.add("pool5", "Pooling", pool5).infer().blobs
    assert {name: blobs[name] for name in blobs if "pool" in name or name == "conv1"} == {
        "conv1": (1, 64, 112, 112),
        "pool1": (1, 64, 56, 56),
        "pool2": (1, 192, 28, 28),
        "pool3": (1, 192, 14, 14),
        "pool4": (1, 192, 7, 7),
        "pool5": (1, 192, 1, 1),
    }


def test_a_bottleneck_of_resnet_50() -> None:
    # The first block of its second stage: figures of ResNet-50-deploy.prototxt.
    text = NetText(1, 64, 56, 56).text
    for bottom, name, outputs, kernel, pad in (
        ("data", "branch1", 256, 1, 0),
        ("data", "branch2a", 64, 1, 0),
        ("branch2a", "branch2b", 64, 3, 1),
        ("branch2b", "branch2c", 256, 1, 0),
    ):
        text += f"""
            layer {{ name: "res2a_{name}" type: "Convolution" bottom: "{bottom}" top: "{name}"
                     convolution_param {{ num_output: {outputs} kernel_size: {kernel} pad: {pad}
                                          bias_term: false }} }}
            layer {{ name: "bn2a_{name}" type: "BatchNorm" bottom: "{name}" top: "{name}"
                     batch_norm_param {{ use_global_stats: true }} }}
            layer {{ name: "scale2a_{name}" type: "Scale" bottom: "{name}" top: "{name}"
                     scale_param {{ bias_term: true }} }}"""
    text += """layer { name: "res2a" type: "Eltwise" bottom: "branch1" bottom: "branch2c"
                       top: "res2a" }"""
    shapes = infer_shapes(parse_text(text, "NetParameter"), "TEST")
    assert shapes.blobs["res2a"] == (1, 256, 56, 56)
    convolutions = 256 * 64 + 64 * 64 + 64 * 64 * 9 + 256 * 64
    channels = 256 + 64 + 64 + 256
    assert shapes.parameters == convolutions + 4 * channels + 4
    assert shapes.multiply_adds == 56 * 56 * convolutions
