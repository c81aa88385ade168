"""Blobs as numpy arrays: weights of a caffemodel and mean files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from caffe_multilabel._base.renamed import renamed_keywords
from caffe_multilabel.caffe.proto.binary import read_binary, write_binary
from caffe_multilabel.caffe.proto.schemas import schema, schema_or_bvlc
from caffe_multilabel.caffe.proto.stored import (
    blob_pieces,
    blob_shape,
    number_pieces,
    parse_blob,
    shape_words,
)
from caffe_multilabel.errors import PrototxtError

if TYPE_CHECKING:
    from os import PathLike

    from numpy.typing import ArrayLike, NDArray

    from caffe_multilabel.caffe.proto.schemas import ProtoSchema
    from caffe_multilabel.caffe.proto.types import BlobProto

__all__ = ["array_to_blob", "blob_shape", "blob_to_array", "read_mean", "write_mean"]


def blob_to_array(blob: BlobProto, *, name: str = "blob") -> NDArray[np.float32]:
    """Return the data of a blob.

    Args:
        blob: a `BlobProto`; `double_data` wins over `data`, as in Caffe, and both over `raw_data`,
            as NVIDIA's Caffe writes it.
        name: what errors call the blob, as in `conv1[0]`.

    Returns:
        A new float32 array in the blob's shape; a shape without axes is one number.

    Raises:
        PrototxtError: a negative axis, or not as many numbers as the shape holds.
    """
    stored = parse_blob(memoryview(blob.SerializeToString()))
    with np.errstate(over="ignore", invalid="ignore"):  # doubles too large, and NaN
        return stored.array(name=name).astype(np.float32)


@renamed_keywords(schema="proto")
def array_to_blob(array: ArrayLike, *, proto: ProtoSchema | None = None) -> BlobProto:
    """Return a blob with the shape and numbers of an array, as float32.

    Args:
        array: numbers of any type and shape.
        proto: the schema of the message; BVLC Caffe's if None.
    """
    blob = schema_or_bvlc(proto).message("BlobProto")()
    blob.MergeFromString(b"".join(blob_pieces(np.asarray(array, dtype=np.float32))))
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
            f"{path}: shape {shape_words(mean.shape)} is not one image: channels x height x width",
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
    image = np.asarray(mean, dtype=np.float32)
    if image.ndim != 3:
        raise PrototxtError(
            f"a mean is channels x height x width, this array is {shape_words(image.shape)}"
        )
    blob = schema().message("BlobProto")()
    blob.num = 1
    blob.channels, blob.height, blob.width = image.shape
    blob.MergeFromString(b"".join(number_pieces(image)))
    write_binary(path, blob)
