"""Keyword arguments of the core, with exact types; all of them are always given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias, TypedDict

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "BatchOptions",
    "ConvertOptions",
    "HeaderLine",
    "ImageBatchOptions",
    "LabelBatchOptions",
    "ListFormat",
    "ListKind",
    "TransformOptions",
]

ListFormat: TypeAlias = Literal["auto", "space", "tab", "csv"]
"""How the lines of a list are cut."""

ListKind: TypeAlias = Literal["auto", "plain", "csv", "jsonl", "celeba", "folder", "coco", "voc"]
"""Which of `lists.READERS` reads a list."""

HeaderLine: TypeAlias = Literal["auto", "yes", "no"]
"""Whether the first line of a list is a header."""


class ConvertOptions(TypedDict):
    """What `_core.convert` takes; see `caffe_multilabel.convert`."""

    root: bytes
    image_db: bytes
    label_db: bytes
    overwrite: bool
    resume: bool
    gray: bool
    ramps: bool
    canary: bool
    resize_width: int
    resize_height: int
    encoded: bool
    encode_type: str
    trust: bool
    shuffle: bool
    seed: int
    check_size: bool
    label_shape: tuple[int, int, int]
    fail_on_bad_image: bool
    max_bad: int
    threads: int
    ignore_free_space: bool
    label_schema: str
    label_names: Sequence[str]


class BatchOptions(TypedDict):
    """What every `_core.BatchStream` takes."""

    batch_size: int
    drop_last: bool
    endless: bool  # after the last record comes the first, in the same batch
    threads: int  # at work at once; 0: the work is done by next()
    shared_threads: int  # of this process, which all such streams share; 0: it has its own


class TransformOptions(TypedDict):
    """Caffe's transform of an image, checked; see `MultilabelDataset.batches`."""

    train: bool
    crop_size: int
    mirror: bool
    mean_values: Sequence[float]
    mean: NDArray[np.float32] | None
    scale: float
    decoding: Literal["stored", "color", "gray"]


class TransformedBatchOptions(BatchOptions, TransformOptions):
    """What every `_core.BatchStream` of images takes."""

    seed: int
    taken: int  # records that an endless stream of these options gave before; it goes on there


class ImageBatchOptions(TransformedBatchOptions):
    """What `_core.BatchStream.of_images` takes."""

    as_stored: bool  # uint8, whole; the crops tell what the transform would cut out


class FileOptions(TypedDict):
    """How the files of a list are gone through: Caffe's image_data_param."""

    root: bytes  # put before each path, with nothing between
    height: int  # the size that images are scaled to; both 0 leave it
    width: int
    skip: int  # lines before the first record
    shuffle: int | None  # the seed of their order


class FileBatchOptions(TransformedBatchOptions, FileOptions):
    """What `_core.BatchStream.of_files` takes."""


class WindowBatchOptions(TransformedBatchOptions):
    """What `_core.BatchStream.of_windows` takes: Caffe's window_data_param."""

    root: bytes
    fg_threshold: float
    bg_threshold: float
    fg_fraction: float
    context_pad: int
    square: bool


class LabelBatchOptions(BatchOptions):
    """What `_core.BatchStream.of_labels` takes."""

    label_count: int
