"""V0 nets, whose layers hold everything in one message, in the current format."""

from __future__ import annotations

import pytest

from caffe_multilabel.caffe.proto import parse_text, to_text, upgrade_net
from caffe_multilabel.errors import PrototxtError

TRAINING_NET = """
name: "old"
layers {
  layer {
    name: "data" type: "data" source: "train_db" meanfile: "mean.binaryproto"
    batchsize: 32 cropsize: 24 mirror: true scale: 0.25 rand_skip: 7
  }
  top: "data" top: "label"
}
layers { layer { name: "pad1" type: "padding" pad: 2 } bottom: "data" top: "pad1" }
layers {
  layer {
    name: "conv1" type: "conv" num_output: 16 kernelsize: 5 stride: 2 group: 4 biasterm: false
    weight_filler { type: "gaussian" std: 0.01 } blobs_lr: 1 blobs_lr: 2 weight_decay: 1
  }
  bottom: "pad1" top: "conv1"
}
layers { layer { name: "relu1" type: "relu" } bottom: "conv1" top: "conv1" }
layers { layer { name: "pad2" type: "padding" pad: 1 } bottom: "conv1" top: "pad2" }
layers {
  layer { name: "pool1" type: "pool" pool: AVE kernelsize: 3 stride: 2 }
  bottom: "pad2" top: "pool1"
}
layers {
  layer { name: "norm1" type: "lrn" local_size: 3 alpha: 0.0001 beta: 0.5 k: 2 }
  bottom: "pool1" top: "norm1"
}
layers {
  layer { name: "drop1" type: "dropout" dropout_ratio: 0.3 } bottom: "norm1" top: "norm1"
}
layers {
  layer { name: "fc" type: "innerproduct" num_output: 10 bias_filler { value: 0.5 } }
  bottom: "norm1" top: "fc"
}
layers { layer { name: "loss" type: "softmax_loss" } bottom: "fc" bottom: "label" }
"""

TRAINING_NET_NOW = """\
name: "old"
layer {
  name: "data"
  type: "Data"
  top: "data"
  top: "label"
  transform_param {
    scale: 0.25
    mirror: true
    crop_size: 24
    mean_file: "mean.binaryproto"
  }
  data_param {
    source: "train_db"
    batch_size: 32
    rand_skip: 7
  }
}
layer {
  name: "conv1"
  type: "Convolution"
  bottom: "data"
  top: "conv1"
  param {
    lr_mult: 1.0
    decay_mult: 1.0
  }
  param {
    lr_mult: 2.0
  }
  convolution_param {
    num_output: 16
    bias_term: false
    pad: 2
    kernel_size: 5
    group: 4
    stride: 2
    weight_filler {
      type: "gaussian"
      std: 0.01
    }
  }
}
layer {
  name: "relu1"
  type: "ReLU"
  bottom: "conv1"
  top: "conv1"
}
layer {
  name: "pool1"
  type: "Pooling"
  bottom: "conv1"
  top: "pool1"
  pooling_param {
    pool: AVE
    kernel_size: 3
    stride: 2
    pad: 1
  }
}
layer {
  name: "norm1"
  type: "LRN"
  bottom: "pool1"
  top: "norm1"
  lrn_param {
    local_size: 3
    alpha: 0.0001
    beta: 0.5
    k: 2.0
  }
}
layer {
  name: "drop1"
  type: "Dropout"
  bottom: "norm1"
  top: "norm1"
  dropout_param {
    dropout_ratio: 0.3
  }
}
layer {
  name: "fc"
  type: "InnerProduct"
  bottom: "norm1"
  top: "fc"
  inner_product_param {
    num_output: 10
    bias_filler {
      value: 0.5
    }
  }
}
layer {
  name: "loss"
  type: "SoftmaxWithLoss"
  bottom: "fc"
  bottom: "label"
}
"""

OTHER_LAYERS = """
layers {
  layer {
    name: "faces" type: "images" source: "list.txt" batchsize: 4 new_height: 60 new_width: 50
    shuffle_images: true rand_skip: 2
  }
  top: "faces"
}
layers {
  layer {
    name: "windows" type: "window_data" source: "w.txt" batchsize: 8 det_fg_threshold: 0.6
    det_bg_threshold: 0.3 det_fg_fraction: 0.5 det_context_pad: 16 det_crop_mode: "square"
  }
  top: "windows"
}
layers { layer { name: "h5" type: "hdf5_data" source: "h5.txt" batchsize: 2 } top: "h5" }
layers {
  layer { name: "both" type: "concat" concat_dim: 0 } bottom: "faces" bottom: "h5" top: "both"
}
layers {
  layer { name: "out" type: "hdf5_output" hdf5_output_param { file_name: "out.h5" } }
  bottom: "both"
}
layers {
  layer { name: "loss" type: "infogain_loss" source: "h.binaryproto" }
  bottom: "both" bottom: "windows"
}
"""

OTHER_LAYERS_NOW = """\
layer {
  name: "faces"
  type: "ImageData"
  top: "faces"
  image_data_param {
    source: "list.txt"
    batch_size: 4
    rand_skip: 2
    shuffle: true
    new_height: 60
    new_width: 50
  }
}
layer {
  name: "windows"
  type: "WindowData"
  top: "windows"
  window_data_param {
    source: "w.txt"
    batch_size: 8
    fg_threshold: 0.6
    bg_threshold: 0.3
    fg_fraction: 0.5
    context_pad: 16
    crop_mode: "square"
  }
}
layer {
  name: "h5"
  type: "HDF5Data"
  top: "h5"
  hdf5_data_param {
    source: "h5.txt"
    batch_size: 2
  }
}
layer {
  name: "both"
  type: "Concat"
  bottom: "faces"
  bottom: "h5"
  top: "both"
  concat_param {
    concat_dim: 0
  }
}
layer {
  name: "out"
  type: "HDF5Output"
  bottom: "both"
  hdf5_output_param {
    file_name: "out.h5"
  }
}
layer {
  name: "loss"
  type: "InfogainLoss"
  bottom: "both"
  bottom: "windows"
  infogain_loss_param {
    source: "h.binaryproto"
  }
}
"""


@pytest.mark.parametrize(
    ("old", "now"),
    [(TRAINING_NET, TRAINING_NET_NOW), (OTHER_LAYERS, OTHER_LAYERS_NOW)],
    ids=["training net", "other layers"],
)
def test_a_v0_net_becomes_a_current_one(old: str, now: str) -> None:
    net = parse_text(old, "NetParameter")
    assert upgrade_net(net) == []
    assert to_text(net) == now


def test_a_padding_layer_serves_every_layer_that_reads_it() -> None:
    net = parse_text(
        """
        input: "data"
        layers { layer { name: "pad" type: "padding" pad: 3 } bottom: "data" top: "padded" }
        layers { layer { name: "a" type: "conv" kernelsize: 7 } bottom: "padded" top: "a" }
        layers { layer { name: "b" type: "pool" kernelsize: 7 } bottom: "padded" top: "b" }
        """,
        "NetParameter",
    )
    upgrade_net(net)
    conv, pool = net.layer
    assert (list(conv.bottom), list(conv.convolution_param.pad)) == (["data"], [3])
    assert (list(pool.bottom), pool.pooling_param.pad) == (["data"], 3)


def test_blobs_of_an_old_caffemodel_are_kept() -> None:
    net = parse_text(
        'layers { layer { name: "fc" type: "innerproduct" num_output: 1 '
        "blobs { num: 1 channels: 1 height: 1 width: 2 data: 0.5 data: -1 } } }",
        "NetParameter",
    )
    upgrade_net(net)
    assert list(net.layer[0].blobs[0].data) == [0.5, -1]


def test_what_caffe_leaves_out_is_remarked() -> None:
    net = parse_text(
        """
        debug_info: true
        layers { layer { name: "r" type: "relu" kernelsize: 3 new_num: 4 } top: "r" }
        layers { name: "v1" type: RELU top: "s" }
        """,
        "NetParameter",
    )
    remarks = upgrade_net(net)
    assert (
        to_text(net)
        == 'layer {\n  name: "r"\n  type: "ReLU"\n  top: "r"\n}\nlayer {\n  top: "s"\n}\n'
    )
    assert [remark.split(" is left out")[0] for remark in remarks] == [
        "debug_info",
        "layer r: kernelsize",
        "layer r: new_num",
        "layer v1: name",
        "layer v1: type",
    ]


def padded(name: str, kind: str, bottoms: str, more_of_padding: str = "") -> str:
    return f"""
        input: "d"
        layers {{
          layer {{ name: "p" type: "padding" }} bottom: "d" {more_of_padding} top: "p"
        }}
        layers {{ layer {{ name: "{name}" type: "{kind}" }} {bottoms} }}
        """


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('layers { layer { name: "x" type: "convolution" } }', r"layer x: V0 has no type"),
        (
            'layers { layer { name: "x" type: "conv" } bottom: "nowhere" }',
            "layer x: no layer before it makes nowhere",
        ),
        (padded("x", "relu", 'bottom: "p"'), "pads x of type 'relu'"),
        (padded("x", "conv", 'bottom: "d" bottom: "p"'), "pads x, which has 2 bottoms"),
        (padded("x", "conv", 'bottom: "p"', 'bottom: "d"'), "has 2 bottoms and 1 tops"),
        (
            'layers { layer { name: "x" type: "relu" } } layer { name: "y" type: "ReLU" }',
            "both `layer` and V0 `layers`",
        ),
    ],
)
def test_what_cannot_be_upgraded_is_an_error(text: str, reason: str) -> None:
    with pytest.raises(PrototxtError, match=reason) as caught:
        upgrade_net(parse_text(text, "NetParameter"), name="old.prototxt")
    assert caught.value.path == "old.prototxt"
