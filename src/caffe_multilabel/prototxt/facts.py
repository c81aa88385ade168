"""What a net must know of its data: from the task file, and from the databases that are there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from caffe_multilabel.databases import database_facts
from caffe_multilabel.errors import TaskFileError
from caffe_multilabel.tasks import label_columns

if TYPE_CHECKING:
    from caffe_multilabel.databases import DatabaseFacts
    from caffe_multilabel.tasks import Data, Source, TaskFile, Transform

__all__ = ["Facts", "read_facts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the net is made for.

    Attributes:
        record: channels, height and width of a picture as it comes out of the image DB.
        picture: the same of the pictures that enter the net.
        label_count: label columns of each record.
        test_records: records of the TEST phase; None where its databases are not there.
        warnings: what had to be taken for granted, a sentence each.
    """

    record: tuple[int, int, int]
    picture: tuple[int, int, int]
    label_count: int
    test_records: int | None
    warnings: tuple[str, ...]


def read_facts(tasks: TaskFile, *, channels: int | None, label_count: int | None = None) -> Facts:
    """Gather the facts.

    Args:
        tasks: the task file.
        channels: channels that the backbone is made for, if it says so; taken where nothing
            else tells.
        label_count: label columns of each record, if the caller knows; else the label DB tells.

    Raises:
        TaskFileError: the task file does not say enough, or not what the databases hold.
        DatabaseError: a database is there and cannot be read.
    """
    data = tasks.data
    if data.train is None:
        raise TaskFileError(
            "data.train: missing; a net for training needs images and labels",
            key="data.train",
        )
    warnings: list[str] = []
    images = database_facts(data.train.images)
    record = _record_shape(data, images, channels)
    if label_count is None:
        label_count = _label_count(tasks, data.train, warnings)
    label_columns(tasks.tasks).free(label_count)
    return Facts(
        record=record,
        picture=_picture_shape(data.transform, record),
        label_count=label_count,
        test_records=None if data.test is None else _records(data.test),
        warnings=tuple(warnings),
    )


def _record_shape(
    data: Data, images: DatabaseFacts | None, channels: int | None
) -> tuple[int, int, int]:
    transform = data.transform
    stored = (0, 0, 0) if images is None else images.shape
    if data.shape is not None:
        if all(stored) and stored != data.shape:
            raise TaskFileError(
                f"data.shape: found {_text(data.shape)}; pictures in the image DB are "
                f"{_text(stored)} (channels x height x width)",
                key="data.shape",
            )
        return data.shape
    depth = stored[0]
    if not depth or (images is not None and images.encoded):
        depth = _depth(transform) or depth or channels or 3
    if all(stored[1:]):
        return (depth, *stored[1:])
    if transform.crop_size is None:
        raise TaskFileError(
            "data.shape: missing; neither crop_size nor an image DB tells how large pictures are "
            "([channels, height, width])",
            key="data.shape",
        )
    return (depth, transform.crop_size, transform.crop_size)


def _depth(transform: Transform) -> int | None:
    if transform.force_color:
        return 3
    if transform.force_gray:
        return 1
    return len(transform.mean_value) if len(transform.mean_value) > 1 else None


def _picture_shape(transform: Transform, record: tuple[int, int, int]) -> tuple[int, int, int]:
    depth, height, width = record
    if len(transform.mean_value) not in (0, 1, depth):
        raise TaskFileError(
            f"data.transform.mean_value: found {len(transform.mean_value)} values; pictures have "
            f"{depth} channels, and one value or one a channel is allowed",
            key="data.transform.mean_value",
        )
    crop = transform.crop_size
    if crop is None:
        return record
    if crop > min(height, width):
        raise TaskFileError(
            f"data.transform.crop_size: found {crop}; pictures are {height} x {width}",
            key="data.transform.crop_size",
        )
    return (depth, crop, crop)


def _label_count(tasks: TaskFile, source: Source, warnings: list[str]) -> int:
    labels = database_facts(source.labels)
    layout = label_columns(tasks.tasks)
    if labels is None:
        warnings.append(
            f"{source.labels} is not there yet; its records are taken to have the {layout.width} "
            "labels that the tasks read. Generate again if they have more"
        )
        return layout.width
    count, height, width = labels.shape
    if (height, width) != (1, 1):
        raise TaskFileError(
            f"data.train.labels: records of {source.labels} are {_text(labels.shape)}; "
            "tasks read vectors of labels, N x 1 x 1",
            key="data.train.labels",
        )
    return count


def _records(source: Source) -> int | None:
    facts = database_facts(source.images) or database_facts(source.labels)
    return None if facts is None else facts.records


def _text(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))
