"""A pair of LMDBs as a sequence of images with labels."""

from __future__ import annotations

import copy
import operator
import os
import secrets
from typing import TYPE_CHECKING, Any, SupportsIndex, TypeAlias, overload

import numpy as np

from caffe_multilabel import _core
from caffe_multilabel._base.arguments import switch, whole_number
from caffe_multilabel._base.cpus import thread_count
from caffe_multilabel._base.renamed import renamed_attribute
from caffe_multilabel._base.text import plural
from caffe_multilabel.data.label_schema import find_label_schema
from caffe_multilabel.data.manifest import stored_record_shape
from caffe_multilabel.data.pair import StoredPair
from caffe_multilabel.data.records import label_schema_of
from caffe_multilabel.errors import DatabaseError, OptionError
from caffe_multilabel.labels import LabelLayout
from caffe_multilabel.reader.batches import Batches
from caffe_multilabel.reader.task_labels import Labels, labels_of_record
from caffe_multilabel.reader.transform import transform_options
from caffe_multilabel.tasks.record_shape import RecordShape

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import ArrayLike, NDArray
    from typing_extensions import Self, Unpack

    from caffe_multilabel._base.arguments import StrPath
    from caffe_multilabel.labels import LabelSchema
    from caffe_multilabel.reader.transform import TransformKeywords
    from caffe_multilabel.tasks import TaskFile

__all__ = ["MultilabelDataset"]

Image: TypeAlias = "NDArray[np.uint8] | NDArray[np.float32]"

_MAX_BATCH = 2**31 - 1
_MAX_SEED = 2**32 - 1  # of mt19937, which Caffe's DataTransformer draws from


class MultilabelDataset:
    """Images and labels of an image LMDB and a label LMDB, by position in key order.

    Any pair will do that Caffe's `Data` layers can read, whoever wrote it and whatever its keys
    are, unless all of them hold numbers or names that contradict the order. Nothing is written, not
    even a lock file. A dataset may be used by many threads, after a fork, and in other processes
    through pickle; each opens the LMDBs when it first needs them.

    Finding records by position takes 12 bytes of memory a record and DB, up to the highest position
    that was asked for.

    Attributes:
        image_db: path of the image DB.
        label_db: path of the label DB.
        label_shape: (C, H, W) of the first record's labels; (0, 1, 1) where there is no record.
        label_schema: what the label columns mean, from the task file or from the manifest that
            `convert` left in the label DB; None where neither tells.
        images_per_record: images of a record, K, from the image DB's manifest; 1 where it does not
            tell. Records are (K * C, H, W), the channels of an image after those of the one before:
            `image.reshape(K, -1, *image.shape[1:])` parts them.
        ramps: whether the last two channels of a record are ramps, where each pixel holds its
            column and its row in the stored image; likewise.

    Example:
        >>> from caffe_multilabel import MultilabelDataset
        >>> data = MultilabelDataset("train_images", "train_labels")
        >>> image, labels = data[0]
        >>> image.shape, image.dtype
        ((3, 64, 64), dtype('uint8'))
        >>> labels["kind"], labels["centre"]
        (5, array([0.5699, 0.6472], dtype=float32))
        >>> len(data), len(data[::10]), data.labels().shape
        (90, 9, (90, 6))
        >>> with MultilabelDataset("val_images", "val_labels") as data:
        ...     len(data)
        10
    """

    def __init__(
        self,
        images: StrPath,
        labels: StrPath,
        *,
        tasks: TaskFile | LabelSchema | StrPath | None = None,
    ) -> None:
        """Open a pair.

        Args:
            images: folder of the image DB.
            labels: folder of the label DB.
            tasks: a task file or its path, to get labels by task. None takes the schema in the
                label DB's manifest, if there is one.

        Raises:
            DatabaseError: a DB cannot be opened, the two are one or swapped, do not hold as many
                records, or their keys contradict each other.
            TaskFileError: the task file is wrong or wants labels that are not there.
        """
        pair = StoredPair.open(images, labels)
        self.image_db = pair.image_db
        self.label_db = pair.label_db
        self._pair: StoredPair | None = pair
        self._count = len(pair)
        self._records = range(self._count)
        self.label_shape = pair.label_shape
        self._record = stored_record_shape(self.image_db) or RecordShape()
        self.images_per_record = self._record.images
        self.ramps = self._record.ramps
        self.label_schema: LabelSchema | None = None
        if self._count:
            self.label_schema = find_label_schema(self.label_db, self.label_count, tasks)
        else:
            label_schema_of(tasks)  # a wrong task file is an error all the same
        self._layout = None if self.label_schema is None else LabelLayout.of(self.label_schema)

    schema = renamed_attribute("schema", "label_schema")

    @property
    def label_count(self) -> int:
        """Number of labels of a record."""
        channels, height, width = self.label_shape
        return channels * height * width

    def __len__(self) -> int:
        """Return the number of records."""
        return len(self._records)

    @overload
    def __getitem__(self, index: SupportsIndex) -> tuple[Image, Labels]: ...
    @overload
    def __getitem__(self, index: slice) -> MultilabelDataset: ...
    def __getitem__(self, index: SupportsIndex | slice) -> tuple[Image, Labels] | MultilabelDataset:
        """Return one record, or the dataset of a slice, which reads nothing yet.

        Returns:
            For a number, the image as Caffe sees it before any transform: uint8 (C, H, W), BGR,
            decoded if it is stored encoded; float32 where a Datum holds floats. With it the labels:
            with tasks a dict of an int for each class and a float32 array (k,) for each other task;
            else a float32 array (L,), or (C, H, W) where label records have a height or width.

        Raises:
            IndexError: there is no such record.
            DatabaseError: the record cannot be used; it is named.
        """
        if isinstance(index, slice):
            part = copy.copy(self)
            part._records = self._records[index]  # noqa: SLF001  (of the same class)
            return part
        position = self._records[operator.index(index)]
        pair = self._open()
        image = pair.images.read(position)
        labels = pair.labels.read_labels(position, self.label_count)
        if self._layout is not None:
            return image, labels_of_record(self._layout, labels)
        return image, labels.reshape(self._label_axes())

    def __iter__(self) -> Iterator[tuple[Image, Labels]]:
        """Go through the records one by one; `batches` is much faster."""
        return (self[index] for index in range(len(self)))

    def __repr__(self) -> str:
        schema = self.label_schema
        tasks = () if schema is None else tuple(task.name for task in schema.tasks)
        return (
            f"<MultilabelDataset of {plural(len(self), 'record')}, {self.image_db} and "
            f"{self.label_db}{', tasks ' * bool(tasks)}{', '.join(tasks)}>"
        )

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what belongs to this process."""
        return self.__dict__ | {"_pair": None}

    def __enter__(self) -> Self:
        """Return the dataset, which the end of the `with` closes."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Let go of the LMDBs; they are opened again when they are next needed."""
        self._pair = None

    def keys(self) -> list[bytes]:
        """Return the keys of the image records.

        Raises:
            DatabaseError: the DB cannot be read.
        """
        keys = _core.read_keys(os.fsencode(self.image_db))
        return [keys[position] for position in self._records]

    def labels(self, *, threads: int | None = None) -> NDArray[np.float32]:
        """Return all labels as a float32 array (N, L), a row a record.

        Args:
            threads: None takes the CPUs this process may use.

        Raises:
            DatabaseError: a record holds no labels, or another number of them than the first.
            OptionError: `threads` is out of its range.
        """
        return _core.read_labels(
            index=self._open().labels,
            order=self._order(None, None),
            label_count=self.label_count,
            threads=thread_count(threads),
        )

    def batches(
        self,
        batch_size: int,
        *,
        threads: int | None = None,
        indices: ArrayLike | None = None,
        shuffle: bool = False,
        seed: int | None = None,
        drop_last: bool = False,
        **transform: Unpack[TransformKeywords],
    ) -> Batches:
        """Go through the records once, in batches as Caffe's `Data` layer hands them to a net.

        An image becomes float32 (value - mean) * scale, of the crop, mirrored or not; bit for bit
        what `DataTransformer` computes, its random numbers included if `seed` is that of its
        generator. All channels of a record are cropped, mirrored and scaled alike, those of several
        images and ramps among them; the means of one image are those of each, and ramps have none,
        as in a net from a task file. Threads decode and transform a few batches ahead. What comes
        out does not depend on their number.

        Args:
            batch_size: records a batch.
            threads: None takes the CPUs this process may use.
            indices: which records to take, in this order; None takes all.
            shuffle: take them in an order that depends on `seed` alone.
            seed: from 0 to 2**32 - 1, of the order, the crops and the mirroring; None takes another
                one each time.
            drop_last: leave out the last batch if it is smaller than the others.
            **transform: Caffe's `transform_param`; see `TransformKeywords`.

        Returns:
            An iterator of (images, labels), float32 (B, C, H, W), and with tasks a dict of an int64
            array (B,) for each class and a float32 array (B, k) for each other task, else a
            float32 array (B, L), or (B, C, H, W) where label records have a height or width.
            Images of one batch must come out equally large; those of another may be larger.

        Raises:
            OptionError: an option is out of its range or does not go with another.
            PrototxtError: the mean file cannot be read.
            IndexError: there is no such record in `indices`.
            DatabaseError: a DB cannot be opened; or, from the iterator, the first record of a
                batch that cannot be used or does not go with the options; it is named.

        Example:
            >>> from caffe_multilabel import MultilabelDataset
            >>> data = MultilabelDataset("train_images", "train_labels")
            >>> for images, labels in data.batches(32, shuffle=True, seed=1, crop_size=48):
            ...     print(images.shape, labels["kind"].shape, labels["centre"].shape)
            (32, 3, 48, 48) (32,) (32, 2)
            (32, 3, 48, 48) (32,) (32, 2)
            (26, 3, 48, 48) (26,) (26, 2)
        """
        options = transform_options(**transform)
        if self.ramps and options["mean"] is not None:
            message = f"mean_file would change the ramps of {self.image_db}; give mean_value"
            raise OptionError(message)
        drop_last, shuffle = switch("drop_last", drop_last), switch("shuffle", shuffle)
        batch_size = whole_number("batch_size", batch_size, 1, _MAX_BATCH)
        seed = whole_number("seed", secrets.randbits(32) if seed is None else seed, 0, _MAX_SEED)
        order = self._order(indices, seed if shuffle else None)
        records = self._count if order is None else len(order)
        pair = self._open()
        options["mean_values"] = self._means(pair, options["mean_values"])
        image_stream = _core.BatchStream.of_images(
            pair.images,
            order,
            batch_size=batch_size,
            drop_last=drop_last,
            endless=False,
            threads=thread_count(threads),
            shared_threads=0,
            seed=seed,
            taken=0,
            as_stored=False,
            **options,
        )
        # No threads of their own: labels take next to no time.
        label_stream = _core.BatchStream.of_labels(
            pair.labels,
            order,
            batch_size=batch_size,
            drop_last=drop_last,
            endless=False,
            threads=0,
            shared_threads=0,
            label_count=self.label_count,
        )
        stream = _core.PairStream(image_stream, label_stream)
        batch_count = records // batch_size if drop_last else -(-records // batch_size)
        return Batches(stream, batch_count, self._layout, self._label_axes())

    def _open(self) -> StoredPair:
        """Return the pair, which this process may have to open first."""
        pair = self._pair
        if pair is None or not (pair.images.usable and pair.labels.usable):
            pair = StoredPair.open(self.image_db, self.label_db)
            if len(pair) != self._count:
                raise DatabaseError(
                    f"{self.image_db} holds {plural(len(pair), 'record')}; "
                    f"there were {self._count} when the dataset was made",
                    path=self.image_db,
                )
            self._pair = pair
        return pair

    def _order(self, indices: ArrayLike | None, seed: int | None) -> NDArray[np.uint32] | None:
        """Return positions in the DBs; None for all of them in their order.

        Args:
            indices: positions in this dataset; None for all of them.
            seed: of their shuffling; None leaves their order alone.
        """
        if indices is None and self._records == range(self._count):
            return None if seed is None else _core.shuffled(self._count, seed)
        chosen = np.arange(len(self)) if indices is None else _positions(indices, len(self))
        order = (self._records.start + self._records.step * chosen).astype(np.uint32)
        return order if seed is None else order[_core.shuffled(len(order), seed)]

    def _means(self, pair: StoredPair, means: Sequence[float]) -> Sequence[float]:
        """Return the means of all channels of a record, where those of an image were given."""
        if self._record.is_plain or not means or not self._count:
            return means
        colors = self._record.image_channels(len(pair.images.read(0)))
        if colors is None or len(means) not in (1, colors):
            return means
        return self._record.mean_values(means, colors)

    def _label_axes(self) -> tuple[int, ...]:
        channels, height, width = self.label_shape
        return (channels,) if height == width == 1 else (channels, height, width)


def _positions(indices: ArrayLike, count: int) -> NDArray[np.int64]:
    """Return positions from 0, of indices that may be negative."""
    try:
        numbers = np.asarray(indices)
    except ValueError:  # lists of several lengths
        numbers = np.empty(())
    if numbers.ndim != 1 or (numbers.size and numbers.dtype.kind not in "iu"):
        raise OptionError("indices must be whole numbers, in a list or an array of one axis")
    positions = numbers.astype(np.int64)
    positions[positions < 0] += count
    bad = numbers[(positions < 0) | (positions >= count)]
    if bad.size:
        raise IndexError(f"there is no record {bad[0]} in a dataset of {plural(count, 'record')}")
    return positions
