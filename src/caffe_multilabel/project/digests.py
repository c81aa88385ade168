"""Digests of what steps read and write, by which a project tells what has changed."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

from caffe_multilabel.project.files import FilesSeen

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["digest_of", "digest_of_content", "mark_of"]

_BLOCK = 1 << 20


def digest_of(path: Path) -> str:
    """Return a digest of what a file or folder holds; empty where there is none.

    A DB is known by its manifest, which holds the digests of its records, and the size and time of
    its file; any other folder by the names, sizes and times of its files: there may be a million
    images in it.
    """
    manifest = path / "manifest.json"
    if manifest.is_file():
        return _of_files([manifest]) + FilesSeen.of(["data.mdb"], os.fspath(path)).digest
    if path.is_dir():
        files = sorted(f"{each}/{name}" for each, _, names in os.walk(path) for name in names)
        names = "\0".join(files).encode("utf-8", "surrogateescape")
        return hashlib.blake2b(names, digest_size=16).hexdigest() + FilesSeen.of(files, "").digest
    return _of_files([path]) if path.is_file() else ""


def digest_of_content(name: str, content: bytes) -> str:
    """Return the digest of a file of this name once it is there."""
    return hashlib.blake2b(os.fsencode(name) + b"\0" + content, digest_size=16).hexdigest()


def mark_of(path: Path) -> str:
    """Return what tells a file from a later one in its place; empty if none is there.

    Files of weights may have gigabytes, and two trainings alike write the same into them.
    """
    try:
        facts = path.stat()
    except OSError:
        return ""
    return f"{facts.st_mtime_ns} {facts.st_size}"


def _of_files(paths: Sequence[Path]) -> str:
    found = hashlib.blake2b(digest_size=16)
    for path in paths:
        found.update(os.fsencode(path.name) + b"\0")
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                found.update(block)
    return found.hexdigest()
