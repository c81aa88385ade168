"""A pair as the report looks at it: labels, keys, and every image seen once."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from caffe_multilabel import _core
from caffe_multilabel.data.keys import key_text, path_in_key
from caffe_multilabel.data.label_table import read_label_table
from caffe_multilabel.data.manifest import stored_record_shape
from caffe_multilabel.data.pair import StoredPair
from caffe_multilabel.errors import DatabaseError
from caffe_multilabel.tasks.record_shape import RecordShape
from caffe_multilabel.views.images import as_bytes, viewable
from caffe_multilabel.views.report.lookalikes import SIGNATURE_SIZE, Fingerprint, fingerprint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from caffe_multilabel._base.arguments import StrPath
    from caffe_multilabel.data.label_table import LabelTable
    from caffe_multilabel.labels import LabelSchema
    from caffe_multilabel.tasks import TaskFile

__all__ = [
    "ImageReader",
    "ImageScan",
    "OpenPair",
    "ReportPair",
    "open_pair",
    "scan_images",
]

Result = TypeVar("Result")

_MOST_BYTES = 128 << 20
_CHUNK = 256
_KEPT_PROBLEMS = 20


class ImageReader:
    """Reads images by index, on several threads.

    What is read of an LMDB stays mapped as long as it is open, and counts as memory of the process.
    So the DB is opened afresh now and then.
    """

    def __init__(self, image_db: bytes, threads: int, index: _core.RecordIndex) -> None:
        """Read a DB that is open.

        Args:
            image_db: its path.
            threads: how many read at once.
            index: its records.
        """
        self._image_db = image_db
        self._threads = threads
        self._index = index
        self._bytes = 0
        self.record = stored_record_shape(os.fsdecode(image_db)) or RecordShape()

    def __len__(self) -> int:
        """Return the number of records."""
        return len(self._index)

    def read(self, index: int) -> NDArray[np.uint8] | NDArray[np.float32]:
        """Return an image, (C, H, W).

        Raises:
            DatabaseError: it cannot be read or decoded.
        """
        if self._bytes > _MOST_BYTES:
            self._index = _core.RecordIndex(self._image_db)
            self._bytes = 0
        image = self._index.read(index)
        self._bytes += image.nbytes
        return image

    def map(
        self,
        function: Callable[[NDArray[np.uint8] | NDArray[np.float32]], Result],
        indices: Sequence[int],
    ) -> Iterator[tuple[int, Result | DatabaseError]]:
        """Apply a function to images on threads.

        Yields:
            Each index, in order, with the result, or the error that kept the image from being
            read.
        """

        def apply(index: int) -> Result | DatabaseError:
            try:
                image = self.read(index)
            except DatabaseError as error:
                return error
            return function(image)

        with ThreadPoolExecutor(self._threads) as threads:
            for begin in range(0, len(indices), _CHUNK):
                chunk = indices[begin : begin + _CHUNK]
                yield from zip(chunk, threads.map(apply, chunk), strict=True)


@dataclass(frozen=True, slots=True, eq=False)
class ImageScan:
    """What all images of an image DB are like.

    Attributes:
        readable: bool (N,), which images could be read; the rest is 0 for the others.
        shapes: int32 (N, 3), channels, height and width.
        brightness: float32 (N,), the mean brightness, from 0 to 255.
        hashes: uint64 (N,); see `Fingerprint`.
        signatures: uint8 (N, S), likewise.
        problems: why the first images that could not be read could not.
    """

    readable: NDArray[np.bool_]
    shapes: NDArray[np.int32]
    brightness: NDArray[np.float32]
    hashes: NDArray[np.uint64]
    signatures: NDArray[np.uint8]
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class OpenPair:
    """A pair whose images were not looked at yet.

    Attributes:
        name: `train` or `val`.
        table: the labels.
        reader: reads single images.
        keys: the keys of the image DB.
    """

    name: str
    table: LabelTable
    reader: ImageReader
    keys: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ReportPair(OpenPair):
    """A pair.

    Attributes:
        scan: what its images are like.
    """

    scan: ImageScan

    def key_text(self, index: int) -> str:
        """Return a key for people, without the number that the converter puts before a path."""
        key = self.keys[index]
        return key_text(path_in_key(key) or key)


def open_pair(
    name: str,
    images: StrPath,
    labels: StrPath,
    *,
    tasks: TaskFile | LabelSchema | StrPath | None,
    threads: int,
) -> OpenPair:
    """Read all labels of a pair.

    Raises:
        DatabaseError: a DB cannot be read or is empty, or the two hold different numbers of
            records.
        TaskFileError: the task file is wrong or wants columns that are not there.
    """
    pair = StoredPair.open(images, labels)
    table = read_label_table(pair.label_db, tasks=tasks, threads=threads)
    directory = os.fsencode(pair.image_db)
    reader = ImageReader(directory, threads, pair.images)
    return OpenPair(name, table, reader, tuple(_core.read_keys(directory)))


def scan_images(
    pairs: Sequence[OpenPair], progress: Callable[[int, int], object] | None = None
) -> list[ReportPair]:
    """Look at every image of some pairs.

    Args:
        pairs: the pairs.
        progress: called with (images looked at, images of all pairs) after each.
    """
    total = sum(len(pair.reader) for pair in pairs)
    before = 0
    looked_at = []
    for pair in pairs:

        def report(done: int, begun: int = before) -> None:
            if progress is not None:
                progress(begun + done, total)

        scan = _scan_images(pair.reader, report)
        looked_at.append(ReportPair(pair.name, pair.table, pair.reader, pair.keys, scan))
        before += len(pair.reader)
    return looked_at


def _scan_images(reader: ImageReader, report: Callable[[int], object]) -> ImageScan:
    """Read all images.

    Args:
        reader: the image DB.
        report: called with the number of images looked at, after each.
    """
    count = len(reader)
    readable = np.zeros(count, dtype=np.bool_)
    shapes = np.zeros((count, 3), dtype=np.int32)
    brightness = np.zeros(count, dtype=np.float32)
    hashes = np.zeros(count, dtype=np.uint64)
    signatures = np.zeros((count, SIGNATURE_SIZE), dtype=np.uint8)
    problems: list[str] = []
    scan_image = partial(_scan_image, record=reader.record)
    for index, found in reader.map(scan_image, range(count)):
        if isinstance(found, DatabaseError):
            problems += [found.message][: _KEPT_PROBLEMS - len(problems)]
        else:
            shape, print_ = found
            readable[index] = True
            shapes[index] = shape
            brightness[index], hashes[index] = print_.brightness, print_.hash
            signatures[index] = print_.signature
        report(index + 1)
    return ImageScan(readable, shapes, brightness, hashes, signatures, tuple(problems))


def _scan_image(
    image: NDArray[np.uint8] | NDArray[np.float32], record: RecordShape
) -> tuple[tuple[int, ...], Fingerprint]:
    # A record of several images is like another where all of them are.
    content = as_bytes(image) if record.is_plain else viewable(image, record)
    return image.shape, fingerprint(content)
