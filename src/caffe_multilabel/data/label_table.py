"""Reads a label DB as one array: the one reader for statistics, lint and the generator."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from caffe_multilabel import _core
from caffe_multilabel._base.arguments import database_path, path_bytes
from caffe_multilabel._base.cpus import available_cpus, thread_count
from caffe_multilabel.data.databases import datum_shape, key_at, no_record, read_records
from caffe_multilabel.data.label_schema import find_label_schema, stored_label_names
from caffe_multilabel.data.manifest import Manifest
from caffe_multilabel.labels.layout import LabelLayout
from caffe_multilabel.labels.schema import LabelSchema

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from caffe_multilabel._base.arguments import StrPath
    from caffe_multilabel.tasks import TaskFile

__all__ = ["LabelTable", "StoredLabels", "read_label_table", "read_stored_labels"]


@dataclass(frozen=True, slots=True, eq=False)
class LabelTable:
    """All labels of a label DB of which every record is sound.

    Attributes:
        path: the DB.
        labels: float32 (N, L), N at least 1.
        shape: channels, height and width of each record.
        layout: whose the columns are; guessed from the labels where nothing tells.
        images_per_record: images of a record, by the task file or the manifest.
    """

    path: str
    labels: NDArray[np.float32]
    shape: tuple[int, int, int]
    layout: LabelLayout
    images_per_record: int = 1


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
        odd_shape: the key of the first record of as many values and another shape, and that shape.
    """

    path: str
    records: int
    shape: tuple[int, int, int] | None
    width: int
    pixels: bool
    labels: NDArray[np.float32]
    odd_record: tuple[str, int] | None
    odd_shape: tuple[str, tuple[int, int, int]] | None

    def key(self, record: int) -> str:
        """Return the key of a record for messages; the keys before it are walked over."""
        return key_at(self.path, record)


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
        DatabaseError: the DB cannot be read, is empty or an image DB by its manifest, or its
            records differ in length.
        TaskFileError: the task file is wrong or wants columns that are not there.
        OptionError: `threads` is out of its range.
    """
    path = database_path("labels", labels)
    directory = os.fsencode(path)
    index = _core.RecordIndex(directory)
    _core.require_role(directory=directory, role="labels")
    if not len(index):
        raise no_record(path)
    channels, height, width = index.read(0).shape
    count = channels * height * width
    manifest = Manifest.read(path)
    images = 1 if manifest is None else manifest.images_per_record
    if tasks is not None and not isinstance(tasks, LabelSchema):
        from caffe_multilabel.tasks import load_tasks  # noqa: PLC0415  (slow to load)

        tasks = load_tasks(tasks)
        images = tasks.data.images_per_record or images
    schema = find_label_schema(path, count, tasks)
    table = _core.read_labels(
        index=index, order=None, label_count=count, threads=thread_count(threads)
    )
    header = stored_label_names(path, count)
    layout = LabelLayout.guess(table, header) if schema is None else LabelLayout.of(schema, header)
    return LabelTable(path, table, (channels, height, width), layout, images)


def read_stored_labels(path: str, *, widest: int | None = None) -> StoredLabels:
    """Read a label DB to find out what is wrong with it, or nothing.

    Args:
        path: its folder.
        widest: the values of longer records, such as label maps, are not read, nor are those of
            encoded ones; None reads all.

    Raises:
        DatabaseError: the DB cannot be read or is empty.
    """
    index = _core.RecordIndex(path_bytes("path", path))
    first = next(read_records(path), None)
    if first is None:
        raise no_record(path)
    datum = first[1]
    width, threads = len(datum.data or datum.float_data), available_cpus()
    rows, odd = _core.read_stored_values(
        index=index,
        value_count=width,
        threads=threads,
        want_rows=width > 0 and (widest is None or (not datum.encoded and width <= widest)),
    )
    turned = None
    if odd is None and not datum.encoded:
        first_shape = (datum.channels, datum.height, datum.width)
        turned = _core.find_odd_shape(index=index, first=first_shape, threads=threads)
    return StoredLabels(
        path=path,
        records=len(index),
        shape=datum_shape(datum),
        width=width,
        pixels=bool(datum.data),
        labels=np.empty((0, width), np.float32) if rows is None or odd else rows,
        odd_record=None if odd is None else (key_at(path, odd[0]), odd[1]),
        odd_shape=None if turned is None else (key_at(path, turned[0]), turned[1]),
    )
