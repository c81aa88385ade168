"""Independent readers for tests: py-lmdb and protobuf, nothing of the core."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import lmdb

from caffe_multilabel.caffe.proto import schema

if TYPE_CHECKING:
    from pathlib import Path


def records(directory: Path) -> list[tuple[bytes, bytes]]:
    """All (key, value) pairs in key order."""
    with (
        lmdb.open(str(directory), readonly=True, lock=False) as env,
        env.begin() as txn,
    ):
        return [(bytes(key), bytes(value)) for key, value in txn.cursor()]


def datums(directory: Path) -> list[Any]:
    """All values as protobuf Datums."""
    message = schema().message("Datum")
    return [message.FromString(value) for _, value in records(directory)]


def digests(directory: Path) -> list[list[Any]]:
    """[key, bytes of value, sha256 of value] in key order, as in tests/golden/expected.json."""
    return [
        [key.decode(), len(value), hashlib.sha256(value).hexdigest()]
        for key, value in records(directory)
    ]


def folder_bytes(directory: Path) -> dict[str, bytes]:
    """Every file of a DB by name, whole; what two equal conversions must share."""
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def pair_bytes(images: Path, labels: Path) -> list[dict[str, bytes]]:
    """Every file of a pair."""
    return [folder_bytes(images), folder_bytes(labels)]
