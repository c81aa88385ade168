"""The net builder: what it refuses."""

from __future__ import annotations

import pytest

from caffe_multilabel.caffe.proto import to_text
from caffe_multilabel.errors import PrototxtError
from caffe_multilabel.nets.generate.builder import NameTakenError, NetBuilder, unread_blobs
from caffe_multilabel.nets.generate.plan import needed_layers


def test_a_layer_makes_a_blob_of_its_name() -> None:
    net = NetBuilder("n", blobs=["data"])
    assert net.add("Pooling", "pool1", ["data"], pooling_param={"pool": "MAX"}) == "pool1"
    assert to_text(net.net) == (
        'name: "n"\nlayer {\n  name: "pool1"\n  type: "Pooling"\n  bottom: "data"\n'
        '  top: "pool1"\n  pooling_param {\n    pool: MAX\n  }\n}\n'
    )


def test_a_bottom_needs_a_layer_above() -> None:
    net = NetBuilder("n", blobs=["data"])
    with pytest.raises(PrototxtError, match="layer 'relu1': no layer above makes its bottom 'x'"):
        net.add("ReLU", "relu1", ["x"])


def test_a_layer_name_is_given_once() -> None:
    net = NetBuilder("n", blobs=["data"])
    net.add("ReLU", "relu1", ["data"], ["data"])
    with pytest.raises(NameTakenError, match="relu1"):
        net.add("ReLU", "relu1", ["data"], ["other"])


def test_a_blob_is_made_once_but_may_be_changed_in_place() -> None:
    net = NetBuilder("n", blobs=["data"])
    net.add("ReLU", "relu1", ["data"], ["data"])
    with pytest.raises(NameTakenError, match="its top 'data'"):
        net.add("Input", "again", tops=["data"])


def test_phases_do_not_see_each_other() -> None:
    net = NetBuilder("n")
    for phase in ("TRAIN", "TEST"):
        net.add("Data", "data", include=[{"phase": phase}])
    net.add("ReLU", "relu1", ["data"])
    assert len(net.net.layer) == 3


def test_a_layer_of_both_phases_needs_its_bottom_in_both() -> None:
    net = NetBuilder("n")
    net.add("Data", "data", include=[{"phase": "TRAIN"}])
    with pytest.raises(PrototxtError, match="no layer above"):
        net.add("ReLU", "relu1", ["data"])


def test_needed_layers_keep_what_changes_a_blob_in_place() -> None:
    net = NetBuilder("n", blobs=["data"])
    net.add("Convolution", "conv1", ["data"])
    net.add("ReLU", "relu1", ["conv1"], ["conv1"])
    net.add("Pooling", "pool1", ["conv1"])
    net.add("Pooling", "pool2", ["pool1"])
    assert [layer.name for layer in needed_layers(net.net, ["pool1"])] == [
        "conv1",
        "relu1",
        "pool1",
    ]
    assert unread_blobs(net.net, "TRAIN") == ["pool2"]
