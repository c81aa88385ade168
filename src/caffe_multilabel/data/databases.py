"""Databases as Python sees them: what they are and their records.

All of it comes through the core, which checks every page before LMDB goes by it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from google.protobuf.message import DecodeError

from caffe_multilabel import _core
from caffe_multilabel._base.arguments import path_bytes
from caffe_multilabel.caffe.proto import schema
from caffe_multilabel.data.keys import key_text
from caffe_multilabel.errors import DatabaseError, ImageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from caffe_multilabel.caffe.proto.types import Datum

__all__ = [
    "DatabaseFacts",
    "Decoding",
    "ImageRecord",
    "database_facts",
    "datum_shape",
    "decoding_of",
    "forced_shape",
    "is_lmdb",
    "key_at",
    "no_record",
    "read_images",
    "read_records",
]

Decoding: TypeAlias = Literal["stored", "color", "gray"]
"""What a Data layer makes of an encoded image: as it is stored, or `force_color`, or
`force_gray`."""


@dataclass(frozen=True, slots=True)
class DatabaseFacts:
    """What an LMDB and its first record say.

    Attributes:
        path: the LMDB.
        records: number of records.
        shape: channels, height and width of the first record, of an encoded one as its image
            decodes when neither color nor gray is forced; None where it does not decode.
        encoded: whether the first Datum holds an encoded image.
        floats: whether it holds numbers instead of pixels.
    """

    path: str
    records: int
    shape: tuple[int, int, int] | None
    encoded: bool
    floats: bool = False

    def shape_as_read(self, *, color: bool, gray: bool) -> tuple[int, int, int]:
        """Return the shape that a Data layer gives the first record, before it crops it.

        Args:
            color: the layer's `force_color`.
            gray: its `force_gray`; Caffe forces neither on a record that is not encoded.

        Raises:
            DatabaseError: the record does not decode, or has no pixels; Caffe would stop.
        """
        if self.shape is None:
            raise DatabaseError(
                f"{self.path}: the image of the first record does not decode", path=self.path
            )
        if not all(self.shape):
            raise DatabaseError(
                f"{self.path}: the first record is {' x '.join(map(str, self.shape))} (channels x "
                "height x width), and Caffe takes none without values",
                path=self.path,
            )
        return forced_shape(self.shape, color=color, gray=gray) if self.encoded else self.shape


def database_facts(path: str) -> DatabaseFacts | None:
    """Look into an LMDB, or return None where there is none yet.

    Raises:
        DatabaseError: something else is there, it cannot be read, or it has no record.
    """
    if not os.path.lexists(path):
        return None
    records = _opened(path)
    datum = _first(path, records)
    floats = not datum.data and len(datum.float_data) > 0
    return DatabaseFacts(path, len(records), datum_shape(datum), datum.encoded, floats)


def is_lmdb(path: str) -> bool:
    """Tell whether a folder holds what an LMDB does, readable or not."""
    return Path(path, "data.mdb").is_file()


def datum_shape(datum: Datum) -> tuple[int, int, int] | None:
    """Return channels, height and width of a record; None where its image does not decode.

    What an encoded record says of its own size is not looked at: Caffe does not either
    (`DataTransformer::InferBlobShape`).
    """
    if not datum.encoded:
        return datum.channels, datum.height, datum.width
    try:
        channels, height, width = _core.decode_image(datum.data, "stored").shape
    except ImageError:
        return None
    return channels, height, width


def decoding_of(*, color: bool, gray: bool) -> Decoding:
    """Return what `force_color` and `force_gray` ask for; Caffe takes no layer that has both."""
    return "color" if color else "gray" if gray else "stored"


def forced_shape(shape: tuple[int, int, int], *, color: bool, gray: bool) -> tuple[int, int, int]:
    """Return the shape of an encoded image under `force_color` or `force_gray`."""
    mode = decoding_of(color=color, gray=gray)
    channels = _core.channels_as_read(channels=shape[0], encoded=True, mode=mode)
    return (channels, *shape[1:])


@dataclass(frozen=True, slots=True)
class ImageRecord:
    """What a Data layer makes of an image record.

    Attributes:
        key: its key, for messages.
        shape: channels, height and width before the crop; None where Caffe cannot use it.
        problem: why not, as `verify` says it; else empty.
        encoded: whether Caffe decodes it, and so can force its channels.
        forcible: it is of no use, and would be with its channels forced, as one of 16 bits, which
            Caffe then turns into 8.
    """

    key: str
    shape: tuple[int, int, int] | None
    problem: str
    encoded: bool
    forcible: bool


def read_images(path: str, decoding: Decoding) -> Iterator[ImageRecord]:
    """Go through the image records of an LMDB in the order of their keys.

    Raises:
        DatabaseError: the database cannot be read.
    """
    for key, value in _opened(path):
        shape, problem, encoded = _core.check_image(value, decoding)
        forcible = encoded and decoding == "stored" and shape is None and _usable_in_color(value)
        yield ImageRecord(key_text(key), shape, problem, encoded, forcible)


def _usable_in_color(value: bytes) -> bool:
    return _core.check_image(value, "color")[0] is not None


def read_records(path: str) -> Iterator[tuple[bytes, Datum]]:
    """Go through the records of an LMDB in the order of their keys.

    Yields:
        The key, and the `Datum`.

    Raises:
        DatabaseError: the database cannot be read, or a record is no Datum.
    """
    for key, value in _opened(path):
        yield key, _datum(path, key, value)


def key_at(path: str, position: int) -> str:
    """Return the key of a record for messages; the keys before it are walked over.

    Raises:
        DatabaseError: the database cannot be read.
        IndexError: it has no such record.
    """
    return key_text(_core.key_at(directory=path_bytes("path", path), position=position))


def no_record(path: str) -> DatabaseError:
    """Return the error of a database that is empty."""
    return DatabaseError(f"{path}: the database has no record", path=path)


def _opened(path: str) -> _core.RecordReader:
    return _core.RecordReader(path_bytes("path", path))


def _first(path: str, records: _core.RecordReader) -> Datum:
    record = next(records, None)
    if record is None:
        raise no_record(path)
    return _datum(path, *record)


def _datum(path: str, key: bytes, value: bytes) -> Datum:
    try:
        return schema().message("Datum").FromString(value)
    except DecodeError as error:
        name = key_text(key)
        raise DatabaseError(f"{path}: record {name} is no Datum", path=path, key=name) from error
