from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Unpack

from caffe_multilabel._base.core_options import (
    ConvertOptions,
    FileBatchOptions,
    FileOptions,
    HeaderLine,
    ImageBatchOptions,
    LabelBatchOptions,
    ListFormat,
    WindowBatchOptions,
)
from caffe_multilabel._base.core_results import (
    ConvertResult,
    ManifestResult,
    RelabelResult,
    VerifyResult,
)

class LabelRule:
    def __init__(
        self,
        *,
        task: str,
        part: str,
        kind: str,
        classes: int,
        names: Sequence[str],
        mapping: Sequence[tuple[float, float]],
        ignore: float | None,
        takes_unknown: bool,
        non_negative: bool,
        by_name_only: bool,
    ) -> None: ...

class RecordList:
    def __len__(self) -> int: ...
    @property
    def label_count(self) -> int: ...
    @property
    def images_per_record(self) -> int: ...
    @property
    def digest(self) -> str: ...
    @property
    def repeated_paths(self) -> int: ...
    @property
    def rows_of_bits(self) -> int: ...
    # Of all records' images, one record after another.
    def paths(self) -> list[bytes]: ...
    def labels(self) -> NDArray[np.float32]: ...

def read_list(
    *,
    path: bytes,
    label_count: int,
    rules: Sequence[LabelRule],
    list_format: ListFormat,
    header: HeaderLine,
    images_per_record: int,
) -> tuple[RecordList, list[bytes], str]: ...

# Paths are those of all records' images, one record after another; so below.
def make_list(
    *,
    paths: Sequence[bytes],
    labels: NDArray[np.float32],
    rules: Sequence[LabelRule],
    images_per_record: int,
) -> RecordList: ...

# Rows are cut at `separator`, or between blanks where it is a zero byte: there the first field
# goes on until one ends as `path_endings` say. Text is UTF-8; bytes that are none become
# surrogates. `first_rows` ends before a row that cannot be cut. `read_columns` gives of each column
# the distinct texts and of each row the index of its own; the lines of the rows; the first rows
# that have not `width` cells, and how many there are.
def first_rows(
    *, text: bytes, separator: str, path_endings: Sequence[str], limit: int
) -> list[list[str]]: ...
def read_columns(
    *,
    text: bytes,
    separator: str,
    path_endings: Sequence[str],
    first_line: int,
    width: int,
    has_header: bool,
) -> tuple[
    list[tuple[list[str], NDArray[np.int32]]],
    NDArray[np.int64],
    list[tuple[int, list[str]]],
    int,
]: ...

# What a word says that means yes or no; None for others.
def read_truth(field: bytes) -> bool | None: ...

# Whether a field says that nothing is known; no longer text does.
def is_unknown(field: bytes) -> bool: ...

# Whether a field is written as a number is, whether float32 can hold it or not.
def is_numeric(field: bytes) -> bool: ...

# The float32 that a field is as a label; None where it is no number, or not a finite one.
def read_number(field: bytes) -> float | None: ...

LONGEST_UNKNOWN: int

# Columns are a name, the rule, the distinct texts, and of each record the index of its text.
def make_list_of_cells(
    *,
    source: bytes,
    unit: str,
    paths: Sequence[bytes],
    lines: NDArray[np.uint32],
    columns: Sequence[tuple[bytes, LabelRule, Sequence[bytes], NDArray[np.int32]]],
    images_per_record: int,
) -> RecordList: ...
def encode_image(image: NDArray[np.uint8], ending: str) -> bytes: ...
def decode_image(data: bytes, mode: str) -> NDArray[np.uint8]: ...

# Channels, height and width of an image record, or None and why Caffe cannot use it; and whether it
# is encoded.
def check_image(value: bytes, mode: str) -> tuple[tuple[int, int, int] | None, str, bool]: ...

# The modes under which images of these channels, encoded or not, have equally many.
def common_decodings(images: Sequence[tuple[int, bool]]) -> list[str]: ...
def channels_as_read(*, channels: int, encoded: bool, mode: str) -> int: ...
def convert(
    records: RecordList,
    progress: Callable[[int, int, int, int], bool | None] | None,
    **options: Unpack[ConvertOptions],
) -> ConvertResult: ...
def read_rejects(image_db: bytes) -> list[tuple[int, bytes, bytes]]: ...
def read_manifest(directory: bytes) -> ManifestResult | None: ...
def build_info() -> str: ...

class LabelTarget:
    def __init__(self, label_db: bytes) -> None: ...
    def close(self) -> None: ...

def relabel(
    *,
    records: RecordList,
    label_db: bytes,
    target: LabelTarget | None,
    image_db: bytes,
    allow_extra: bool,
    label_shape: tuple[int, int, int],
    label_schema: str,
    label_names: Sequence[str],
    old_columns: Sequence[int],
    groups: Sequence[Sequence[int]],
    progress: Callable[[int, int], object] | None,
) -> RelabelResult: ...

# Of the images of a record of several, by its key and the list of the conversion.
def paths_of_record(*, records: RecordList, label_db: bytes, key: bytes) -> list[bytes]: ...
def verify(
    *,
    image_db: bytes,
    label_db: bytes,
    records: RecordList | None,
    root: bytes | None,
    sample: int,
    seed: int,
    rules: Sequence[LabelRule],
    threads: int,
    progress: Callable[[int, int], object] | None,
) -> VerifyResult: ...

class RecordIndex:
    def __init__(self, directory: bytes) -> None: ...
    def __len__(self) -> int: ...
    @property
    def usable(self) -> bool: ...
    def read(self, position: int) -> NDArray[np.uint8] | NDArray[np.float32]: ...
    def read_labels(self, position: int, label_count: int) -> NDArray[np.float32]: ...

class RecordReader:
    def __init__(self, directory: bytes) -> None: ...
    def __len__(self) -> int: ...
    def __iter__(self) -> RecordReader: ...
    def __next__(self) -> tuple[bytes, bytes]: ...

# The list of an ImageData layer; line n + 1 has number n.
class LabelledFiles:
    def __init__(self, path: bytes) -> None: ...
    def __len__(self) -> int: ...
    @property
    def digest(self) -> str: ...
    def path(self, line: int) -> bytes: ...
    # Channels, height and width of the first image of a stream of these options, uncropped.
    def first_shape(
        self, *, decoding: Literal["color", "gray"], **options: Unpack[FileOptions]
    ) -> tuple[int, int, int]: ...

# The window file of a WindowData layer: its windows, the image and the line of each.
class WindowFile:
    def __init__(self, path: bytes) -> None: ...
    def __len__(self) -> int: ...
    @property
    def digest(self) -> str: ...
    def image(self, window: int) -> bytes: ...
    def line(self, window: int) -> int: ...

# The files of a window file's images in memory; a handler of signals that raises ends the reading.
class ImageCache:
    def __init__(self, windows: WindowFile, root: bytes) -> None: ...

class BatchStream:
    @staticmethod
    def of_files(files: LabelledFiles, **options: Unpack[FileBatchOptions]) -> BatchStream: ...
    @staticmethod
    def of_windows(
        # A cache is of the same file and root; without one, streams read the files themselves.
        windows: WindowFile,
        cache: ImageCache | None,
        **options: Unpack[WindowBatchOptions],
    ) -> BatchStream: ...
    @staticmethod
    def of_images(
        index: RecordIndex, order: NDArray[np.uint32] | None, **options: Unpack[ImageBatchOptions]
    ) -> BatchStream: ...
    @staticmethod
    def of_labels(
        index: RecordIndex, order: NDArray[np.uint32] | None, **options: Unpack[LabelBatchOptions]
    ) -> BatchStream: ...
    # (B, C, H, W), float32 or uint8, and for each record row and column of its crop and 1 if it was
    # mirrored: int32 (B, 3); Datum.label or the list's label of each record: int32 (B,); and which
    # record of the source it is: uint32 (B,). Labels are (B, L, 1, 1), and have no crops.
    def next(
        self,
    ) -> (
        tuple[
            NDArray[np.float32] | NDArray[np.uint8],
            NDArray[np.int32],
            NDArray[np.int32],
            NDArray[np.uint32],
        ]
        | None
    ): ...
    def close(self) -> None: ...

class PairStream:
    def __init__(self, images: BatchStream, labels: BatchStream) -> None: ...
    # Images (B, C, H, W) and labels (B, L).
    def next(self) -> tuple[NDArray[np.float32], NDArray[np.float32]] | None: ...
    def close(self) -> None: ...

# The arrays are written to, in the order of their values.
class CaffeRandom:
    def __init__(self, seed: int) -> None: ...
    def next(self) -> int: ...
    def uniform(
        self, low: float, high: float, values: NDArray[np.float32] | NDArray[np.float64]
    ) -> None: ...
    def gaussian(
        self, mean: float, deviation: float, values: NDArray[np.float32] | NDArray[np.float64]
    ) -> None: ...
    # `single` says that the probability is a float, to which draws are rounded.
    def bernoulli(self, probability: float, values: NDArray[np.uint8], *, single: bool) -> None: ...
    def shuffle(self, positions: NDArray[np.uint32]) -> None: ...
    def state(self) -> bytes: ...
    def set_state(self, state: bytes) -> None: ...

def parse_key(key: bytes) -> tuple[int, Literal["image", "label"], bytes] | None: ...
def require_role(*, directory: bytes, role: Literal["images", "labels"]) -> None: ...
def open_pair(*, images: bytes, labels: bytes) -> tuple[RecordIndex, RecordIndex]: ...
def mispaired_keys(*, images: bytes, labels: bytes) -> tuple[bytes, bytes] | None: ...
def shuffled(count: int, seed: int) -> NDArray[np.uint32]: ...
def read_keys(directory: bytes) -> list[bytes]: ...
def key_at(*, directory: bytes, position: int) -> bytes: ...
def read_stored_values(
    *, index: RecordIndex, value_count: int, threads: int, want_rows: bool
) -> tuple[NDArray[np.float32] | None, tuple[int, int] | None]: ...
def find_odd_shape(
    *, index: RecordIndex, first: tuple[int, int, int], threads: int
) -> tuple[int, tuple[int, int, int]] | None: ...
def read_labels(
    *, index: RecordIndex, order: NDArray[np.uint32] | None, label_count: int, threads: int
) -> NDArray[np.float32]: ...
def sum_images(
    *, directory: bytes, threads: int, progress: Callable[[int, int], object] | None
) -> tuple[int, NDArray[np.float64], NDArray[np.float64]]: ...
