"""A pair as WebDataset shards."""

from __future__ import annotations

import io
import json
import re
import tarfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from caffe_multilabel._base.arguments import callback, path_text, switch, whole_number
from caffe_multilabel._base.files import check_targets, make_folder, replacing
from caffe_multilabel._base.text import shown
from caffe_multilabel.data.export.files import label_text
from caffe_multilabel.data.export.report import ExportReport, Tally
from caffe_multilabel.data.export.stream import ExportPair, stream_records
from caffe_multilabel.data.keys import path_in_key
from caffe_multilabel.data.label_schema import find_label_schema
from caffe_multilabel.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from caffe_multilabel._base.arguments import StrPath
    from caffe_multilabel.data.export.stream import ExportRecord
    from caffe_multilabel.labels import LabelSchema
    from caffe_multilabel.tasks import TaskFile

__all__ = ["export_webdataset"]

_NUMBER = re.compile(r"%(0\d+)?d")


def export_webdataset(
    images: StrPath,
    labels: StrPath,
    pattern: StrPath,
    *,
    tasks: TaskFile | LabelSchema | StrPath | None = None,
    max_per_shard: int = 10_000,
    threads: int | None = None,
    overwrite: bool = False,
    progress: Callable[[int, int], object] | None = None,
) -> ExportReport:
    """Write a pair as tar files that WebDataset reads.

    A sample's key is its position in the pair, as eight digits. It has an image (`png` of a raw
    record, an encoded record's own bytes else; `1.png`, `2.png` and so on of a record of several
    images, without ramps) and a `json` with its `labels` and, where the record's key holds one, its
    `path`, that of the first image. Labels are by task: a whole number for a class, else a list;
    without tasks they are one list. The same pair gives the same bytes.

    Args:
        images: folder of the image DB.
        labels: folder of the label DB.
        pattern: path of the shards, as in "out-%06d.tar"; the number counts from 0.
        tasks: task file; None takes the tasks in the label DB's manifest, if there are any.
        max_per_shard: records of a shard.
        threads: to compress images on; None takes the CPUs this process may use.
        overwrite: replace all shards of this pattern.
        progress: called with (records done, records) after each record.

    Raises:
        DatabaseError: a DB cannot be read, or the two hold different numbers of records.
        ImageError: a record holds no image that a file can hold.
        TaskFileError: the task file is wrong or wants labels that are not there.
        OutputError: there are shards of this pattern already, or they cannot be written.
        OptionError: the pattern has no number where it needs one, or an option is out of its
            range.

    Example:
        >>> from caffe_multilabel import export_webdataset
        >>> report = export_webdataset("val_images", "val_labels", "val-%02d.tar", max_per_shard=6)
        >>> report.paths
        ('val-00.tar', 'val-01.tar')
    """
    begin = time.perf_counter()
    max_per_shard = whole_number("max_per_shard", max_per_shard, 1)
    pattern = path_text("pattern", pattern)
    overwrite = switch("overwrite", overwrite)
    progress = callback("progress", progress)
    pair = ExportPair.open(images, labels)
    schema = find_label_schema(pair.stored.label_db, pair.stored.label_count, tasks)
    shards = _shard_paths(pattern, len(pair), max_per_shard)
    if not overwrite:
        check_targets(_existing(pattern), overwrite=False)
    tally = Tally(pair)
    make_folder(shards[0].parent)
    with replacing(shards, superseded=_existing(pattern)) as news:
        records = stream_records(pair, threads)
        for new in news:
            with tarfile.open(new, "w", format=tarfile.USTAR_FORMAT) as shard:
                for _, record in zip(range(max_per_shard), records, strict=False):
                    _add(shard, record, schema)
                    tally.add(record.images)
                    if progress is not None:
                        progress(record.position + 1, len(pair))
        if not overwrite:  # another run may have ended meanwhile
            check_targets(_existing(pattern), overwrite=False)
    return tally.report(list(map(str, shards)), time.perf_counter() - begin)


def _shard_paths(pattern: str, records: int, most: int) -> list[Path]:
    count = -(-records // most)
    number_fields = _NUMBER.findall(pattern)
    name = Path(pattern).name
    if not name or "%" in str(Path(pattern).parent) + _NUMBER.sub("", name, count=1):
        raise OptionError(
            f"the pattern is {shown(pattern)}; it must be the name of a file with at most one "
            "number in it, as in out-%06d.tar"
        )
    if not number_fields and count > 1:
        raise OptionError(
            f"{records} records make {count} shards of {most}, so the pattern must have a number, "
            f"as in out-%06d.tar; it is {shown(pattern)}"
        )
    return [Path(pattern % number if number_fields else pattern) for number in range(count)]


def _existing(pattern: str) -> Iterator[Path]:
    """Find the shards of a pattern that are there, whatever their number."""
    path = Path(pattern)
    before, number, after = _NUMBER.sub("\0", path.name).partition("\0")
    name = re.compile(re.escape(before) + (r"\d+" if number else "") + re.escape(after))
    if path.parent.is_dir():
        yield from sorted(found for found in path.parent.iterdir() if name.fullmatch(found.name))


def _add(shard: tarfile.TarFile, record: ExportRecord, schema: LabelSchema | None) -> None:
    path = path_in_key(record.key)
    sample: dict[str, Any] = {"labels": _labels(record, schema)}
    if path is not None:
        sample["path"] = path.decode("utf-8", "backslashreplace")
    text = json.dumps(sample, ensure_ascii=False, allow_nan=True)
    several = len(record.images) > 1
    files = [
        (f".{number}{image.ending}" if several else image.ending, image.content)
        for number, image in enumerate(record.images, 1)
    ]
    for ending, content in (*files, (".json", text.encode())):
        member = tarfile.TarInfo(f"{record.position:08d}{ending}")
        member.size = len(content)
        shard.addfile(member, io.BytesIO(content))


def _labels(record: ExportRecord, schema: LabelSchema | None) -> Any:
    numbers = [_number(label_text(label)) for label in record.labels.tolist()]
    if schema is None:
        return numbers
    return {
        task.name: numbers[task.columns[0]]
        if task.kind == "class"
        else [numbers[column] for column in task.columns]
        for task in schema.tasks
    }


def _number(text: str) -> int | float:
    return int(text) if text.removeprefix("-").isdecimal() else float(text)
