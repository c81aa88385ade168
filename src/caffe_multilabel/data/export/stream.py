"""The records of a pair, one after another, their images made on threads."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, TypeAlias

from caffe_multilabel._base.cpus import thread_count
from caffe_multilabel.data.databases import read_records
from caffe_multilabel.data.export.images import Image, image_of
from caffe_multilabel.data.pair import StoredPair
from caffe_multilabel.errors import DatabaseError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from caffe_multilabel._base.arguments import StrPath

__all__ = ["ExportRecord", "open_pair", "stream_records"]

_LABELS_AT_ONCE = 1024
_AHEAD = 4  # images a thread

_Pending: TypeAlias = "tuple[int, bytes, Future[Image], NDArray[np.float32]]"


@dataclass(frozen=True, slots=True, eq=False)
class ExportRecord:
    """A record on its way out.

    Attributes:
        position: in the pair, from 0.
        key: of the image record.
        image: its image as a file.
        labels: float32 (L,).
    """

    position: int
    key: bytes
    image: Image
    labels: NDArray[np.float32]


def open_pair(images: StrPath, labels: StrPath) -> StoredPair:
    """Open a pair that holds something to export.

    Raises:
        DatabaseError: a DB cannot be read or is empty, or they differ in their number of records.
    """
    pair = StoredPair.open(images, labels)
    if not len(pair):
        raise DatabaseError(f"{pair.image_db}: holds no records", path=pair.image_db)
    return pair


def stream_records(pair: StoredPair, threads: int | None) -> Iterator[ExportRecord]:
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


def _stream(pair: StoredPair, threads: int) -> Iterator[ExportRecord]:
    pending: deque[_Pending] = deque()
    pool = ThreadPoolExecutor(threads)
    try:
        images = pair.image_db
        rows = enumerate(zip(read_records(images), _label_rows(pair), strict=True))
        for position, ((key, datum), labels) in rows:
            pending.append((position, key, pool.submit(image_of, images, key, datum), labels))
            if len(pending) > _AHEAD * threads:
                yield _finished(pending.popleft())
        while pending:
            yield _finished(pending.popleft())
    finally:
        pool.shutdown(cancel_futures=True)


def _finished(record: _Pending) -> ExportRecord:
    position, key, image, labels = record
    return ExportRecord(position, key, image.result(), labels)


def _label_rows(pair: StoredPair) -> Iterator[NDArray[np.float32]]:
    records = range(len(pair))
    return chain.from_iterable(
        pair.label_rows(records[begin : begin + _LABELS_AT_ONCE])
        for begin in records[::_LABELS_AT_ONCE]
    )
