"""V0 nets (all of a layer in one `V0LayerParameter`) in the V1 format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel._base.text import IN_BRACKETS, did_you_mean, shown
from caffe_multilabel.caffe.named_fields import set_enum, submessage
from caffe_multilabel.caffe.proto.upgrade.fields import clear, copy_field
from caffe_multilabel.caffe.proto.upgrade.padding import fold_padding
from caffe_multilabel.errors import PrototxtError

if TYPE_CHECKING:
    from caffe_multilabel.caffe.proto.types import NetParameter, V0LayerParameter, V1LayerParameter

__all__ = ["upgrade_v0"]

_TYPES = {
    "accuracy": "ACCURACY",
    "bnll": "BNLL",
    "concat": "CONCAT",
    "conv": "CONVOLUTION",
    "data": "DATA",
    "dropout": "DROPOUT",
    "euclidean_loss": "EUCLIDEAN_LOSS",
    "flatten": "FLATTEN",
    "hdf5_data": "HDF5_DATA",
    "hdf5_output": "HDF5_OUTPUT",
    "im2col": "IM2COL",
    "images": "IMAGE_DATA",
    "infogain_loss": "INFOGAIN_LOSS",
    "innerproduct": "INNER_PRODUCT",
    "lrn": "LRN",
    "multinomial_logistic_loss": "MULTINOMIAL_LOGISTIC_LOSS",
    "pool": "POOLING",
    "relu": "RELU",
    "sigmoid": "SIGMOID",
    "softmax": "SOFTMAX",
    "softmax_loss": "SOFTMAX_LOSS",
    "split": "SPLIT",
    "tanh": "TANH",
    "window_data": "WINDOW_DATA",
}

# Fields of every type: those of the layer itself, and those of its data transformation.
_SAME = {"name", "blobs", "blobs_lr", "weight_decay"}
_TRANSFORM = {
    "scale": "scale",
    "meanfile": "mean_file",
    "cropsize": "crop_size",
    "mirror": "mirror",
}

# The parameter message of a type, and the V0 fields that go into it under their V1 names.
_INNER = {
    "num_output": "num_output",
    "biasterm": "bias_term",
    "weight_filler": "weight_filler",
    "bias_filler": "bias_filler",
}
_WINDOW = {"pad": "pad", "kernelsize": "kernel_size", "stride": "stride"}
_SOURCE = {"source": "source", "batchsize": "batch_size"}
_PARAMETERS = {
    "concat": ("concat_param", {"concat_dim": "concat_dim"}),
    "conv": ("convolution_param", {**_INNER, **_WINDOW, "group": "group"}),
    "data": ("data_param", {**_SOURCE, "rand_skip": "rand_skip"}),
    "dropout": ("dropout_param", {"dropout_ratio": "dropout_ratio"}),
    "hdf5_data": ("hdf5_data_param", _SOURCE),
    "images": (
        "image_data_param",
        {
            **_SOURCE,
            "rand_skip": "rand_skip",
            "shuffle_images": "shuffle",
            "new_height": "new_height",
            "new_width": "new_width",
        },
    ),
    "infogain_loss": ("infogain_loss_param", {"source": "source"}),
    "innerproduct": ("inner_product_param", _INNER),
    "lrn": (
        "lrn_param",
        {"local_size": "local_size", "alpha": "alpha", "beta": "beta", "k": "k"},
    ),
    "pool": ("pooling_param", {**_WINDOW, "pool": "pool"}),
    "window_data": (
        "window_data_param",
        {
            **_SOURCE,
            "det_fg_threshold": "fg_threshold",
            "det_bg_threshold": "bg_threshold",
            "det_fg_fraction": "fg_fraction",
            "det_context_pad": "context_pad",
            "det_crop_mode": "crop_mode",
        },
    ),
}

_KEPT_OF_NET = {"name", "layers", "input", "input_dim", "force_backward"}


def upgrade_v0(net: NetParameter, name: str) -> list[str]:
    """Turn a V0 net into a V1 net in place and return remarks on what got lost.

    Padding layers become the `pad` of the layers that read them.

    Raises:
        PrototxtError: a layer type that V0 did not have, `layers` beside `layer`, or padding that
            cannot be folded.
    """
    if net.layer:
        raise PrototxtError(f"{name}: has both `layer` and V0 `layers`; keep one", path=name)
    remarks = []
    for field, _ in net.ListFields():
        if field.name not in _KEPT_OF_NET:
            remarks.append(f"{field.name} is left out: V0 nets have no such field")
            clear(net, field.name)
    fold_padding(net, name)
    for layer in net.layers:
        remarks += _upgrade_layer(layer, name)
    return remarks


def _upgrade_layer(layer: V1LayerParameter, name: str) -> list[str]:
    old: V1LayerParameter = type(layer)()
    old.CopyFrom(layer)
    layer.Clear()
    layer.bottom.extend(old.bottom)
    layer.top.extend(old.top)
    remarks = [
        f"layer {old.name}: {field.name} is left out: the net is V0, where it goes into `layer`"
        for field, _ in old.ListFields()
        if field.name not in ("layer", "bottom", "top")
    ]
    return remarks + _fill(layer, old.layer, name)


def _fill(layer: V1LayerParameter, old: V0LayerParameter, name: str) -> list[str]:
    kind = old.type
    message, renamed = _PARAMETERS.get(kind, ("", {}))
    remarks = []
    for field, _ in old.ListFields():
        if field.name == "type":
            set_enum(layer, "type", _type_name(old, name))
        elif field.name in renamed:
            copy_field(old, field.name, submessage(layer, message), renamed[field.name])
        elif field.name in _TRANSFORM:
            copy_field(old, field.name, layer.transform_param, _TRANSFORM[field.name])
        elif field.name in _SAME or (kind, field.name) == ("hdf5_output", "hdf5_output_param"):
            copy_field(old, field.name, layer, field.name)
        else:
            remarks.append(
                f"layer {old.name}: {field.name} is left out: type {shown(kind)} has no use for it"
            )
    return remarks


def _type_name(old: V0LayerParameter, name: str) -> str:
    if old.type not in _TYPES:
        raise PrototxtError(
            f"{name}: layer {old.name}: V0 has no type {shown(old.type)}"
            f"{did_you_mean(old.type, _TYPES, IN_BRACKETS)}",
            path=name,
        )
    return _TYPES[old.type]
