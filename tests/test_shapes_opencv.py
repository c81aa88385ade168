"""The shapes against OpenCV's Caffe importer, with weights of the shapes that inference gives."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import pytest

from caffe_multilabel.caffe.proto import parse_text, write_binary, write_text
from caffe_multilabel.caffe.shapes import infer_shapes

if TYPE_CHECKING:
    from pathlib import Path

read_net_from_caffe = getattr(cv2.dnn, "readNetFromCaffe", None)
pytestmark = pytest.mark.opencv4

NET = """
layer { name: "data" type: "Input" top: "data"
        input_param { shape { dim: 2 dim: 3 dim: 33 dim: 40 } } }
layer { name: "conv1" type: "Convolution" bottom: "data" top: "conv1"
        convolution_param { num_output: 8 kernel_h: 5 kernel_w: 3 stride: 2 pad_h: 1 pad_w: 2 } }
layer { name: "relu1" type: "ReLU" bottom: "conv1" top: "conv1" }
layer { name: "bn1" type: "BatchNorm" bottom: "conv1" top: "bn1" }
layer { name: "scale1" type: "Scale" bottom: "bn1" top: "bn1" scale_param { bias_term: true } }
layer { name: "lrn1" type: "LRN" bottom: "bn1" top: "lrn1" }
layer { name: "pool_ceil" type: "Pooling" bottom: "lrn1" top: "pool_ceil"
        pooling_param { kernel_size: 3 stride: 2 } }
layer { name: "pool_clip" type: "Pooling" bottom: "pool_ceil" top: "pool_clip"
        pooling_param { kernel_size: 2 stride: 3 pad: 1 } }
layer { name: "conv2" type: "Convolution" bottom: "pool_ceil" top: "conv2"
        convolution_param { num_output: 6 kernel_size: 3 dilation: 2 pad: 2 group: 2
                            bias_term: false } }
layer { name: "prelu2" type: "PReLU" bottom: "conv2" top: "prelu2" }
layer { name: "slice" type: "Slice" bottom: "prelu2" top: "left" top: "right"
        slice_param { slice_point: 2 } }
layer { name: "concat" type: "Concat" bottom: "right" bottom: "left" top: "concat" }
layer { name: "sum" type: "Eltwise" bottom: "concat" bottom: "prelu2" top: "sum" }
layer { name: "up" type: "Deconvolution" bottom: "sum" top: "up"
        convolution_param { num_output: 4 kernel_size: 4 stride: 3 pad: 1 } }
layer { name: "global" type: "Pooling" bottom: "up" top: "global"
        pooling_param { pool: AVE global_pooling: true } }
layer { name: "flat" type: "Flatten" bottom: "global" top: "flat" }
layer { name: "fc" type: "InnerProduct" bottom: "pool_clip" top: "fc"
        inner_product_param { num_output: 12 } }
layer { name: "shaped" type: "Reshape" bottom: "fc" top: "shaped"
        reshape_param { shape { dim: 0 dim: 3 dim: -1 } } }
layer { name: "prob" type: "Softmax" bottom: "fc" top: "prob" }
"""


def test_opencv_gives_every_layer_the_same_shapes(tmp_path: Path) -> None:
    net = parse_text(NET, "NetParameter")
    shapes = infer_shapes(net, "TEST")
    write_text(tmp_path / "deploy.prototxt", net)
    for layer in shapes.layers:
        for shape in layer.param_shapes:
            blob = net.layer[layer.index].blobs.add()
            blob.shape.dim.extend(shape)
            blob.data.extend([0.01] * math.prod(shape))
    write_binary(tmp_path / "weights.caffemodel", net)
    assert read_net_from_caffe is not None
    loaded = read_net_from_caffe(
        str(tmp_path / "deploy.prototxt"), str(tmp_path / "weights.caffemodel")
    )
    ids, _, outputs = loaded.getLayersShapes(list(shapes.blobs["data"]))
    found = {
        loaded.getLayer(int(number)).name: tuple(tuple(map(int, shape)) for shape in tops)
        for number, tops in zip(ids, outputs, strict=True)
    }
    expected = {layer.name: layer.top_shapes for layer in shapes.layers if layer.name != "data"}
    assert {name: found[name] for name in expected} == expected
