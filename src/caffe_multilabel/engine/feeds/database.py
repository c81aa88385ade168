"""Batches of an LMDB, for Data layers."""

from __future__ import annotations

import hashlib
import os
import weakref
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from caffe_multilabel import _core
from caffe_multilabel.caffe.layers.base import fail
from caffe_multilabel.caffe.named_fields import enum_name
from caffe_multilabel.data.databases import database_facts, is_lmdb, key_at
from caffe_multilabel.data.manifest import Manifest
from caffe_multilabel.engine.draws import DataSeeds
from caffe_multilabel.engine.feeds.named_file import same_records
from caffe_multilabel.engine.feeds.streamed import StreamedFeed, transform_of
from caffe_multilabel.errors import DatabaseError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from caffe_multilabel._base.core_options import TransformOptions
    from caffe_multilabel.caffe.blob_shape import Shape
    from caffe_multilabel.caffe.net_state import Phase
    from caffe_multilabel.caffe.proto.types import LayerParameter
    from caffe_multilabel.engine.draws import Draws

__all__ = ["DatabaseFeed"]

# Records of fewer numbers are taken apart while the net waits, which takes less time than to hand
# them from thread to thread.
_SMALL = 4096


class DatabaseFeed(StreamedFeed):
    """The records of an LMDB in its order, wrapped around in mid-batch, as `DataLayer` reads it."""

    def __init__(self, layer: LayerParameter, phase: Phase, threads: int) -> None:
        """Look at the first record; see `Feed`."""
        super().__init__(layer, phase, layer.data_param.batch_size)
        self._path = _database(layer)
        facts = database_facts(self._path)
        if facts is None:
            fail(
                layer,
                f"there is no database '{self._path}', seen from {Path.cwd()}",
            )
        transform = layer.transform_param
        shape = facts.shape_as_read(color=transform.force_color, gray=transform.force_gray)
        self._shape, self._records = shape, facts.records
        small = not facts.encoded and np.prod(shape) < _SMALL
        self._threads = 0 if small else threads if facts.encoded else 1
        self._shared_threads = 0 if small else threads
        self._transform: TransformOptions | None = None
        self._seed = 0
        self._index: _core.RecordIndex | None = None

    @property
    def shapes(self) -> tuple[Shape | None, ...]:
        """Channels, height and width of the first record; its `Datum.label` has none."""
        return self._shape, *(None for _ in self._layer.top[1:])

    def start(self, draws: Draws) -> None:
        """Draw the seed of the transformer."""
        self._transform = transform_of(self._layer, self._phase)
        self._seed = DataSeeds.draw(draws, self._layer, self._phase).transformer or 0

    def record_of(self, item: int) -> str:
        """Return the key of the record, and the database."""
        return f"record '{key_at(self._path, int(self._positions[item]))}' of {self._path}"

    @property
    def place(self) -> dict[str, int | str]:
        """The seed of its transformer, how many records it gave, of how many, and which."""
        return {
            "seed": self._seed,
            "taken": self._taken,
            "records": self._records,
            "digest": self._digest,
        }

    @cached_property
    def _digest(self) -> str:
        """What tells its records from others: the manifest's digest, or their outermost keys."""
        try:
            manifest = Manifest.read(self._path)
        except DatabaseError:  # one that no net needs
            manifest = None
        if manifest is not None:
            return manifest.record_digest
        keys = [key_at(self._path, position) for position in (0, self._records - 1)]
        content = "\0".join(keys).encode("utf-8", "surrogateescape")
        return hashlib.blake2b(content, digest_size=16).hexdigest()

    def go_to(self, place: Mapping[str, Any]) -> None:
        """Go on behind so many records.

        Raises:
            DatabaseError: the database has other records than it had there.
        """
        same_records(self._path, place, records=self._records, digest=self._digest, unit="record")
        self._seed, self._taken = place["seed"], place["taken"]
        self._drop_stream()

    def __getstate__(self) -> dict[str, Any]:
        """Leave the database behind as well, which a copy opens again."""
        return super().__getstate__() | {"_index": None}

    def _open_stream(self) -> _core.BatchStream:
        assert self._transform is not None  # it was started
        if self._index is None or not self._index.usable:
            self._index = _opened(self._path)
        return _core.BatchStream.of_images(
            self._index,
            None,
            batch_size=self._batch,
            drop_last=False,
            endless=True,
            threads=self._threads,
            shared_threads=self._shared_threads,
            seed=self._seed,
            taken=self._taken,
            as_stored=False,
            **self._transform,
        )


_OPEN: weakref.WeakValueDictionary[tuple[int, ...], _core.RecordIndex] = (
    weakref.WeakValueDictionary()
)
"""The databases that feeds of this process have open, by what their file is."""


def _opened(path: str) -> _core.RecordIndex:
    """Open a database, or go on with the one that another layer has open."""
    try:
        found = Path(path, "data.mdb").stat()
    except OSError:  # which the core says in its own words
        return _core.RecordIndex(os.fsencode(path))
    key = (os.getpid(), found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)
    index = _OPEN.get(key)
    if index is None:
        index = _OPEN[key] = _core.RecordIndex(os.fsencode(path))
    return index


def _database(layer: LayerParameter) -> str:
    """Return the path of the LMDB that a layer reads."""
    path = str(layer.data_param.source)
    if not path:
        fail(layer, "data_param has no source; give the path of a database")
    backend = enum_name(layer.data_param, "backend")
    if backend != "LMDB":
        way_out = (
            "the one there is an LMDB: write backend: LMDB"
            if is_lmdb(path)
            else "convert it to LMDB, which is what is read here"
        )
        fail(layer, f"its database '{path}' is said to be of {backend}; {way_out}")
    return path
