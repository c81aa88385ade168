"""V1 nets (`layers` with an enum `type`) in the current format (`layer` with a string)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel.caffe.named_fields import enum_name
from caffe_multilabel.caffe.proto.upgrade.fields import copy_field
from caffe_multilabel.errors import PrototxtError

if TYPE_CHECKING:
    from caffe_multilabel.caffe.proto.types import LayerParameter, NetParameter, V1LayerParameter

__all__ = ["current_type", "upgrade_v1"]

_TYPES = {
    "NONE": "",
    "ABSVAL": "AbsVal",
    "ACCURACY": "Accuracy",
    "ARGMAX": "ArgMax",
    "BNLL": "BNLL",
    "CONCAT": "Concat",
    "CONTRASTIVE_LOSS": "ContrastiveLoss",
    "CONVOLUTION": "Convolution",
    "DATA": "Data",
    "DECONVOLUTION": "Deconvolution",
    "DROPOUT": "Dropout",
    "DUMMY_DATA": "DummyData",
    "ELTWISE": "Eltwise",
    "EUCLIDEAN_LOSS": "EuclideanLoss",
    "EXP": "Exp",
    "FLATTEN": "Flatten",
    "HDF5_DATA": "HDF5Data",
    "HDF5_OUTPUT": "HDF5Output",
    "HINGE_LOSS": "HingeLoss",
    "IM2COL": "Im2col",
    "IMAGE_DATA": "ImageData",
    "INFOGAIN_LOSS": "InfogainLoss",
    "INNER_PRODUCT": "InnerProduct",
    "LRN": "LRN",
    "MEMORY_DATA": "MemoryData",
    "MULTINOMIAL_LOGISTIC_LOSS": "MultinomialLogisticLoss",
    "MVN": "MVN",
    "POOLING": "Pooling",
    "POWER": "Power",
    "RELU": "ReLU",
    "SIGMOID": "Sigmoid",
    "SIGMOID_CROSS_ENTROPY_LOSS": "SigmoidCrossEntropyLoss",
    "SILENCE": "Silence",
    "SLICE": "Slice",
    "SOFTMAX": "Softmax",
    "SOFTMAX_LOSS": "SoftmaxWithLoss",
    "SPLIT": "Split",
    "TANH": "TanH",
    "THRESHOLD": "Threshold",
    "WINDOW_DATA": "WindowData",
}

# Values that forks added for types of today before they had names of their own.
_OF_FORKS = {
    "BATCH_NORM": "BatchNorm",
    "BIAS": "Bias",
    "CROP": "Crop",
    "ELU": "ELU",
    "EMBED": "Embed",
    "FILTER": "Filter",
    "LOG": "Log",
    "LSTM": "LSTM",
    "NORMALIZE": "Normalize",
    "PERMUTE": "Permute",
    "PRELU": "PReLU",
    "PYTHON": "Python",
    "REDUCTION": "Reduction",
    "RESHAPE": "Reshape",
    "RNN": "RNN",
    "ROI_POOLING": "ROIPooling",
    "SCALE": "Scale",
    "SPP": "SPP",
    "TILE": "Tile",
    "UPSAMPLE": "Upsample",
}

# What V1 lists for each blob, and the field of `ParamSpec` that has it now.
_PARAM_SPEC = {
    "param": "name",
    "blob_share_mode": "share_mode",
    "blobs_lr": "lr_mult",
    "weight_decay": "decay_mult",
}


def upgrade_v1(net: NetParameter, name: str) -> list[str]:
    """Turn a V1 net into a current one in place and return remarks on what got lost.

    Raises:
        PrototxtError: both `layers` and `layer`, or a layer type that Caffe never had.
    """
    if net.layer:
        raise PrototxtError(
            f"{name}: has both `layer` and old `layers`, which Caffe refuses; "
            'write them all as layer { type: "Name" ... }',
            path=name,
        )
    remarks = []
    for old in net.layers:
        remarks += _upgrade_layer(old, net.layer.add(), name)
    net.ClearField("layers")
    return remarks


def _upgrade_layer(old: V1LayerParameter, layer: LayerParameter, name: str) -> list[str]:
    remarks = []
    for field, values in old.ListFields():
        if field.name == "type":
            layer.type = _type_name(old, name)
        elif field.name in _PARAM_SPEC:
            for index, value in enumerate(values):
                while len(layer.param) <= index:
                    layer.param.add()
                setattr(layer.param[index], _PARAM_SPEC[field.name], value)
        elif field.name in layer.DESCRIPTOR.fields_by_name:
            copy_field(old, field.name, layer, field.name)
        else:
            remarks.append(f"layer {old.name}: {field.name} is left out: today's layer has none")
    return remarks


def current_type(v1_type: str) -> str | None:
    """Return what a value of the old enum of types is called today; None if nothing tells."""
    return _TYPES.get(v1_type, _OF_FORKS.get(v1_type))


def _type_name(old: V1LayerParameter, name: str) -> str:
    old_type = enum_name(old, "type")
    new_type = current_type(old_type)
    if new_type is None:
        raise PrototxtError(
            f"{name}: layer {old.name}: type {old_type} has no name in the current format; "
            'write the layer as layer { type: "Name" ... }',
            path=name,
        )
    return new_type
