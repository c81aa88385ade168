"""The text files that data layers name: whether they are there, and as they were."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from caffe_multilabel.caffe.layers.base import fail
from caffe_multilabel.errors import ListError

if TYPE_CHECKING:
    from caffe_multilabel.caffe.proto.types import LayerParameter

__all__ = ["named_file", "same_as_in_net", "same_as_in_snapshot"]


def named_file(layer: LayerParameter, path: str, what: str) -> str:
    """Return the path of a file that a layer's `source` names.

    Args:
        layer: the layer.
        path: its `source`.
        what: what it is, with its article, for messages.

    Raises:
        PrototxtError: it names none, or there is no such file. A pipe is none: it may be read
            again, as by a copy of the net.
    """
    if not path:
        fail(layer, f"it has no source; give the path of {what}")
    if not Path(path).exists():
        fail(layer, f"there is no '{path}', seen from {Path.cwd()}; its source is {what}")
    if not Path(path).is_file():
        fail(layer, f"'{path}' is no regular file; its source is {what}")
    return path


def same_as_in_net(path: str, digest: str, wanted: str) -> None:
    """Refuse a file that is not what a net, or the one that it is a copy of, was made with.

    Raises:
        ListError: its digest is another one.
    """
    _same(path, digest, wanted, "the net was made; make the net anew")


def same_as_in_snapshot(path: str, digest: str, wanted: str) -> None:
    """Refuse a file that is not what it was when a snapshot was made.

    Raises:
        ListError: its digest is another one.
    """
    way_out = "restart_data reads it from its first line on"
    _same(path, digest, wanted, f"the snapshot was made; {way_out}")


def _same(path: str, digest: str, wanted: str, since: str) -> None:
    if digest != wanted:
        raise ListError(f"{path}: it has other lines than when {since}", path=path)
