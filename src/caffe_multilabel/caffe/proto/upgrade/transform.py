"""Scale, mean, crop and mirror of V1 data layers, which moved to `transform_param`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel.caffe.named_fields import enum_name, is_set, submessage
from caffe_multilabel.caffe.proto.upgrade.fields import copy_field

if TYPE_CHECKING:
    from caffe_multilabel.caffe.proto.types import NetParameter

__all__ = ["move_transforms"]

_PARAMETERS = {
    "DATA": "data_param",
    "IMAGE_DATA": "image_data_param",
    "WINDOW_DATA": "window_data_param",
}
_MOVED = ("scale", "mean_file", "crop_size", "mirror")


def move_transforms(net: NetParameter) -> None:
    """Move the data transformation of V1 layers to `transform_param`, in place.

    As in Caffe, one layer that needs it gives all data layers of the net a `transform_param`. A
    fork from before that reads the old fields itself.
    """
    layers = [layer for layer in net.layers if enum_name(layer, "type") in _PARAMETERS]
    parameters = [submessage(layer, _PARAMETERS[enum_name(layer, "type")]) for layer in layers]
    if not any(is_set(data, field) for data in parameters for field in _MOVED):
        return
    if any("transform_param" not in layer.DESCRIPTOR.fields_by_name for layer in layers):
        return
    for layer, data in zip(layers, parameters, strict=True):
        data.SetInParent()
        layer.transform_param.SetInParent()
        for field in _MOVED:
            if is_set(data, field):
                copy_field(data, field, layer.transform_param, field)
                data.ClearField(field)
