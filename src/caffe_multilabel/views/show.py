"""One record of a pair."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from caffe_multilabel import _core
from caffe_multilabel._base.arguments import instance_of, path_of, whole_number
from caffe_multilabel._base.files import write_bytes
from caffe_multilabel._base.renamed import renamed_attribute
from caffe_multilabel._base.short_repr import short_repr
from caffe_multilabel._base.text import did_you_mean
from caffe_multilabel._base.utf8 import to_utf8
from caffe_multilabel.data.databases import no_record
from caffe_multilabel.data.keys import key_text, path_in_key
from caffe_multilabel.data.label_schema import find_label_schema, load_records_of
from caffe_multilabel.data.manifest import Manifest, stored_record_shape
from caffe_multilabel.data.pair import StoredPair
from caffe_multilabel.errors import OptionError
from caffe_multilabel.labels import LabelLayout, describe_labels
from caffe_multilabel.tasks.record_shape import RecordShape
from caffe_multilabel.views.images import viewable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from caffe_multilabel._base.arguments import StrPath
    from caffe_multilabel.data.records import RecordSource
    from caffe_multilabel.labels import LabelSchema
    from caffe_multilabel.tasks import TaskFile

__all__ = ["ShownRecord", "show_record"]

_FORMATS = {".png": "png", ".jpg": "jpg", ".jpeg": "jpg"}


@dataclass(frozen=True, slots=True, eq=False)
class ShownRecord:
    """A record of a pair.

    Attributes:
        index: its position in the order of keys.
        key: its key in the image DB.
        image: uint8 or float32 (C, H, W), BGR, as Caffe decodes it.
        labels: float32 (L,), all its labels.
        meanings: for each task its name and what its labels mean; a name and the label for each
            column where nothing tells what the columns are.
        images: of the record, as the image DB's manifest tells; their channels follow each other.
        ramps: whether its last two channels tell places of pixels; `viewable` leaves them out.
        paths: of the images, as far as they are known: a key may hold that of the first.

    Example:
        >>> from caffe_multilabel import show_record
        >>> record = show_record("train_images", "train_labels", key="images/000004.jpg")
        >>> record.index, record.key, record.image.shape
        (4, '00000004_images/000004.jpg', (3, 64, 64))
        >>> record.write_image("record.png")
    """

    index: int
    key: str
    image: NDArray[np.uint8] | NDArray[np.float32]
    labels: NDArray[np.float32]
    meanings: tuple[tuple[str, str], ...]
    images: int = 1
    ramps: bool = False
    paths: tuple[str, ...] = ()

    __repr__ = short_repr

    def viewable(self) -> NDArray[np.uint8]:
        """Return the image as a colour image, uint8 (3, H, W); see `views.images`.

        Several images stand side by side.
        """
        return viewable(self.image, RecordShape(self.images, self.ramps))

    def write_image(self, path: StrPath) -> None:
        """Write the image as a `.png` or `.jpg` file; one that is there is replaced.

        Raises:
            OptionError: the name has another ending.
            OutputError: the file cannot be written.
        """
        path = path_of("path", path)
        ending = path.suffix.lower()
        if ending not in _FORMATS:
            allowed = ", ".join(_FORMATS)
            raise OptionError(f"{path}: ends in none of {allowed}", path=os.fspath(path))
        pixels = np.ascontiguousarray(self.viewable().transpose(1, 2, 0))
        write_bytes(path, _core.encode_image(pixels, _FORMATS[ending]))

    picture = renamed_attribute("picture", "image")
    write_picture = renamed_attribute("write_picture", "write_image")


def show_record(
    images: StrPath,
    labels: StrPath,
    index: int | None = None,
    *,
    key: str | None = None,
    tasks: TaskFile | LabelSchema | StrPath | None = None,
    records: RecordSource | None = None,
) -> ShownRecord:
    """Read one record of a pair.

    Args:
        images: the image DB.
        labels: the label DB.
        index: its position in the order of keys; negative ones count from the end. 0 if neither
            this nor `key` is given.
        key: its key in the image DB, or the path in it.
        tasks: the task file or its path; None takes the schema in the label DB's manifest.
        records: the list of the conversion, which tells all paths of a record of several images.

    Raises:
        ListError: `records` do not fit, or are not those of the conversion.
        OptionError: both `index` and `key` are given, or there is no such record.
        DatabaseError: a DB or the record cannot be read, the DBs do not hold as many records, or
            none.
        TaskFileError: the task file is wrong or wants columns that are not there.

    Example:
        >>> from caffe_multilabel import show_record
        >>> record = show_record("train_images", "train_labels", 4)
        >>> for task, meaning in record.meanings:
        ...     print(f"{task}: {meaning}")
        kind: cross
        color: cyan
        filled: no
        size: 0.4848
        centre: 0.5964, 0.6552
    """
    if index is not None and key is not None:
        raise OptionError("index and key exclude each other")
    pair = StoredPair.open(images, labels)
    if not len(pair):
        raise no_record(pair.image_db)
    keys = _core.read_keys(os.fsencode(pair.image_db))
    found = (
        _index_of_key(keys, key, pair.image_db)
        if key is not None
        else _checked_index(0 if index is None else index, len(pair))
    )
    vector = pair.labels.read(found).astype(np.float32).ravel()
    shape = stored_record_shape(pair.image_db) or RecordShape()
    path = path_in_key(keys[found])
    paths = [] if path is None else [path]
    if records is not None and shape.images > 1:
        loaded = load_records_of(Manifest.read(pair.label_db), records)
        paths = _core.paths_of_record(
            records=loaded.core, label_db=os.fsencode(pair.label_db), key=keys[found]
        )
    schema = find_label_schema(pair.label_db, len(vector), tasks)
    layout = LabelLayout.guess(vector[np.newaxis]) if schema is None else LabelLayout.of(schema)
    return ShownRecord(
        index=found,
        key=key_text(keys[found]),
        image=pair.images.read(found),
        labels=vector,
        meanings=tuple((task.name, describe_labels(task, vector)) for task in layout.tasks),
        images=shape.images,
        ramps=shape.ramps,
        paths=tuple(map(key_text, paths)),
    )


def _checked_index(index: int, count: int) -> int:
    index = whole_number("index", index, -(2**63))
    if not -count <= index < count:
        raise OptionError(f"index is {index}, must be from 0 to {count - 1}")
    return index % count


def _index_of_key(keys: list[bytes], key: str, images: str) -> int:
    wanted = to_utf8(instance_of("key", key, str, "the text of a key, or the path in it"))
    found = [found for found, each in enumerate(keys) if each == wanted]
    found = found or [found for found, each in enumerate(keys) if path_in_key(each) == wanted]
    if not found:
        hint = did_you_mean(key, map(key_text, keys[:10_000]), cutoff=0.5)
        raise OptionError(f"{images} has no record of key '{key}'{hint}", key=key)
    return found[0]
