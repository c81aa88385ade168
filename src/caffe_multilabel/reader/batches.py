"""Batches of a dataset, made by the core ahead of whoever takes them."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

from caffe_multilabel.reader.task_labels import Labels, labels_by_task

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray
    from typing_extensions import Self

    from caffe_multilabel import _core
    from caffe_multilabel.labels import LabelLayout

__all__ = ["Batches"]


class Batches:
    """An iterator over the batches of one pass; see `MultilabelDataset.batches`.

    The threads behind it end with the last batch, with `close` or a `with`, or with the iterator
    itself. It can be used by several threads, but not by another process.

    Example:
        >>> from caffe_multilabel import MultilabelDataset
        >>> batches = MultilabelDataset("train_images", "train_labels").batches(32)
        >>> len(batches)
        3
        >>> images, labels = next(batches)
        >>> images.shape, len(batches)
        ((32, 3, 64, 64), 2)
        >>> batches.close()
    """

    def __init__(
        self,
        stream: _core.PairStream,
        count: int,
        layout: LabelLayout | None,
        label_shape: tuple[int, ...],
    ) -> None:
        self._stream = stream
        self._left = count
        self._layout = layout
        self._label_shape = label_shape
        # At the latest before the interpreter goes, and the libraries under the threads with it.
        self._finalizer = weakref.finalize(self, stream.close)

    def __len__(self) -> int:
        """Return the number of batches that are left."""
        return self._left

    def __iter__(self) -> Iterator[tuple[NDArray[np.float32], Labels]]:
        """Return the iterator itself."""
        return self

    def __next__(self) -> tuple[NDArray[np.float32], Labels]:
        """Wait for the next batch.

        Raises:
            StopIteration: there is none left.
            DatabaseError: a record cannot be used; it is named, and this was the last batch.
        """
        batch = self._stream.next()
        if batch is None:
            self.close()
            raise StopIteration
        self._left -= 1
        images, labels = batch
        if self._layout is not None:
            return images, labels_by_task(self._layout, labels)
        return images, labels.reshape(len(labels), *self._label_shape)

    def __enter__(self) -> Self:
        """Return the iterator, which the end of the `with` closes."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Stop the threads; there is no next batch then."""
        self._finalizer()
        self._left = 0
