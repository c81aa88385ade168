"""Caffe's HDF5 files of weights, as `Net::ToHDF5` writes them: needs h5py.

A group `data` holds a group of each layer's name, and that a dataset of each blob's number.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from caffe_multilabel._base.extras import import_extra
from caffe_multilabel._base.text import shown
from caffe_multilabel.caffe.proto.files import begins_with
from caffe_multilabel.caffe.proto.weights import StoredLayer
from caffe_multilabel.errors import OptionError, PrototxtError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from caffe_multilabel._base.arguments import StrPath
    from caffe_multilabel.caffe.blob_shape import Shape
    from caffe_multilabel.caffe.proto.weights import Stored

__all__ = [
    "NUMBERS",
    "hdf5_file",
    "is_hdf5",
    "read_hdf5_weights",
    "reading_hdf5",
    "stored_dataset",
    "write_hdf5_weights",
]

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
NUMBERS = "fiu"
"""Kinds of numpy's types that Caffe takes: H5T_FLOAT and H5T_INTEGER."""
_ROOT = "data"
# What h5py raises at files that are not whole, and at types of values that numpy does not have.
_DAMAGES = (OSError, RuntimeError, KeyError, IndexError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class _Dataset:
    """A blob of weights; its shape must be the net's, and it is read only where it is."""

    shape: Shape
    kind: str
    values: NDArray[Any] | None

    def fits(self, shape: Shape) -> bool:
        return self.shape == shape

    def array(self, *, name: str) -> NDArray[Any]:
        if self.values is None:
            raise PrototxtError(f"{name}: {self.kind} values there, which are no numbers")
        return self.values


def is_hdf5(path: StrPath) -> bool:
    """Tell whether a file is HDF5 by its first bytes, as Caffe does.

    Raises:
        PrototxtError: the file cannot be read.
    """
    return begins_with(path, _SIGNATURE)


def read_hdf5_weights(path: StrPath, wanted: Mapping[str, Sequence[Shape]]) -> list[StoredLayer]:
    """Read layers in the order of their names.

    Args:
        path: the file.
        wanted: the layers to read, with the shapes of their blobs; others have none here.

    Raises:
        PrototxtError: the file is damaged or cut short, or no file of weights.
        Error: h5py is not installed.
    """
    h5py = import_extra("h5py", "torch")
    name = str(path)
    with reading_hdf5(path) as file:
        root = file.get(_ROOT)
        if isinstance(root, h5py.Group):
            return [
                _layer(key, _member(root, key, f"layer '{key}'"), wanted[key])
                if key in wanted
                else StoredLayer(key, {}, _count(root.get(key)))
                for key in sorted(root)
            ]
    raise PrototxtError(
        f"{name}: HDF5, and no file of weights: it has no group '{_ROOT}'", path=name
    )


@contextmanager
def reading_hdf5(path: StrPath) -> Iterator[Any]:
    """Open an HDF5 file to be read.

    Raises:
        PrototxtError: it is damaged or cut short, as may show in the body only.
        Error: h5py is not installed.
    """
    h5py = import_extra("h5py", "torch")
    try:
        with h5py.File(path, "r") as file:
            yield file
    except _DAMAGES as error:
        message = f"{path}: HDF5, damaged or cut short: {_reason(error)}"
        raise PrototxtError(message, path=str(path)) from error


def _count(found: Any) -> int:
    """Return how many members a group has; what is none, or is not there, has none."""
    h5py = import_extra("h5py", "torch")
    return len(found) if isinstance(found, h5py.Group) else 0


def _layer(name: str, group: Any, shapes: Sequence[Shape]) -> StoredLayer:
    h5py = import_extra("h5py", "torch")
    members = group if isinstance(group, h5py.Group) else {}
    keys = set(members)  # `in` says of a link to nothing that it is not there
    found = {
        number: _member(members, str(number), f"layer '{name}', blob {number}")
        for number in range(len(shapes))
        if str(number) in keys
    }
    blobs = {
        number: stored_dataset(dataset, shapes[number])
        for number, dataset in found.items()
        if isinstance(dataset, h5py.Dataset)
    }
    return StoredLayer(name, blobs, len(members))


def _member(group: Any, key: str, what: str) -> Any:
    """Return a member of a group; `what` it is says an error where it is a link to nothing."""
    h5py = import_extra("h5py", "torch")
    try:
        return group[key]
    except (KeyError, OSError) as error:
        if isinstance(group.get(key, getlink=True), (h5py.SoftLink, h5py.ExternalLink)):
            raise KeyError(f"{what} is a link that leads nowhere") from error
        raise


def stored_dataset(dataset: Any, wanted: Shape) -> Stored:
    """Return what a dataset holds; it is read only where its shape is the wanted one."""
    readable = dataset.shape == wanted and dataset.dtype.kind in NUMBERS
    return _Dataset(dataset.shape or (), str(dataset.dtype), dataset[()] if readable else None)


def write_hdf5_weights(
    path: Path, layers: Sequence[tuple[str, Mapping[int, NDArray[Any]]]]
) -> None:
    """Write a file of weights to where `replacing` wants it.

    Args:
        path: the file.
        layers: the name of each layer with its blobs, but for those that another layer owns.

    Raises:
        OptionError: a layer's name cannot be that of a group, or two layers have it.
        OSError: the file cannot be written.
        Error: h5py is not installed.
    """
    seen: set[str] = set()
    for name, _ in layers:
        problem = "two layers have this name" if name in seen else _problem(name)
        if problem:
            raise OptionError(
                f"{path}: layer {shown(name)} cannot be written to HDF5: {problem}; "
                "save as .caffemodel",
                path=str(path),
                key=name,
            )
        seen.add(name)
    with hdf5_file(path) as file:
        root = file.create_group(_ROOT)
        for name, blobs in layers:
            group = root.create_group(name)
            for number, values in blobs.items():
                group.create_dataset(str(number), data=values)


def _problem(name: str) -> str:
    """Say why Caffe cannot write a layer, or would not find it in the file."""
    if "/" in name:
        return "'/' parts groups there"
    return "it is no name of a group" if name in ("", ".") else ""


@contextmanager
def hdf5_file(path: Path) -> Iterator[Any]:
    """Open a new HDF5 file where `replacing` wants it.

    Raises:
        OSError: the file cannot be written.
        Error: h5py is not installed.
    """
    h5py = import_extra("h5py", "torch")
    try:
        # `replacing` has locked the file, which HDF5 would do as well.
        with h5py.File(path, "w", locking=False) as file:
            yield file
    except (OSError, RuntimeError) as error:
        raise OSError(None, _reason(error), str(path)) from error


def _reason(error: Exception) -> str:
    """Return the cause in an error of h5py: the system's words where it quotes them."""
    quoted = re.search("error message = '([^']+)'", str(error))
    return quoted[1] if quoted else str(error).strip("'\"").partition("\n")[0]
