"""Reads a pair of LMDBs with lmdb, protobuf and OpenCV alone, nothing of Caffe or this toolkit.

    pip install lmdb protobuf opencv-python-headless
    python examples/read_pair.py train_images train_labels

For each record there is its key, its image and its labels, as two Data layers of Caffe get them.
Take what you need of it: there is no more to the format than this.
"""

from __future__ import annotations

import argparse
from itertools import islice
from typing import TYPE_CHECKING, Any

import cv2
import lmdb
import numpy as np
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray


def datum_class() -> Any:
    """Make Caffe's Datum message out of its fields, so that no .proto file is needed."""
    of = descriptor_pb2.FieldDescriptorProto
    fields = [
        ("channels", of.TYPE_INT32),
        ("height", of.TYPE_INT32),
        ("width", of.TYPE_INT32),
        ("data", of.TYPE_BYTES),
        ("label", of.TYPE_INT32),
        ("float_data", of.TYPE_FLOAT),
        ("encoded", of.TYPE_BOOL),
    ]
    file = descriptor_pb2.FileDescriptorProto(name="datum.proto", syntax="proto2")
    message = file.message_type.add(name="Datum")
    for number, (name, kind) in enumerate(fields, start=1):
        label = of.LABEL_REPEATED if name == "float_data" else of.LABEL_OPTIONAL
        message.field.add(name=name, number=number, type=kind, label=label)
    # A pool of its own: Caffe's, beside it in one process, has a Datum as well.
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("Datum"))


Datum = datum_class()


def read_records(directory: str) -> Iterator[tuple[str, Any]]:
    """Go through the keys and Datums of a database in the order of its keys, as Caffe does."""
    with (
        # Without a lock file the folder may be read-only.
        lmdb.open(directory, readonly=True, lock=False) as environment,
        environment.begin() as transaction,
    ):
        for key, value in transaction.cursor():
            yield key.decode(errors="backslashreplace"), Datum.FromString(value)


def image_of(datum: Any) -> NDArray[np.uint8]:
    """Return the image of a record, (height, width, channels), BGR as OpenCV has it."""
    if datum.encoded:
        # As it is stored: neither turned by its EXIF data nor made grey or coloured.
        image = cv2.imdecode(np.frombuffer(datum.data, np.uint8), cv2.IMREAD_UNCHANGED)
        if image is None:
            raise ValueError("the image does not decode")
        return np.atleast_3d(image)
    planes = np.frombuffer(datum.data, np.uint8)
    return planes.reshape(datum.channels, datum.height, datum.width).transpose(1, 2, 0)


def labels_of(datum: Any) -> NDArray[np.float32]:
    """Return the labels of a record, (columns,)."""
    return np.array(datum.float_data, np.float32)


def read_pair(
    images: str, labels: str
) -> Iterator[tuple[str, NDArray[np.uint8], NDArray[np.float32]]]:
    """Go through a pair: record by record, for that is all that ties the two databases."""
    for (key, image), (_, label) in zip(read_records(images), read_records(labels), strict=True):
        yield key, image_of(image), labels_of(label)


def main() -> None:
    """Print the first records of a pair."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("images", help="folder of the image DB")
    parser.add_argument("labels", help="folder of the label DB")
    parser.add_argument("-n", type=int, default=5, help="records to print; default 5")
    options = parser.parse_args()
    for key, image, labels in islice(read_pair(options.images, options.labels), options.n):
        height, width, channels = image.shape
        print(f"{key}: {width} x {height}, {channels} channels, labels {labels.tolist()}")


if __name__ == "__main__":
    main()
