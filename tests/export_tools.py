"""Pairs with any keys and values, written record by record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import lmdb

from caffe_multilabel.caffe.proto import schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray


def datum(**fields: Any) -> bytes:
    """A serialised Datum."""
    return bytes(schema().message("Datum")(**fields).SerializeToString())


def raw(pixels: NDArray[np.uint8]) -> bytes:
    """A raw image record of pixels (H, W, 3) or (H, W)."""
    planes = (
        pixels[:, :, None].transpose(2, 0, 1) if pixels.ndim == 2 else pixels.transpose(2, 0, 1)
    )
    channels, height, width = planes.shape
    return datum(channels=channels, height=height, width=width, data=planes.tobytes())


def write_db(folder: Path, records: Iterable[tuple[bytes, bytes]]) -> Path:
    """Write an LMDB as any tool might."""
    with lmdb.open(str(folder), map_size=1 << 26) as env, env.begin(write=True) as txn:
        for key, value in records:
            txn.put(key, value)
    return folder


def write_pair(
    root: Path, images: Sequence[tuple[bytes, bytes]], labels: Sequence[Sequence[float]]
) -> tuple[Path, Path]:
    """Write a pair: image records with their keys, and the labels of each."""
    rows = (
        (key, datum(channels=len(row), height=1, width=1, float_data=row))
        for (key, _), row in zip(images, labels, strict=True)
    )
    return write_db(root / "images", images), write_db(root / "labels", rows)
