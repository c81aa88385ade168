"""The records of a pair, one after another, their images made on threads."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, TypeAlias

from caffe_multilabel._base.cpus import thread_count
from caffe_multilabel.data.databases import read_records
from caffe_multilabel.data.export.images import Image, images_of
from caffe_multilabel.data.manifest import Manifest
from caffe_multilabel.data.pair import StoredPair
from caffe_multilabel.errors import DatabaseError
from caffe_multilabel.tasks.record_shape import RecordShape

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from caffe_multilabel._base.arguments import StrPath

__all__ = ["ExportPair", "ExportRecord", "stream_records"]

_LABELS_AT_ONCE = 1024
_AHEAD = 4  # images a thread

_Pending: TypeAlias = "tuple[int, bytes, Future[tuple[Image, ...]], NDArray[np.float32]]"


@dataclass(frozen=True, slots=True, eq=False)
class ExportRecord:
    """A record on its way out.

    Attributes:
        position: in the pair, from 0.
        key: of the image record.
        images: its images as files.
        labels: float32 (L,).
    """

    position: int
    key: bytes
    images: tuple[Image, ...]
    labels: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class ExportPair:
    """A pair that holds something to export.

    Attributes:
        stored: its DBs.
        record: how its image records are made up.
        canary: whether the label of each Datum is the record's number.
    """

    stored: StoredPair
    record: RecordShape
    canary: bool

    @classmethod
    def open(cls, images: StrPath, labels: StrPath) -> ExportPair:
        """Open both DBs.

        Raises:
            DatabaseError: a DB cannot be read or is empty, or they differ in their number of
                records.
        """
        stored = StoredPair.open(images, labels)
        if not len(stored):
            raise DatabaseError(f"{stored.image_db}: holds no records", path=stored.image_db)
        manifest = Manifest.read(stored.image_db)
        if manifest is None:
            return cls(stored, RecordShape(), canary=False)
        record = RecordShape(manifest.images_per_record, manifest.ramps)
        return cls(stored, record, manifest.canary)

    def __len__(self) -> int:
        """Return the number of records."""
        return len(self.stored)


def stream_records(pair: ExportPair, threads: int | None) -> Iterator[ExportRecord]:
    """Go through the records of a pair; only a few of them are in memory.

    Args:
        pair: the pair.
        threads: None takes the CPUs this process may use.

    Raises:
        OptionError: `threads` is out of its range.
        DatabaseError: a DB cannot be read.
        ImageError: a record holds no image that a file can hold.
    """
    return _stream(pair, thread_count(threads))


def _stream(pair: ExportPair, threads: int) -> Iterator[ExportRecord]:
    pending: deque[_Pending] = deque()
    pool = ThreadPoolExecutor(threads)
    try:
        path = pair.stored.image_db
        rows = enumerate(zip(read_records(path), _label_rows(pair.stored), strict=True))
        for position, ((key, datum), labels) in rows:
            images = pool.submit(images_of, path, key, datum, pair.record)
            pending.append((position, key, images, labels))
            if len(pending) > _AHEAD * threads:
                yield _finished(pending.popleft())
        while pending:
            yield _finished(pending.popleft())
    finally:
        pool.shutdown(cancel_futures=True)


def _finished(record: _Pending) -> ExportRecord:
    position, key, images, labels = record
    return ExportRecord(position, key, images.result(), labels)


def _label_rows(pair: StoredPair) -> Iterator[NDArray[np.float32]]:
    records = range(len(pair))
    return chain.from_iterable(
        pair.label_rows(records[begin : begin + _LABELS_AT_ONCE])
        for begin in records[::_LABELS_AT_ONCE]
    )
