"""Reads the pictures of an image DB without keeping the DB in memory."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from caffe_multilabel import _core
from caffe_multilabel.errors import DatabaseError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["PictureReader"]

Result = TypeVar("Result")

_MOST_BYTES = 128 << 20
_CHUNK = 256


class PictureReader:
    """Reads pictures by place, on several threads.

    What is read of an LMDB stays mapped as long as it is open, and counts as memory of the process.
    So the DB is opened afresh now and then.
    """

    def __init__(self, image_db: bytes, threads: int) -> None:
        self._image_db = image_db
        self._threads = threads
        self._index = _core.RecordIndex(image_db)
        self._bytes = 0

    def __len__(self) -> int:
        """Return the number of records."""
        return len(self._index)

    def read(self, place: int) -> NDArray[np.uint8] | NDArray[np.float32]:
        """Return a picture, (C, H, W).

        Raises:
            DatabaseError: it cannot be read or decoded.
        """
        if self._bytes > _MOST_BYTES:
            self._index = _core.RecordIndex(self._image_db)
            self._bytes = 0
        picture = self._index.read(place)
        self._bytes += picture.nbytes
        return picture

    def map(
        self,
        function: Callable[[NDArray[np.uint8] | NDArray[np.float32]], Result],
        places: Sequence[int],
    ) -> Iterator[tuple[int, Result | DatabaseError]]:
        """Apply a function to pictures on threads.

        Yields:
            Each place, in order, with the result, or the error that kept the picture from being
            read.
        """

        def apply(place: int) -> Result | DatabaseError:
            try:
                picture = self.read(place)
            except DatabaseError as error:
                return error
            return function(picture)

        with ThreadPoolExecutor(self._threads) as threads:
            for begin in range(0, len(places), _CHUNK):
                chunk = places[begin : begin + _CHUNK]
                yield from zip(chunk, threads.map(apply, chunk), strict=True)
