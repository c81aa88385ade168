"""What a net must know of its data: from the task file, and from the databases that are there."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

from caffe_multilabel._base.text import plural
from caffe_multilabel.data.databases import database_facts, forced_shape
from caffe_multilabel.data.label_schema import refuse_other_labels
from caffe_multilabel.data.manifest import Manifest
from caffe_multilabel.errors import OptionError, TaskFileError
from caffe_multilabel.labels.differences import differences_of_dbs
from caffe_multilabel.nets.generate.image_transform import scale_warning, settle_transform
from caffe_multilabel.tasks.record_shape import MOST_PLACES

if TYPE_CHECKING:
    from caffe_multilabel.data.databases import DatabaseFacts
    from caffe_multilabel.labels import LabelLayout, LabelSchema
    from caffe_multilabel.nets.generate.backbones import Backbone
    from caffe_multilabel.tasks import Data, ResolvedTasks, Source, Transform

__all__ = ["Facts", "read_facts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the net is made for.

    Attributes:
        record: channels, height and width of an image as the image layer decodes it.
        image: the same of an image that enters the net: one of a record that has several, without
            its ramps.
        transform: what is done to images, with what the task file leaves to its backbone.
        layout: whose the label columns of each record are.
        test_records: records of the TEST phase; None where its databases are not there.
        warnings: what had to be taken for granted, a sentence each.
    """

    record: tuple[int, int, int]
    image: tuple[int, int, int]
    transform: Transform
    layout: LabelLayout
    test_records: int | None
    warnings: tuple[str, ...]


def read_facts(
    tasks: ResolvedTasks, *, backbone: Backbone | None, label_count: int | None = None
) -> Facts:
    """Gather the facts.

    Args:
        tasks: the task file.
        backbone: the built-in that the net is made on, if it is one. Its channels are taken where
            nothing else tells.
        label_count: label columns of each record, if the caller has statistics of them; else the
            label DB tells.

    Raises:
        OptionError: the label DB has another number of them than the caller says.
        TaskFileError: the task file does not say enough, or not what the databases hold.
        DatabaseError: a database is there and cannot be read, or its first image cannot.
    """
    data = tasks.file.data
    if data.train is None:
        raise TaskFileError(
            "data.train: missing; a net for training needs images and labels",
            key="data.train",
        )
    warnings: list[str] = []
    source = data.train
    images = database_facts(source.images)
    for phase in filter(None, (data.train, data.test)):
        _stored_as_said(data, phase)
    _labels_as_said(tasks, data.train, data.test)
    channels = None if backbone is None else backbone.image[0]
    data = data.model_copy(
        update={"transform": settle_transform(data.transform, backbone, record=None)}
    )
    record = _record_shape(data, images, channels, warnings)
    single = _image_record(data, record, images)
    transform = settle_transform(tasks.file.data.transform, backbone, single)
    warnings += filter(None, [scale_warning(transform, backbone)])
    label_count = _label_count(tasks, source, label_count, warnings)
    return Facts(
        record=record,
        image=_image_shape(transform, single),
        transform=transform,
        layout=tasks.over(label_count).layout,
        test_records=None if data.test is None else _records(data.test),
        warnings=tuple(warnings),
    )


def _stored_as_said(data: Data, source: Source) -> None:
    """Refuse a pair that was converted with other images a record, ramps or canary than said.

    Nothing in a record tells ramps or a second image from colours; the manifests do. A pair without
    them is of another tool, and is taken as the task file says.
    """
    images = Manifest.read(source.images) if Path(source.images).is_dir() else None
    if images is None:
        return
    said = {"images_per_record": data.record.images, "ramps": data.record.ramps}
    if data.canary:  # one that is there and not asked for does no harm
        said["canary"] = True
    for key, wanted in said.items():
        found = getattr(images, key)
        if found != wanted:
            raise TaskFileError(
                f"data.{key}: found {_yaml(wanted)}; {source.images} was converted with "
                f"{key}: {_yaml(found)}",
                key=f"data.{key}",
            )


def _labels_as_said(tasks: ResolvedTasks, train: Source, test: Source | None) -> None:
    """Refuse label DBs whose labels mean something else to the tasks, or one to the other."""
    stored: dict[str, LabelSchema] = {}
    for labels in (source.labels for source in (train, test) if source is not None):
        manifest = Manifest.read(labels) if Path(labels).is_dir() else None
        refuse_other_labels(tasks.schema, manifest)
        if manifest is not None and manifest.label_schema is not None:
            stored[labels] = manifest.label_schema
    for (path, first), (other, second) in combinations(stored.items(), 2):
        for each in differences_of_dbs(first, second, tasks.schema):
            raise TaskFileError("; ".join(each.between(path, other)), key="tasks")


def _yaml(value: bool | int) -> str:
    return str(value).lower()


def _record_shape(
    data: Data, images: DatabaseFacts | None, channels: int | None, warnings: list[str]
) -> tuple[int, int, int]:
    """Return the shape that the Data layers will give a record, before they crop it.

    The image DB decides where it is there. Where it is not, `data.shape` does, or what conversion
    is to make of the images; a task file that forces color or gray is then for an encoded DB,
    because Caffe forces nothing on a raw one.
    """
    if images is not None:
        return _shape_in_db(data, images, warnings)
    transform = data.transform
    if data.stored_shape is not None:
        return _forced(data.stored_shape, transform)
    if transform.crop_size is None:
        raise TaskFileError(
            "data.shape: missing; there is no image DB yet, and neither data.resize nor crop_size "
            "tells how large images are ([channels, height, width])",
            key="data.shape",
        )
    depth = data.record.channels(_depth(data) or channels or 3)
    return (depth, transform.crop_size, transform.crop_size)


def _image_record(
    data: Data, record: tuple[int, int, int], images: DatabaseFacts | None
) -> tuple[int, int, int]:
    """Return the shape of one image of a record, without its ramps.

    Raises:
        TaskFileError: records cannot be made up so.
    """
    shape = data.record
    channels = shape.image_channels(record[0])
    if channels is None:
        key = "data.images_per_record" if shape.images > 1 else "data.ramps"
        where = "data.shape" if images is None else f"the image DB {images.path}"
        raise TaskFileError(
            f"{key}: records of {where} have {plural(record[0], 'channel')}, which are not those "
            f"of {shape}",
            key=key,
        )
    if shape.ramps and max(record[1:]) > MOST_PLACES:
        raise TaskFileError(
            f"data.ramps: images are {_text(record)}; a byte tells {MOST_PLACES} columns and rows "
            "apart",
            key="data.ramps",
        )
    return (channels, *record[1:])


def _shape_in_db(data: Data, images: DatabaseFacts, warnings: list[str]) -> tuple[int, int, int]:
    transform, said = data.transform, data.stored_shape
    shape = images.shape_as_read(color=transform.force_color, gray=transform.force_gray)
    if images.encoded:
        said = None if said is None else _forced(said, transform)
    elif transform.force_color or transform.force_gray:
        key = "force_color" if transform.force_color else "force_gray"
        warnings.append(
            f"data.transform.{key} does nothing: images in {images.path} are stored raw, and "
            f"Caffe reads their {shape[0]} channels as they are"
        )
    stored = None if images.shape is None else images.shape[0]
    colours = None if stored is None else data.record.image_channels(stored)
    if data.gray is not None and colours is not None and (colours == 1) != data.gray:
        raise TaskFileError(
            f"data.gray: found {_yaml(data.gray)}; images in the image DB have "
            f"{plural(stored or 0, 'channel')}",
            key="data.gray",
        )
    # A size alone says nothing of channels.
    first = 1 if data.shape is None and data.gray is None else 0
    # Images of an encoded DB may differ in size where each is cropped to the same.
    last = 1 if images.encoded and transform.crop_size is not None else 3
    if said is not None and said[first:last] != shape[first:last]:
        key = "data.shape" if data.shape is not None else "data.resize"
        raise TaskFileError(
            f"{key}: {_text(data.stored_shape or ())} wanted; images in the image DB are "
            f"{_text(images.shape or ())} (channels x height x width)",
            key=key,
        )
    return shape


def _forced(shape: tuple[int, int, int], transform: Transform) -> tuple[int, int, int]:
    return forced_shape(shape, color=transform.force_color, gray=transform.force_gray)


def _depth(data: Data) -> int | None:
    transform = data.transform
    if transform.force_color:
        return 3
    if transform.force_gray or data.gray:
        return 1
    return len(transform.mean_value) if len(transform.mean_value) > 1 else None


def _image_shape(transform: Transform, record: tuple[int, int, int]) -> tuple[int, int, int]:
    depth, height, width = record
    if len(transform.mean_value) not in (0, 1, depth):
        raise TaskFileError(
            f"data.transform.mean_value: found {len(transform.mean_value)} values; images have "
            f"{depth} channels, and one value or one a channel is allowed",
            key="data.transform.mean_value",
        )
    crop = transform.crop_size
    if crop is None:
        return record
    if crop > min(height, width):
        raise TaskFileError(
            f"data.transform.crop_size: found {crop}; images are {height} x {width}",
            key="data.transform.crop_size",
        )
    return (depth, crop, crop)


def _label_count(
    tasks: ResolvedTasks, source: Source, known: int | None, warnings: list[str]
) -> int:
    labels = database_facts(source.labels)
    width = max(tasks.schema.width, 1)  # a record has a label, though no task may read it
    if labels is None:
        if known is not None:
            return known
        warnings.append(
            f"{source.labels} is not there yet; its records are taken to have the {width} "
            "labels that the tasks read. Generate again if they have more"
        )
        return width
    count, height, width = labels.shape or (0, 0, 0)
    if (height, width) != (1, 1):
        found = _text(labels.shape) if labels.shape else "images that do not decode"
        raise TaskFileError(
            f"data.train.labels: records of {source.labels} are {found}; "
            "tasks read vectors of labels, N x 1 x 1",
            key="data.train.labels",
        )
    if known not in (None, count):
        raise OptionError(
            f"label_statistics has {plural(known or 0, 'column')}; records of {source.labels} have "
            f"{plural(count, 'label')}"
        )
    return count


def _records(source: Source) -> int | None:
    facts = database_facts(source.images) or database_facts(source.labels)
    return None if facts is None else facts.records


def _text(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))
