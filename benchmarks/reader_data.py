"""The pairs that the reader's benchmark reads, made once and kept in the work folder."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import lmdb
import numpy as np
from contenders import RESIZE, Pair
from images import LABEL_COUNT
from processes import run, words

from caffe_multilabel.caffe.proto import schema

if TYPE_CHECKING:
    from collections.abc import Sequence

    from images import ImageSet

__all__ = ["encoded_pair", "label_db", "raw_pair"]


def raw_pair(work: Path, images: ImageSet) -> Pair:
    """256x256 pixels a record."""
    return _converted(work / f"raw_{images.images}", images, RESIZE)


def encoded_pair(work: Path, images: ImageSet) -> Pair:
    """The image files themselves."""
    return _converted(work / f"encoded_{images.images}", images, ["--encoded"])


def label_db(work: Path, records: int) -> Path:
    """So many label records of five floats, as `convert_multilabel` writes them."""
    made = work / f"labels_{records}"
    if not made.exists():
        partial = _fresh(made.with_suffix(".partial"))
        labels = np.random.default_rng(0).normal(size=(records, LABEL_COUNT)).astype(np.float32)
        datum = schema().message("Datum")
        with lmdb.open(str(partial), map_size=1 << 40) as env, env.begin(write=True) as txn:
            for index, row in enumerate(labels.tolist()):
                value = datum(channels=LABEL_COUNT, height=1, width=1, float_data=row)
                key = f"{index:08d}label_{index:06d}.jpg".encode()
                txn.put(key, value.SerializeToString(), append=True)
        partial.rename(made)
    return made


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
