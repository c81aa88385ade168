from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

_ListFormat = Literal["auto", "space", "tab", "csv"]

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
        by_name_only: bool,
    ) -> None: ...

class RecordList:
    def __len__(self) -> int: ...
    @property
    def label_count(self) -> int: ...
    @property
    def digest(self) -> str: ...
    def paths(self) -> list[bytes]: ...
    def labels(self) -> NDArray[np.float32]: ...

def read_list(
    *, path: bytes, label_count: int, rules: Sequence[LabelRule], format: str
) -> tuple[RecordList, list[str], str]: ...
def make_list(
    *, paths: Sequence[bytes], labels: NDArray[np.float32], rules: Sequence[LabelRule]
) -> RecordList: ...
def encode_image(image: NDArray[np.uint8], format: str) -> bytes: ...
def decode_image(data: bytes, mode: str) -> NDArray[np.uint8]: ...
def convert(
    records: RecordList,
    progress: Callable[[int, int, int, int], bool | None] | None,
    **options: Any,
) -> dict[str, Any]: ...
def build_info() -> str: ...
def verify(
    *,
    image_db: bytes,
    label_db: bytes,
    list: RecordList | None,
    root: bytes | None,
    sample: int,
    seed: int,
    rules: Sequence[LabelRule],
    threads: int,
    progress: Callable[[int, int], object] | None,
) -> dict[str, Any]: ...
