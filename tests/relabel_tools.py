"""Pairs to relabel: one image a path, made by the converter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from caffe_multilabel import convert
from lmdb_tools import datums, records

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

Rows = list[tuple[str, list[float]]]


@dataclass(frozen=True)
class Pair:
    """A converted pair and where it is."""

    root: Path

    @property
    def images(self) -> Path:
        return self.root / "images"

    @property
    def labels(self) -> Path:
        return self.root / "labels"

    def label_rows(self) -> Rows:
        """(path, labels) of the label DB, in its order."""
        keys = [key.decode() for key, _ in records(self.labels)]
        values = [list(datum.float_data) for datum in datums(self.labels)]
        return [(key.split("label_", 1)[1], row) for key, row in zip(keys, values, strict=True)]


def draw(root: Path, names: Sequence[str]) -> None:
    """Write an image of two pixels for each name."""
    for number, name in enumerate(names):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), np.full((1, 2, 3), number % 256, np.uint8))


def make_pair(root: Path, rows: Rows, *, missing: Sequence[str] = (), **options: object) -> Pair:
    """Draw the images of `rows`, but not the missing ones, and convert them."""
    draw(root, sorted({path for path, _ in rows} - set(missing)))
    pair = Pair(root)
    convert(rows, root=root, images=pair.images, labels=pair.labels, **options)  # type: ignore[arg-type]  # forwarded
    return pair


def write_list(path: Path, rows: Rows) -> Path:
    """Write rows as a list, separated by blanks."""
    lines = (f"{name} {' '.join(f'{label:g}' for label in labels)}\n" for name, labels in rows)
    path.write_text("".join(lines), encoding="utf-8")
    return path


def snapshot(folder: Path) -> dict[str, bytes]:
    """Every file under a folder."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}
