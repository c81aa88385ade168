"""The little that a net must know of an LMDB: how many records, and of what shape."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import lmdb
from google.protobuf.message import DecodeError

from caffe_multilabel import _core
from caffe_multilabel.caffe.proto import schema
from caffe_multilabel.errors import DatabaseError, PictureError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from caffe_multilabel.caffe.proto.types import Datum

__all__ = [
    "DatabaseFacts",
    "database_facts",
    "datum_shape",
    "forced_shape",
    "key_text",
    "read_records",
]


@dataclass(frozen=True, slots=True)
class DatabaseFacts:
    """What an LMDB and its first record say.

    Attributes:
        path: the LMDB.
        records: number of records.
        shape: channels, height and width of the first record, of an encoded one as its picture
            decodes when neither color nor gray is forced; None where it does not decode.
        encoded: whether the first Datum holds an encoded picture.
    """

    path: str
    records: int
    shape: tuple[int, int, int] | None
    encoded: bool

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
                f"{self.path}: the picture of the first record does not decode", path=self.path
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
    with _opened(path) as transaction:
        records = transaction.stat()["entries"]
        first = next(_values(transaction), None)
    if first is None:
        raise DatabaseError(f"{path}: the database has no record", path=path)
    datum = _datum(path, *first)
    return DatabaseFacts(path, records, datum_shape(datum), datum.encoded)


def datum_shape(datum: Datum) -> tuple[int, int, int] | None:
    """Return channels, height and width of a record; None where its picture does not decode.

    What an encoded record says of its own size is not looked at: Caffe does not either
    (`DataTransformer::InferBlobShape`).
    """
    if not datum.encoded:
        return datum.channels, datum.height, datum.width
    try:
        channels, height, width = _core.decode_image(datum.data, "stored").shape
    except PictureError:
        return None
    return channels, height, width


def forced_shape(shape: tuple[int, int, int], *, color: bool, gray: bool) -> tuple[int, int, int]:
    """Return the shape of an encoded picture under `force_color` or `force_gray`."""
    return (3 if color else 1 if gray else shape[0], *shape[1:])


def read_records(path: str) -> Iterator[tuple[bytes, Datum]]:
    """Go through the records of an LMDB in the order of their keys.

    Yields:
        The key, and the `Datum`.

    Raises:
        DatabaseError: the database cannot be read, or a record is no Datum.
    """
    with _opened(path) as transaction:
        for key, value in _values(transaction):
            yield key, _datum(path, key, value)


def key_text(key: bytes) -> str:
    """Return a key for messages."""
    return key.decode("utf-8", "backslashreplace")


@contextmanager
def _opened(path: str) -> Iterator[lmdb.Transaction]:
    if not (Path(path) / "data.mdb").is_file():
        raise DatabaseError(f"{path}: is no LMDB: it has no data.mdb", path=path)
    _core.read_manifest(os.fsencode(path))  # refuses a DB that this version does not understand
    try:
        with (
            lmdb.open(path, readonly=True, lock=False, readahead=False) as environment,
            environment.begin(buffers=False) as transaction,
        ):
            yield transaction
    except lmdb.Error as error:
        raise DatabaseError(f"{path}: cannot be read as an LMDB: {error}", path=path) from error


def _values(transaction: lmdb.Transaction) -> Iterator[tuple[bytes, bytes]]:
    with transaction.cursor() as cursor:
        for key, value in cursor:
            yield bytes(key), bytes(value)


def _datum(path: str, key: bytes, value: bytes) -> Datum:
    try:
        return schema().message("Datum").FromString(value)
    except DecodeError as error:
        name = key_text(key)
        raise DatabaseError(f"{path}: record {name} is no Datum", path=path, key=name) from error
