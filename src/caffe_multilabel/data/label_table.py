"""Reads a label DB as one array: the one reader for statistics, lint and the generator."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from caffe_multilabel import _core
from caffe_multilabel._base.arguments import MAX_THREADS, path_bytes, whole_number
from caffe_multilabel._base.cpus import available_cpus
from caffe_multilabel.data.databases import datum_shape, key_text, read_records
from caffe_multilabel.data.label_schema import find_label_schema, stored_label_names
from caffe_multilabel.errors import DatabaseError
from caffe_multilabel.labels.layout import LabelLayout

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from caffe_multilabel.caffe.proto.types import Datum
    from caffe_multilabel.data.records import StrPath
    from caffe_multilabel.labels.schema import LabelSchema
    from caffe_multilabel.tasks import TaskFile

__all__ = ["LabelTable", "StoredLabels", "read_label_table", "read_stored_labels", "thread_count"]


@dataclass(frozen=True, slots=True, eq=False)
class LabelTable:
    """All labels of a label DB of which every record is sound.

    Attributes:
        path: the DB.
        labels: float32 (N, L), N at least 1.
        shape: channels, height and width of each record.
        layout: whose the columns are; guessed from the labels where nothing tells.
    """

    path: str
    labels: NDArray[np.float32]
    shape: tuple[int, int, int]
    layout: LabelLayout


@dataclass(frozen=True, slots=True, eq=False)
class StoredLabels:
    """What a label DB holds, whatever is wrong with it, as long as its records are Datums.

    Attributes:
        path: the DB.
        records: number of records.
        shape: channels, height and width of the first record; None where it does not decode.
        width: how many values the first record holds; the bytes of an encoded one.
        pixels: whether it holds bytes instead of numbers.
        labels: float32 (N, L), the values as Caffe reads them, bytes before floats; (0, L) where
            records are encoded, wider than was asked for, or not all of one length.
        odd_record: the key and length of the first record of another length than the first one.
    """

    path: str
    records: int
    shape: tuple[int, int, int] | None
    width: int
    pixels: bool
    labels: NDArray[np.float32]
    odd_record: tuple[str, int] | None

    def key(self, record: int) -> str:
        """Return the key of a record for messages. All keys are read for it, at each call."""
        return key_text(_core.read_keys(path_bytes("labels", self.path))[record])


def read_label_table(
    labels: StrPath,
    *,
    tasks: TaskFile | LabelSchema | StrPath | None = None,
    threads: int | None = None,
) -> LabelTable:
    """Read a label DB, and what its columns mean.

    Args:
        labels: its folder.
        tasks: the task file or its path; None takes the schema in the DB's manifest, if there is
            one.
        threads: None takes the CPUs this process may use.

    Raises:
        DatabaseError: the DB cannot be read or is empty, or its records differ in length.
        TaskFileError: the task file is wrong or wants columns that are not there.
        OptionError: `threads` is out of its range.
    """
    path = os.fspath(labels)
    index = _core.RecordIndex(path_bytes("labels", labels))
    if not len(index):
        raise _empty(path)
    channels, height, width = index.read(0).shape
    count = channels * height * width
    schema = find_label_schema(path, count, tasks)
    table = _core.read_labels(
        index=index, order=None, label_count=count, threads=thread_count(threads)
    )
    header = stored_label_names(path, count)
    layout = LabelLayout.guess(table, header) if schema is None else LabelLayout.of(schema, header)
    return LabelTable(path, table, (channels, height, width), layout)


def read_stored_labels(path: str, *, widest: int | None = None) -> StoredLabels:
    """Read a label DB to find out what is wrong with it, or nothing.

    Args:
        path: its folder.
        widest: the values of longer records, such as label maps, are not read, nor are those of
            encoded ones; None reads all.

    Raises:
        DatabaseError: the DB cannot be read or is empty.
    """
    records = read_records(path)
    first = next(records, None)
    if first is None:
        raise _empty(path)
    datum = first[1]
    shape, width = datum_shape(datum), _length(datum)
    wanted = widest is None or (not datum.encoded and width <= widest)
    if wanted and not datum.encoded and shape is not None and math.prod(shape) == width:
        labels = _sound_labels(path, width)
        if labels is not None:
            return StoredLabels(path, len(labels), shape, width, bool(datum.data), labels, None)
    count, odd, labels = _walk(chain([first], records), width, keep=wanted)
    return StoredLabels(path, count, shape, width, bool(datum.data), labels, odd)


def thread_count(threads: int | None) -> int:
    """Return how many threads to use; None takes the CPUs this process may use.

    Raises:
        OptionError: the number is out of its range.
    """
    return available_cpus() if threads is None else whole_number("threads", threads, 1, MAX_THREADS)


def _sound_labels(path: str, width: int) -> NDArray[np.float32] | None:
    """Let the core read all labels; None where it refuses a record, which is slow to look into."""
    index = _core.RecordIndex(path_bytes("labels", path))
    try:
        return _core.read_labels(
            index=index, order=None, label_count=width, threads=available_cpus()
        )
    except DatabaseError:
        return None


def _walk(
    records: Iterator[tuple[bytes, Datum]], width: int, *, keep: bool
) -> tuple[int, tuple[str, int] | None, NDArray[np.float32]]:
    """Go through records one by one: their number, the first odd one, and the labels to keep."""
    count, odd = 0, None
    kept = bytearray()  # one buffer, for millions of small arrays would take far more
    for key, datum in records:
        count += 1
        if odd is None and _length(datum) != width:
            odd = key_text(key), _length(datum)
            kept.clear()
        if keep and odd is None:
            kept += _values(datum).tobytes()
    return count, odd, np.frombuffer(kept, dtype=np.float32).reshape(-1, max(width, 1))


def _length(datum: Datum) -> int:
    return len(datum.data or datum.float_data)


def _values(datum: Datum) -> NDArray[np.float32]:
    if datum.data:
        return np.frombuffer(datum.data, dtype=np.uint8).astype(np.float32)
    return np.array(datum.float_data, dtype=np.float32)


def _empty(path: str) -> DatabaseError:
    return DatabaseError(f"{path}: the database has no record", path=path)
