"""Weights of a net from and to Caffe's files."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from caffe_multilabel._base.arguments import path_text
from caffe_multilabel._base.files import replacing
from caffe_multilabel._base.text import listed, plural
from caffe_multilabel.caffe.blob_shape import shape_text
from caffe_multilabel.caffe.layers.base import fail
from caffe_multilabel.caffe.named_fields import set_enum
from caffe_multilabel.caffe.proto.weights import read_weights, write_weights
from caffe_multilabel.engine.hdf5 import is_hdf5, read_hdf5_weights, write_hdf5_weights
from caffe_multilabel.errors import PrototxtError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from typing import Any

    from numpy.typing import NDArray

    from caffe_multilabel._base.arguments import StrPath
    from caffe_multilabel.caffe.proto.types import NetParameter
    from caffe_multilabel.caffe.proto.weights import StoredLayer
    from caffe_multilabel.engine.blob import Blob
    from caffe_multilabel.engine.step import Step

__all__ = [
    "CopiedWeights",
    "copied_in_all",
    "copy_weights",
    "save_weights",
    "share_weights",
    "write_net",
]

_LOG = logging.getLogger(__name__)

_HDF5 = ".h5"


_MOST_NAMES = 5


@dataclass(frozen=True, slots=True)
class CopiedWeights:
    """Where a net and the files that it took weights over from do not fit each other.

    Attributes:
        files: the files.
        without: the layers of the net with weights of their own that no file has.
        unused: the layers with weights in a file that the net does not have.
        ignored: all layers in a file that the net does not have, as Caffe names them.
        hdf5: the last of the files is HDF5.

    Example:
        >>> from caffe_multilabel.engine import CopiedWeights
        >>> for line in CopiedWeights(("old.caffemodel",), ("fc_a", "fc_b"), ("fc8",)).lines:
        ...     print(line)
        old.caffemodel: layers of the net that get no weights there: fc_a, fc_b
        old.caffemodel: layers there that the net lacks, so they are ignored: fc8
    """

    files: tuple[str, ...]
    without: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    hdf5: bool = False

    @property
    def lines(self) -> list[str]:
        """What to tell whoever trains: nothing where all layers with weights fit."""
        files = ", ".join(self.files)
        told = {
            "layers of the net that get no weights there": self.without,
            "layers there that the net lacks, so they are ignored": self.unused,
        }
        return [
            f"{files}: {what}: {listed(names, most=_MOST_NAMES)}"
            for what, names in told.items()
            if names
        ]


def copied_in_all(nets: Sequence[Sequence[CopiedWeights]]) -> CopiedWeights:
    """Put together what each net of a training took over from the same files, one or more.

    A layer has weights if any file has them, and is ignored if no net has it.
    """
    without = (
        name
        for copied in nets
        for name in copied[0].without
        if all(name in other.without for other in copied)
    )
    of_files = list(zip(*nets, strict=True))
    unused = (
        name
        for copied in of_files
        for name in copied[0].unused
        if all(name in other.unused for other in copied)
    )
    ignored = (
        name
        for copied in of_files
        for name in copied[0].ignored
        if all(name in other.ignored for other in copied)
    )
    return CopiedWeights(
        files=tuple(copied.files[0] for copied in nets[0]),
        without=tuple(dict.fromkeys(without)),
        unused=tuple(dict.fromkeys(unused)),
        ignored=tuple(dict.fromkeys(ignored)),
        hdf5=nets[0][-1].hdf5,
    )


def copy_weights(path: StrPath, steps: Sequence[Step]) -> CopiedWeights:
    """Copy the weights of a file into layers by their names, all or none of them.

    Of layers with one name a `.caffemodel` goes to the first and HDF5 to the last, and HDF5 may
    lack what an earlier layer owns: `Net::CopyTrainedLayersFrom` and `...FromHDF5`.

    Args:
        path: the file; which of the two it is shows in its first bytes.
        steps: the layers to copy to.

    Returns:
        The layers that do not fit.

    Raises:
        PrototxtError: the file cannot be read, or a layer has other blobs there. Nothing is copied
            then.
        Error: h5py is not installed.
    """
    hdf5 = is_hdf5(path)
    targets = {step.name: step.layer.setup.blobs for step in (steps if hdf5 else reversed(steps))}
    if hdf5:
        shapes = {name: [blob.shape for blob in blobs] for name, blobs in targets.items()}
        layers = read_hdf5_weights(path, shapes)
    else:
        layers = _read_no_hdf5(path)
    copies = [
        copy
        for layer in layers
        if layer.name in targets
        for copy in _copies(layer, targets[layer.name], str(path), shared_may_lack=hdf5)
    ]
    if not copies and any(targets.values()):
        _LOG.warning("%s: no layer of the net has weights there; none was copied", path)
    for blob, values in copies:
        blob.write(values)
    # Layers that share parameters have one memory, and any of them brings its values.
    given = {blob.data.data_ptr() for blob, _ in copies}
    ignored = [layer for layer in layers if layer.name not in targets]
    lacking = [
        step.name
        for step in steps
        if any(blob.owned and blob.data.data_ptr() not in given for blob in step.layer.setup.blobs)
    ]
    return CopiedWeights(
        (str(path),),
        without=tuple(dict.fromkeys(lacking)),
        unused=tuple(layer.name for layer in ignored if layer.count),
        ignored=tuple(layer.name for layer in ignored),
        hdf5=hdf5,
    )


def _read_no_hdf5(path: StrPath) -> list[StoredLayer]:
    """Read a `.caffemodel`, which may be named `.h5`, as may what is neither."""
    try:
        return read_weights(path)
    except PrototxtError as error:
        if not str(path).endswith(_HDF5):
            raise
        message = f"{error.message}; nor is it HDF5, as its name says"
        raise PrototxtError(message, path=error.path) from error


def _copies(
    layer: StoredLayer, blobs: Sequence[Blob], path: str, *, shared_may_lack: bool
) -> Iterator[tuple[Blob, NDArray[Any]]]:
    """Give what is to be copied of a layer, once it is sure that it can be."""
    lacking = [
        blob
        for number, blob in enumerate(blobs)
        if number not in layer.blobs and (blob.owned or not shared_may_lack)
    ]
    if lacking or layer.count > len(blobs):
        there = plural(layer.count, "blob")
        if layer.count == len(blobs):  # HDF5 names them, and what has a name may be anything
            there = f"{plural(layer.count, 'member')} which are not all blobs"
        raise PrototxtError(
            f"{path}: layer '{layer.name}' has {there} of weights there, and {len(blobs)} in the "
            "net",
            path=path,
            key=layer.name,
        )
    for number, blob in enumerate(blobs):
        stored = layer.blobs.get(number)
        if stored is None:
            continue
        name = f"{path}: layer '{layer.name}', blob {number}"
        if not stored.fits(blob.shape):
            raise PrototxtError(
                f"{name}: its shape there is {shape_text(stored.shape)}, and in the "
                f"net {shape_text(blob.shape)}",
                path=path,
                key=layer.name,
            )
        yield blob, stored.array(name=name).reshape(blob.shape)


def share_weights(steps: Sequence[Step], others: Sequence[Step]) -> None:
    """Give layers the memory of the weights of layers of the same names in another net.

    Of layers with one name the first gets that of the last: `Net::ShareTrainedLayersWith`.

    Raises:
        PrototxtError: two of them have other blobs. Nothing is shared then.
    """
    targets = {step.name: step for step in reversed(steps)}
    pairs = [(targets[other.name], other) for other in others if other.name in targets]
    for step, other in pairs:
        own, given = ([blob.shape for blob in layer.layer.setup.blobs] for layer in (step, other))
        if own != given:
            shapes = [", ".join(map(shape_text, found)) or "no" for found in (own, given)]
            fail(step.message, f"its weights are {shapes[0]}, and {shapes[1]} in the other net")
    for step, other in pairs:
        for blob, owner in zip(step.layer.setup.blobs, other.layer.setup.blobs, strict=True):
            blob.share_data(owner)


def save_weights(path: StrPath, net: NetParameter, steps: Sequence[Step]) -> None:
    """Write a net with its weights, the whole file or nothing; see `write_net`.

    Args:
        path: the file, HDF5 if it is named `.h5`, as Caffe's tools take it.
        net: a message without layers, which they are written into.
        steps: the layers.

    Raises:
        PrototxtError: a `.caffemodel` is over the 2 GiB that Caffe reads.
        OptionError: the name of a layer cannot stand in HDF5.
        OutputError: the file cannot be written.
        Error: h5py is not installed.
    """
    hdf5 = path_text("path", path).endswith(_HDF5)
    with replacing([path]) as [new]:
        write_net(new, net, steps, hdf5=hdf5)


def write_net(path: Path, net: NetParameter, steps: Sequence[Step], *, hdf5: bool) -> None:
    """Write a net with its weights to where `replacing` wants it.

    Args:
        path: the file.
        net: a message without layers, which they are written into.
        steps: the layers.
        hdf5: write HDF5.

    Raises:
        PrototxtError: a `.caffemodel` is over the 2 GiB that Caffe reads.
        OptionError: the name of a layer cannot stand in HDF5.
        OSError: the file cannot be written.
        Error: h5py is not installed.
    """
    if hdf5:
        write_hdf5_weights(path, [(step.name, _arrays(step, owned=True)) for step in steps])
    else:
        _add_layers(net, steps)
        write_weights(path, net, [list(_arrays(step).values()) for step in steps])


def _arrays(step: Step, *, owned: bool = False) -> dict[int, NDArray[Any]]:
    return {
        number: blob.data.cpu().numpy()
        for number, blob in enumerate(step.layer.setup.blobs)
        if blob.owned or not owned
    }


def _add_layers(net: NetParameter, steps: Sequence[Step]) -> None:
    """Add layers as Caffe's snapshots hold them: set up, each with its phase, without blobs."""
    for step in steps:
        layer = net.layer.add()
        layer.CopyFrom(step.message)
        set_enum(layer, "phase", step.layer.setup.phase)
        # What Caffe's layers write into their own messages when they are set up.
        entry = step.node.entry
        assert entry is not None  # it has an emitter
        if not layer.loss_weight and (weight := entry.default_loss_weight(layer)):
            layer.loss_weight.append(weight)
        if entry.blobs == "statistics":
            while len(layer.param) < len(step.layer.setup.blobs):
                layer.param.add(lr_mult=0.0)
        layer.ClearField("blobs")
