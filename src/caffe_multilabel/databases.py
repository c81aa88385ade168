"""The little that the generator wants to know of an LMDB: how many records, and of what shape."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import lmdb
from google.protobuf.message import DecodeError

from caffe_multilabel.errors import DatabaseError
from caffe_multilabel.proto import schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from caffe_multilabel.proto.types import Datum

__all__ = ["DatabaseFacts", "database_facts", "key_text", "read_records"]


@dataclass(frozen=True, slots=True)
class DatabaseFacts:
    """What an LMDB and its first record say.

    Attributes:
        records: number of records.
        shape: channels, height and width of the first Datum; 0 where an encoded one leaves it out.
        encoded: whether the first Datum holds an encoded picture.
    """

    records: int
    shape: tuple[int, int, int]
    encoded: bool


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
    shape = (datum.channels, datum.height, datum.width)
    return DatabaseFacts(records, shape, datum.encoded)


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
