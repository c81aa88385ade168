"""What the reader is measured against: a loop over py-lmdb, protobuf and numpy.

    reader_python.py labels LABEL_DB
    reader_python.py batches IMAGE_DB LABEL_DB

Prints a JSON line; imports are not in its time. With --digest it hashes what it made, untimed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import lmdb
import numpy as np
from reader_job import BATCH, CROP, MEAN, Batch, run_job

from caffe_multilabel.caffe.proto import schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

Datum = schema().message("Datum")


def _values(directory: str) -> Iterator[bytes]:
    with lmdb.open(directory, readonly=True, lock=False) as env, env.begin() as txn:
        yield from txn.cursor().iternext(keys=False)


def read_labels(_image_db: str, label_db: str) -> NDArray[np.float32]:
    """All labels in one array; the images are not looked at."""
    with lmdb.open(label_db, readonly=True, lock=False) as env:
        count = env.stat()["entries"]
    datum = Datum()
    values = _values(label_db)
    datum.ParseFromString(next(values))
    labels = np.empty((count, len(datum.float_data)), np.float32)
    labels[0] = datum.float_data
    for row, value in enumerate(values, start=1):
        datum.ParseFromString(value)
        labels[row] = datum.float_data
    return labels


def batches(image_db: str, label_db: str) -> Iterator[Batch]:
    """Raw images, the centre cut out, less the mean; the last batch may be smaller."""
    mean = np.array(MEAN, np.float32)[:, None, None]
    image, label = Datum(), Datum()
    images, labels = np.empty((BATCH, 3, CROP, CROP), np.float32), np.empty((0, 0), np.float32)
    row = 0
    for image_value, label_value in zip(_values(image_db), _values(label_db), strict=True):
        image.ParseFromString(image_value)
        label.ParseFromString(label_value)
        shape = (image.channels, image.height, image.width)
        pixels = np.frombuffer(image.data, np.uint8).reshape(shape)
        top, left = (image.height - CROP) // 2, (image.width - CROP) // 2
        if row == 0:
            labels = np.empty((BATCH, len(label.float_data)), np.float32)
        np.subtract(pixels[:, top : top + CROP, left : left + CROP], mean, out=images[row])
        labels[row] = label.float_data
        row += 1
        if row == BATCH:
            yield images, labels
            row = 0
    if row:
        yield images[:row], labels[:row]


if __name__ == "__main__":
    run_job(read_labels, batches)
