"""The jobs of `reader_python.py` done with MultilabelDataset on all cores, encoded pairs too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reader_job import BATCH, CROP, MEAN, Batch, run_job

from caffe_multilabel.reader import MultilabelDataset

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray


def read_labels(image_db: str, label_db: str) -> NDArray[np.float32]:
    """All labels in one array."""
    return MultilabelDataset(image_db, label_db).labels()


def batches(image_db: str, label_db: str) -> Iterator[Batch]:
    """Images, the centre cut out, less the mean."""
    return MultilabelDataset(image_db, label_db).batches(BATCH, crop_size=CROP, mean_value=MEAN)


if __name__ == "__main__":
    run_job(read_labels, batches)
