"""Records of several images each, of one table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from caffe_multilabel._base.text import listed, plural

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from caffe_multilabel.lists.table import Column, ImageTable

__all__ = ["ImageTuples"]


@dataclass(frozen=True, slots=True, eq=False)
class ImageTuples:
    """Records of K images each, which stand in a table once.

    Attributes:
        table: the images and what is said of each.
        rows: int64 (N, K), of each record the rows of its images in `table`.
        columns: what is said of each record, beside what is said of its images: `same` of pairs,
            `margin` of triplets.
        notes: what was decided, each a sentence for the user.
        warnings: what is hardly meant so, each a sentence for the user.

    Example:
        >>> from caffe_multilabel import make_pairs, read_table
        >>> pairs = make_pairs(read_table("train.csv"), 40, identity="kind")
        >>> pairs
        <ImageTuples: 40 records of 2 images, column same>
        >>> pairs.rows.shape, pairs.columns[0].counts.tolist()
        ((40, 2), [20, 20])
    """

    table: ImageTable
    rows: NDArray[np.int64]
    columns: tuple[Column, ...] = ()
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Return the number of records."""
        return len(self.rows)

    def __repr__(self) -> str:
        """Count the records and their images, and name the columns."""
        named = f", column {listed([each.name for each in self.columns])}" if self.columns else ""
        images = plural(self.images_per_record, "image")
        return f"<ImageTuples: {plural(len(self), 'record')} of {images}{named}>"

    @property
    def images_per_record(self) -> int:
        """K, how many images a record has."""
        return int(self.rows.shape[1])
