"""Steps of a project: commands, what they read and write, and whether that has changed."""

from __future__ import annotations

import hashlib
import os
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from caffe_multilabel.project.look import files_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

__all__ = ["Step", "digest_of", "digest_of_images"]

_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One command of a project, run in its folder.

    Attributes:
        name: what it is called.
        command: the command line.
        reads: files and folders whose content decides what it does.
        writes: files and folders that it makes.
        images: whether it reads the images of the list, too.
        fine: exit codes after which the next step can go on.
        resume: what to add to the command to go on where it was stopped; empty where it begins
            anew.
        resume_from: a pattern of files, one of which must be there to go on from; empty where
            nothing is needed.
        yours: whether what it writes belongs to the user from then on: a file that is there and is
            not as the step left it stays.
    """

    name: str
    command: tuple[str, ...]
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    images: bool = False
    fine: frozenset[int] = frozenset({0})
    resume: str = ""
    resume_from: str = ""
    yours: bool = False

    @property
    def line(self) -> str:
        """The command as a shell takes it."""
        return shlex.join(self.command)

    @property
    def script(self) -> str:
        """Its lines in a script that `set -e` ends at the first failure."""
        line = self.line
        others = sorted(self.fine - {0})
        if others:
            line += " || " + " || ".join(f"[ $? -eq {code} ]" for code in others)
        if self.yours:
            line = f"[ -e {shlex.join(self.writes[:1])} ] || {line}"
        return line


def digest_of(path: Path) -> str:
    """Return a digest of what a file or folder holds; empty where there is none.

    A DB is known by its manifest, which holds the digests of its records, and any other folder by
    the names, sizes and times of its files: there may be a million images in it.
    """
    manifest = path / "manifest.json"
    if manifest.is_file():
        return _of_files([manifest])
    if path.is_dir():
        files = sorted(f"{each}/{name}" for each, _, names in os.walk(path) for name in names)
        names = "\0".join(files).encode("utf-8", "surrogateescape")
        return hashlib.blake2b(names, digest_size=16).hexdigest() + digest_of_images(files, "")
    return _of_files([path]) if path.is_file() else ""


def digest_of_images(paths: Iterable[str], root: str) -> str:
    """Return a digest of the sizes and times of images, which change when images do."""
    found = hashlib.blake2b(digest_size=16)
    for path in files_of(paths, root):
        try:
            facts = os.stat(path)  # noqa: PTH116  (a million of them)
        except (OSError, ValueError):
            found.update(b"none;")
            continue
        found.update(b"%d %d;" % (facts.st_size, facts.st_mtime_ns))
    return found.hexdigest()


def _of_files(paths: Sequence[Path]) -> str:
    found = hashlib.blake2b(digest_size=16)
    for path in paths:
        found.update(os.fsencode(path.name) + b"\0")
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                found.update(block)
    return found.hexdigest()
