"""Files of weights: the blobs of each layer, from and to a `.caffemodel`.

Numbers are taken from the bytes of the file, and written from the arrays, as they are. protobuf
reads and writes the rest: each blob it sees is a stand-in, whose `num` is its place in a list.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from caffe_multilabel.caffe.proto.binary import damaged, parse_binary, write_pieces
from caffe_multilabel.caffe.proto.checks import check_required
from caffe_multilabel.caffe.proto.files import is_binary, read_bytes
from caffe_multilabel.caffe.proto.read import upgraded
from caffe_multilabel.caffe.proto.schemas import schema
from caffe_multilabel.caffe.proto.stored import StoredBlob, blob_pieces, parse_blob
from caffe_multilabel.caffe.proto.types import BlobProto
from caffe_multilabel.caffe.proto.wire import WireError, swap_blobs
from caffe_multilabel.errors import PrototxtError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from caffe_multilabel._base.arguments import StrPath
    from caffe_multilabel.caffe.blob_shape import Shape
    from caffe_multilabel.caffe.proto.types import NetParameter

__all__ = ["Stored", "StoredLayer", "read_weights", "write_weights"]


class Stored(Protocol):
    """A blob of weights in a file."""

    @property
    def shape(self) -> Shape:
        """Its shape there."""

    def fits(self, shape: Shape) -> bool:
        """Tell whether Caffe takes it for a blob of this shape."""

    def array(self, *, name: str) -> NDArray[Any]:
        """Return its numbers, of the type that they have there.

        Raises:
            PrototxtError: they are damaged; `name` says where.
        """


@dataclass(frozen=True, slots=True)
class StoredLayer:
    """A layer of a file of weights.

    Attributes:
        name: its name.
        blobs: its blobs of weights by their number, without gaps in a `.caffemodel`.
        count: how many blobs it says it has.
    """

    name: str
    blobs: Mapping[int, Stored]
    count: int


def read_weights(path: StrPath) -> list[StoredLayer]:
    """Read the layers of a `.caffemodel`, old formats upgraded, in the order of the file.

    The arrays of their blobs are views of one copy of the file.

    Raises:
        PrototxtError: the file cannot be read, is text, damaged, cut short or another message, or
            is an old net that Caffe cannot upgrade either.
    """
    content, name = read_bytes(path), str(path)
    if not is_binary(content):
        raise PrototxtError(
            f"{name}: a file of weights is binary, and this one is text, as a prototxt is",
            path=name,
        )
    blobs: list[StoredBlob] = []

    def take_out(blob: memoryview) -> list[bytes | memoryview]:
        blobs.append(parse_blob(blob))
        return [_stand_in(len(blobs) - 1)]

    message = schema().message("NetParameter").DESCRIPTOR
    try:
        pieces = swap_blobs(memoryview(content), message, take_out)
    except WireError as error:
        raise damaged(name, "NetParameter") from error
    net = upgraded(parse_binary(b"".join(pieces), "NetParameter", name=name), name)
    return [
        StoredLayer(
            layer.name,
            {number: blobs[blob.num] for number, blob in enumerate(layer.blobs)},
            len(layer.blobs),
        )
        for layer in net.layer
    ]


def write_weights(path: Path, net: NetParameter, weights: Sequence[Sequence[NDArray[Any]]]) -> None:
    """Write a `.caffemodel` to where `replacing` wants it.

    Args:
        path: the file.
        net: the net, without blobs; it gets stand-ins for them.
        weights: the blobs of each of its layers, float64 as such and all else as float32.

    Raises:
        PrototxtError: a required field is left out, or the file is over the 2 GiB that Caffe
            reads.
        OSError: the file cannot be written.
    """
    arrays = [array for blobs in weights for array in blobs]
    places = iter(range(len(arrays)))
    for layer, blobs in zip(net.layer, weights, strict=True):
        for _ in blobs:
            layer.blobs.add(num=next(places))
    check_required(net, str(path))
    content = memoryview(net.SerializeToString())
    write_pieces(
        path,
        "NetParameter",
        swap_blobs(
            content,
            net.DESCRIPTOR,
            lambda blob: blob_pieces(arrays[BlobProto.FromString(bytes(blob)).num]),
        ),
    )


def _stand_in(place: int) -> bytes:
    return BlobProto(num=place).SerializeToString()
