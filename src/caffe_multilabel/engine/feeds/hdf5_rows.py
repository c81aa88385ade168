"""Batches of the rows of HDF5 files, for HDF5Data layers: needs h5py."""

from __future__ import annotations

import hashlib
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from caffe_multilabel._base.extras import import_extra
from caffe_multilabel._base.text import did_you_mean
from caffe_multilabel.caffe.blob_shape import shape_text
from caffe_multilabel.caffe.layers.base import fail
from caffe_multilabel.engine.feeds.feed import Feed
from caffe_multilabel.engine.feeds.named_file import same_records
from caffe_multilabel.engine.hdf5 import NUMBERS, reading_hdf5
from caffe_multilabel.errors import PrototxtError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from caffe_multilabel.caffe.blob_shape import Shape
    from caffe_multilabel.caffe.net_state import Phase
    from caffe_multilabel.caffe.proto.types import LayerParameter
    from caffe_multilabel.engine.draws import Draws

__all__ = ["Hdf5Feed"]

_WHOLE = 16 << 20  # bytes of all sets together that count as a whole when files are compared
_SAMPLES = 64  # rows that count of each other set


class Hdf5Feed(Feed):
    """The rows of a list of files, file by file, with a set for each top, as `HDF5DataLayer`.

    Caffe shuffles with C's `rand`, which no seed of a solver reaches: with `shuffle` the order here
    is another one, the same for the same seed.
    """

    def __init__(self, layer: LayerParameter, phase: Phase, threads: int) -> None:
        """Look at the files' sets; see `Feed`."""
        del phase, threads  # it crops nothing, and files are read whole
        import_extra("h5py", "torch")
        self._layer = layer
        self._batch = layer.hdf5_data_param.batch_size
        if self._batch < 1:
            fail(layer, f"batch_size is {self._batch}, must be 1 or more")
        self._files = _listed(layer)
        found = [self._shapes(file) for file in self._files]
        self._rows = [shapes[0][0] for shapes in found]
        self._row_shapes = [shape[1:] for shape in found[0]]
        for file, shapes in zip(self._files, found, strict=True):
            for top, wanted, shape in zip(layer.top, self._row_shapes, shapes, strict=True):
                if shape[1:] != wanted:
                    raise PrototxtError(
                        f"{file}: rows of '{top}' are {shape_text(shape[1:])}, and "
                        f"{shape_text(wanted)} in {self._files[0]}",
                        path=file,
                    )
        if not any(self._rows):
            fail(layer, f"the files in '{layer.hdf5_data_param.source}' hold no row")
        self._seed = self._taken = 0
        self._visits: Iterator[_Visit] | None = None
        self._visit: _Visit | None = None
        self._loaded: tuple[int, list[NDArray[Any]]] | None = None

    @property
    def shapes(self) -> tuple[Shape | None, ...]:
        """The shape of each top."""
        return tuple((self._batch, *shape) for shape in self._row_shapes)

    def start(self, draws: Draws) -> None:
        """Take a seed without drawing a number, as Caffe does not draw one either."""
        state = draws.state()["caffe"]
        self._seed = int.from_bytes(hashlib.blake2b(state, digest_size=6).digest(), "little")

    def next(self) -> tuple[NDArray[Any], ...]:
        """Return the next rows of each set."""
        tops = [np.empty(shape, np.float32) for shape in self.shapes if shape is not None]
        at = 0
        while at < self._batch:
            visit = self._current_visit()
            rows = visit.take(self._batch - at)
            for top, values in zip(tops, self._load(visit.file), strict=True):
                top[at : at + len(rows)] = values[rows]
            at += len(rows)
        self._taken += self._batch
        return tuple(tops)

    def record_of(self, item: int) -> str:
        """Return the row, unless they are shuffled, and the list of files."""
        settings = self._layer.hdf5_data_param
        if settings.shuffle:
            return f"a row of the files in {settings.source}"
        row = (self._taken - self._batch + item) % sum(self._rows)
        return f"row {row} of the files in {settings.source}"

    @property
    def place(self) -> dict[str, int | str]:
        """The seed of its order, how many rows it gave, of how many, and which."""
        return {
            "seed": self._seed,
            "taken": self._taken,
            "records": sum(self._rows),
            "digest": self._digest,
        }

    @cached_property
    def _digest(self) -> str:
        """What tells the rows from others: file by file, those of each set, or some of many."""
        found = hashlib.blake2b(digest_size=16)
        left = _WHOLE  # a first snapshot must not wait for all that a training reads in hours
        for file in self._files:
            with reading_hdf5(file) as opened:
                for top in self._layer.top:
                    rows = opened[top]
                    found.update(repr((rows.shape, rows.dtype.str)).encode())
                    size = rows.size * rows.dtype.itemsize
                    whole = size <= left
                    left -= size if whole else 0
                    for part in _looked_at(rows, whole=whole):
                        found.update(np.ascontiguousarray(part).tobytes())
        return found.hexdigest()

    def go_to(self, place: Mapping[str, Any]) -> None:
        """Go on behind so many rows.

        Raises:
            DatabaseError: the files have other rows than they had there.
        """
        source = self._layer.hdf5_data_param.source
        same_records(source, place, records=sum(self._rows), digest=self._digest, unit="row")
        self._seed, self._taken = place["seed"], place["taken"]
        self._visits = self._visit = None

    def __getstate__(self) -> dict[str, Any]:
        """Leave what can be read again behind."""
        return self.__dict__ | {"_visits": None, "_visit": None, "_loaded": None}

    def _current_visit(self) -> _Visit:
        """Return a file with rows left; after a move, the one that its place is in."""
        to_skip = 0
        if self._visits is None:
            self._visits, to_skip = self._orders(), self._taken
        while self._visit is None or not self._visit.left:
            self._visit = next(self._visits)
            skipped = min(to_skip, self._visit.left)
            self._visit.take(skipped)
            to_skip -= skipped
        return self._visit

    def _orders(self) -> Iterator[_Visit]:
        """Give file after file, without an end, each with the order of its rows."""
        generator = np.random.default_rng(self._seed)
        shuffle = self._layer.hdf5_data_param.shuffle
        while True:
            files = np.arange(len(self._files))
            if shuffle:
                generator.shuffle(files)
            for file in files:
                rows = np.arange(self._rows[file])
                if shuffle:
                    generator.shuffle(rows)
                yield _Visit(int(file), rows)

    def _load(self, file: int) -> list[NDArray[Any]]:
        if self._loaded is None or self._loaded[0] != file:
            self._loaded = None  # before the next one is read: a file may be large
            with reading_hdf5(self._files[file]) as opened:
                values = [np.asarray(opened[top][()], np.float32) for top in self._layer.top]
            self._loaded = (file, values)
        return self._loaded[1]

    def _shapes(self, file: str) -> list[Shape]:
        """Return the shape of each top's set in a file."""
        with reading_hdf5(file) as opened:
            known = list(opened)
            found = {top: opened[top] for top in self._layer.top if top in opened}
            shapes = {top: (found[top].shape, found[top].dtype.kind) for top in found}
        problem = None
        for top in self._layer.top:
            if top not in shapes:
                problem = f"there is no set '{top}'{did_you_mean(top, known)}"
                break
            shape, kind = shapes[top]
            if not shape or kind not in NUMBERS:
                problem = f"'{top}' holds no rows of numbers"
                break
            if shape[0] != shapes[self._layer.top[0]][0][0]:
                problem = f"'{top}' has {shape[0]} rows, and '{self._layer.top[0]}' another number"
                break
        if problem:
            raise PrototxtError(f"{file}: {problem}", path=file)
        return [shapes[top][0] for top in self._layer.top]


class _Visit:
    """A file, and which of its rows are to come."""

    def __init__(self, file: int, rows: NDArray[np.intp]) -> None:
        self.file = file
        self._rows = rows

    @property
    def left(self) -> int:
        return len(self._rows)

    def take(self, most: int) -> NDArray[np.intp]:
        """Return the next rows, as many as are left at most."""
        taken, self._rows = self._rows[:most], self._rows[most:]
        return taken


def _looked_at(rows: Any, *, whole: bool) -> Iterator[NDArray[Any]]:
    """Give all rows of a set, or some from its begin to its end."""
    if whole:
        yield rows[()]
        return
    for row in np.linspace(0, len(rows) - 1, min(len(rows), _SAMPLES)).astype(int):
        yield rows[row]


def _listed(layer: LayerParameter) -> list[str]:
    """Return the files that the layer's list names, parted by blanks, as Caffe reads it."""
    source = layer.hdf5_data_param.source
    if not source:
        fail(layer, "hdf5_data_param has no source; give a list of HDF5 files")
    try:
        files = Path(source).read_text(encoding="utf-8", errors="surrogateescape").split()
    except OSError as error:
        fail(layer, f"its list of files '{source}' cannot be read: {error.strerror}")
    if not files:
        fail(layer, f"its list of files '{source}' is empty")
    return files
