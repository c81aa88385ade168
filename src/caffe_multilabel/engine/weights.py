"""Weights of a net from and to Caffe's files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_multilabel._base.text import plural
from caffe_multilabel.caffe.blob_shape import shape_text
from caffe_multilabel.caffe.named_fields import is_set, set_enum
from caffe_multilabel.caffe.proto.blobs import array_to_blob, blob_shape, blob_to_array
from caffe_multilabel.caffe.proto.schemas import schema
from caffe_multilabel.errors import PrototxtError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caffe_multilabel.caffe.proto.types import BlobProto, NetParameter
    from caffe_multilabel.engine.assembly import Step
    from caffe_multilabel.engine.blob import Blob

__all__ = ["copy_weights", "to_message"]

_LEGACY_AXES = 4


def copy_weights(source: NetParameter, steps: Sequence[Step], path: str) -> None:
    """Copy weights into the first layer of each name, as `Net::CopyTrainedLayersFrom` does.

    Args:
        source: a net that holds weights, in the current format.
        steps: the layers to copy to.
        path: the file, for errors.

    Raises:
        PrototxtError: a layer has other blobs in the file. What stands before it is copied.
    """
    first: dict[str, Step] = {}
    for step in steps:
        first.setdefault(step.name, step)
    for layer in source.layer:
        target = first.get(layer.name)
        if target is None:
            continue
        blobs = target.layer.setup.blobs
        if len(blobs) != len(layer.blobs):
            raise PrototxtError(
                f"{path}: layer '{layer.name}' has {plural(len(layer.blobs), 'blob')} of weights "
                f"there, and {len(blobs)} in the net",
                path=path,
                key=layer.name,
            )
        for number, (blob, message) in enumerate(zip(blobs, layer.blobs, strict=True)):
            name = f"{path}: layer '{layer.name}', blob {number}"
            if not _fits(message, blob):
                raise PrototxtError(
                    f"{name}: its shape there is {shape_text(blob_shape(message))}, and in the "
                    f"net {shape_text(blob.shape)}",
                    path=path,
                    key=layer.name,
                )
            blob.data.copy_(
                blob.data.new_tensor(blob_to_array(message, name=name)).view(blob.shape)
            )


def _fits(message: BlobProto, blob: Blob) -> bool:
    """Tell whether shapes are the same; four old numbers may have ones in front."""
    shape = blob_shape(message)
    if any(is_set(message, axis) for axis in ("num", "channels", "height", "width")):
        missing = _LEGACY_AXES - len(blob.shape)
        return missing >= 0 and shape == (1,) * missing + blob.shape
    return shape == blob.shape


def to_message(name: str, steps: Sequence[Step]) -> NetParameter:
    """Return the net as Caffe's snapshots hold it: as it was set up, each layer with its phase."""
    net: NetParameter = schema().message("NetParameter")(name=name)
    for step in steps:
        layer = net.layer.add()
        layer.CopyFrom(step.message)
        set_enum(layer, "phase", step.layer.setup.phase)
        # What Caffe's layers write into their own messages when they are set up.
        if step.node.is_loss and not layer.loss_weight:
            layer.loss_weight.append(1.0)
        if step.node.type == "BatchNorm":
            while len(layer.param) < len(step.layer.setup.blobs):
                layer.param.add(lr_mult=0.0)
        layer.ClearField("blobs")
        layer.blobs.extend(
            array_to_blob(blob.data.detach().cpu().numpy()) for blob in step.layer.setup.blobs
        )
    return net
