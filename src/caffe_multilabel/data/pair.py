"""The two DBs of a pair, opened together."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from caffe_multilabel import _core
from caffe_multilabel._base.arguments import database_path
from caffe_multilabel._base.text import plural
from caffe_multilabel.errors import DatabaseError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from caffe_multilabel._base.arguments import StrPath

__all__ = ["StoredPair"]


@dataclass(frozen=True, slots=True, eq=False)
class StoredPair:
    """An image DB and a label DB of as many records, whoever wrote them.

    Attributes:
        image_db: path of the image DB.
        label_db: path of the label DB.
        images: its records by position in key order.
        labels: those of the label DB.
    """

    image_db: str
    label_db: str
    images: _core.RecordIndex
    labels: _core.RecordIndex

    @classmethod
    def open(cls, image_db: StrPath, label_db: StrPath) -> StoredPair:
        """Open both DBs.

        Raises:
            DatabaseError: a DB cannot be opened, the two are one or swapped, do not hold as many
                records, or their keys contradict each other.
        """
        image_db, label_db = database_path("images", image_db), database_path("labels", label_db)
        images, labels = _core.open_pair(images=os.fsencode(image_db), labels=os.fsencode(label_db))
        if len(images) != len(labels):
            raise DatabaseError(
                f"{image_db} holds {plural(len(images), 'record')} and {label_db} "
                f"{len(labels)}, so they are no pair; caffe-multilabel verify tells where",
                path=label_db,
            )
        return cls(image_db, label_db, images, labels)

    def __len__(self) -> int:
        """Return the number of records."""
        return len(self.images)

    @property
    def label_shape(self) -> tuple[int, int, int]:
        """(C, H, W) of the first record's labels; (0, 1, 1) where there is no record.

        Raises:
            DatabaseError: the first record holds no labels.
        """
        channels, height, width = self.labels.read(0).shape if len(self) else (0, 1, 1)
        return channels, height, width

    @property
    def label_count(self) -> int:
        """Number of labels of a record, as `label_shape` tells."""
        channels, height, width = self.label_shape
        return channels * height * width

    def label_rows(self, records: range) -> NDArray[np.float32]:
        """Return the labels of some records as float32 (N, L), a row a record.

        Raises:
            DatabaseError: a record holds no labels, or another number of them than the first.
        """
        order = np.fromiter(records, dtype=np.uint32, count=len(records))
        return _core.read_labels(
            index=self.labels, order=order, label_count=self.label_count, threads=1
        )
