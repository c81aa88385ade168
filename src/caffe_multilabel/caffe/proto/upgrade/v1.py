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

# Types that came after the enum. Forks added values for some.
_LATER_TYPES = (
    "AnnotatedData",
    "Axpy",
    "BN",
    "BatchNorm",
    "BatchReindex",
    "Bias",
    "BoxAnnotatorOHEM",
    "CenterLoss",
    "Clip",
    "ConvolutionDepthwise",
    "Crop",
    "DenseImageData",
    "DepthwiseConvolution",
    "DetectionEvaluate",
    "DetectionOutput",
    "ELU",
    "Embed",
    "EvalDetection",
    "Filter",
    "ImageSegData",
    "Input",
    "Interp",
    "L1Loss",
    "LSTM",
    "LSTMUnit",
    "Log",
    "MultiBoxLoss",
    "Normalize",
    "PReLU",
    "PSROIPooling",
    "Parameter",
    "Permute",
    "PriorBox",
    "Python",
    "RNN",
    "ROIPooling",
    "ReLU6",
    "Reduction",
    "RegionLoss",
    "Reorg",
    "Reshape",
    "SPP",
    "Scale",
    "SegAccuracy",
    "ShuffleChannel",
    "SmoothL1Loss",
    "SmoothL1LossOHEM",
    "SoftmaxWithLossOHEM",
    "Swish",
    "Tile",
    "Upsample",
    "VideoData",
)

# The type of today that has the letters of a value.
_BY_LETTERS = {value.replace("_", ""): name for value, name in _TYPES.items()} | {
    name.upper(): name for name in _LATER_TYPES
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
        PrototxtError: both `layers` and `layer`.
    """
    if net.layer:
        raise PrototxtError(
            f"{name}: has both `layer` and old `layers`, which Caffe refuses; "
            'write them all as layer { type: "Name" ... }',
            path=name,
        )
    remarks = []
    for old in net.layers:
        remarks += _upgrade_layer(old, net.layer.add())
    net.ClearField("layers")
    return remarks


def _upgrade_layer(old: V1LayerParameter, layer: LayerParameter) -> list[str]:
    remarks = []
    for field, values in old.ListFields():
        if field.name == "type":
            v1_type = enum_name(old, "type")
            today = current_type(v1_type)
            layer.type = v1_type if today is None else today
            if today is None:
                remarks.append(
                    f"layer {old.name}: {v1_type} is a type of a fork whose name today is not "
                    "known here, so it keeps the old one"
                )
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
    return _BY_LETTERS.get(v1_type.replace("_", ""))
