"""Proof that what was timed is right: counts, and two programs that agree on every record."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import lmdb
import numpy as np
from processes import run, words

if TYPE_CHECKING:
    from contenders import Pair
    from images import ImageSet

__all__ = ["check_counts", "check_same_records", "check_verified"]

_GREY_LEVELS = 2  # resizing differs by a level or so between releases of OpenCV


def check_counts(pair: Pair, count: int) -> None:
    """Stop unless both databases hold `count` records."""
    for path in (pair.images, pair.labels):
        with _open(path) as environment:
            found = environment.stat()["entries"]
        if found != count:
            raise SystemExit(f"{path} holds {found} records, not {count}")


def check_verified(pair: Pair, images: ImageSet) -> None:
    """Stop unless the project's own `verify` finds every record as the list says."""
    tool = Path(sys.executable).with_name("caffe-multilabel")
    source = words("--list", images.list_file, "--root", f"{images.root}/")
    run(words(tool, "verify", pair.images, pair.labels, *source))


def check_same_records(ours: Pair, theirs: Pair) -> None:
    """Stop unless two pairs hold the same keys and labels, and images as good as equal."""
    _compare(ours.labels, theirs.labels, tolerance=0)
    _compare(ours.images, theirs.images, tolerance=_GREY_LEVELS)


def _open(path: Path) -> lmdb.Environment:
    return lmdb.open(str(path), readonly=True, lock=False)


def _compare(ours: Path, theirs: Path, tolerance: int) -> None:
    with (
        _open(ours) as our_environment,
        _open(theirs) as their_environment,
        our_environment.begin() as our_records,
        their_environment.begin() as their_records,
    ):
        rows = zip(our_records.cursor(), their_records.cursor(), strict=True)
        for (our_key, our_value), (their_key, their_value) in rows:
            if our_key != their_key or len(our_value) != len(their_value):
                raise SystemExit(f"{ours} has {our_key!r} where {theirs} has {their_key!r}")
            a = np.frombuffer(our_value, np.uint8).astype(np.int16)
            b = np.frombuffer(their_value, np.uint8)
            if np.abs(a - b).max() > tolerance:
                raise SystemExit(f"{our_key!r} differs between {ours} and {theirs}")
