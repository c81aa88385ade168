"""Blobs as numpy arrays: weights of a caffemodel and mean files."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from caffe_multilabel._base.renamed import renamed_keywords
from caffe_multilabel.caffe.named_fields import is_set
from caffe_multilabel.caffe.proto.binary import read_binary, write_binary
from caffe_multilabel.caffe.proto.schemas import schema, schema_or_bvlc
from caffe_multilabel.errors import PrototxtError

if TYPE_CHECKING:
    from os import PathLike

    from numpy.typing import ArrayLike, NDArray

    from caffe_multilabel.caffe.proto.schemas import ProtoSchema
    from caffe_multilabel.caffe.proto.types import BlobProto

__all__ = ["array_to_blob", "blob_shape", "blob_to_array", "read_mean", "write_mean"]

_OLD_AXES = ("num", "channels", "height", "width")
_LENGTH_DELIMITED = 2  # the wire type of a packed field


def blob_shape(blob: BlobProto) -> tuple[int, ...]:
    """Return the shape of a blob; the four old fields win over `shape`, as in Caffe."""
    if any(is_set(blob, axis) for axis in _OLD_AXES):
        return blob.num, blob.channels, blob.height, blob.width
    return tuple(blob.shape.dim)


def blob_to_array(blob: BlobProto, *, name: str = "blob") -> NDArray[np.float32]:
    """Return the data of a blob.

    Args:
        blob: a `BlobProto`; `double_data` wins over `data`, as in Caffe.
        name: what errors call the blob, as in `conv1[0]`.

    Returns:
        A new float32 array in the blob's shape; a shape without axes is one number.

    Raises:
        PrototxtError: a negative axis, or not as many numbers as the shape holds.
    """
    shape = blob_shape(blob)
    values = blob.double_data if len(blob.double_data) else blob.data
    if min(shape, default=0) < 0:
        raise PrototxtError(f"{name}: shape {_text(shape)} has a negative axis")
    if math.prod(shape) != len(values):
        raise PrototxtError(
            f"{name}: {len(values)} numbers for shape {_text(shape)}, "
            f"which holds {math.prod(shape)}"
        )
    return np.fromiter(values, np.float32, len(values)).reshape(shape)


@renamed_keywords(schema="proto")
def array_to_blob(array: ArrayLike, *, proto: ProtoSchema | None = None) -> BlobProto:
    """Return a blob with the shape and numbers of an array, as float32.

    Args:
        array: numbers of any type and shape.
        proto: the schema of the message; BVLC Caffe's if None.
    """
    numbers = np.asarray(array, dtype="<f4", order="C")
    blob = schema_or_bvlc(proto).message("BlobProto")()
    # An array of no axes is one number; the empty message `shape` says so.
    blob.shape.SetInParent()
    blob.shape.dim.extend(numbers.shape)
    _append_packed(blob, "data", numbers.tobytes())
    return blob


def read_mean(path: str | PathLike[str]) -> NDArray[np.float32]:
    """Read a mean image, as Caffe's `compute_image_mean` writes it.

    Returns:
        A float32 array of channels x height x width; channels in the order of the database, BGR.

    Raises:
        PrototxtError: the file cannot be read, is not a blob, or holds no single image.
    """
    blob = read_binary(path, "BlobProto")
    mean = blob_to_array(blob, name=str(path))
    if mean.ndim == 4 and mean.shape[0] == 1:
        mean = mean[0]
    if mean.ndim != 3:
        raise PrototxtError(
            f"{path}: shape {_text(mean.shape)} is not one image: channels x height x width",
            path=str(path),
        )
    return mean


def write_mean(path: str | PathLike[str], mean: ArrayLike) -> None:
    """Write a mean image in the form of Caffe's `compute_image_mean`.

    Args:
        path: the file, named `.binaryproto` as a rule.
        mean: channels x height x width, any numeric type; written as float32.

    Raises:
        PrototxtError: the array has other than three axes.
        OutputError: the file cannot be written.
    """
    image = np.asarray(mean, dtype="<f4")
    if image.ndim != 3:
        raise PrototxtError(
            f"a mean is channels x height x width, this array is {_text(image.shape)}"
        )
    blob = schema().message("BlobProto")()
    blob.num = 1
    blob.channels, blob.height, blob.width = image.shape
    _append_packed(blob, "data", image.tobytes())
    write_binary(path, blob)


def _append_packed(blob: BlobProto, field: str, raw: bytes) -> None:
    # As bytes of the wire format: a Python float for each weight would take eight times the memory.
    key = blob.DESCRIPTOR.fields_by_name[field].number << 3 | _LENGTH_DELIMITED
    blob.MergeFromString(_varint(key) + _varint(len(raw)) + raw)


def _varint(number: int) -> bytes:
    groups = bytearray()
    while number > 0x7F:
        groups.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*groups, number])


def _text(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape)) or "()"
