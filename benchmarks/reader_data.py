"""The pairs that the reader's benchmark reads, made once and kept in the work folder."""

from __future__ import annotations

import shutil
import sys
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING

import lmdb
import numpy as np
from contenders import RESIZE, Pair
from images import LABEL_COUNT
from processes import run, words

from caffe_multilabel.caffe.proto import schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from images import ImageSet

__all__ = ["encoded_pair", "label_pair", "raw_pair"]


def raw_pair(work: Path, images: ImageSet) -> Pair:
    """256x256 pixels a record."""
    return _converted(work / f"raw_{images.images}", images, RESIZE)


def encoded_pair(work: Path, images: ImageSet) -> Pair:
    """The image files themselves."""
    return _converted(work / f"encoded_{images.images}", images, ["--encoded"])


def label_pair(work: Path, records: int) -> Pair:
    """Images of a pixel, and five floats for each, as `convert_multilabel` writes them."""
    made = work / f"label_pair_{records}"
    pair = Pair(made / "i", made / "l")
    if not made.exists():
        partial = _fresh(made.with_suffix(".partial"))
        labels = np.random.default_rng(0).normal(size=(records, LABEL_COUNT)).astype(np.float32)
        datum = schema().message("Datum")
        pixel = datum(channels=1, height=1, width=1, data=b"0").SerializeToString()
        _write(
            partial / "i",
            (f"{index:08d}_{index:06d}.jpg" for index in range(records)),
            repeat(pixel),
        )
        _write(
            partial / "l",
            (f"{index:08d}label_{index:06d}.jpg" for index in range(records)),
            (
                datum(channels=LABEL_COUNT, height=1, width=1, float_data=row).SerializeToString()
                for row in labels.tolist()
            ),
        )
        partial.rename(made)
    return pair


def _write(folder: Path, keys: Iterable[str], values: Iterable[bytes]) -> None:
    folder.mkdir()
    with lmdb.open(str(folder), map_size=1 << 40) as env, env.begin(write=True) as txn:
        for key, value in zip(keys, values, strict=False):
            txn.put(key.encode(), value, append=True)


def _converted(made: Path, images: ImageSet, flags: Sequence[str]) -> Pair:
    if not made.exists():
        partial = _fresh(made.with_suffix(".partial"))
        tool = Path(sys.executable).with_name("convert_multilabel")
        paths = words(f"{images.root}/", images.list_file, partial / "i", partial / "l")
        run(words(tool, *flags, *paths, LABEL_COUNT))
        partial.rename(made)
    return Pair(made / "i", made / "l")


def _fresh(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder
