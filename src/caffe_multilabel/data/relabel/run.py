"""Relabelling: the public function, and what it reports."""

from __future__ import annotations

import os
import time
from contextlib import closing, nullcontext
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from caffe_multilabel import _core
from caffe_multilabel._base.arguments import StrPath, callback, database_path, switch
from caffe_multilabel._base.short_repr import short_repr
from caffe_multilabel.data.label_schema import load_records_of, nothing_written
from caffe_multilabel.data.manifest import Manifest
from caffe_multilabel.data.relabel.old_columns import Columns

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from caffe_multilabel._base.core_results import RelabelResult
    from caffe_multilabel.data.records import HeaderLine, ListFormat, ListKind, RecordSource
    from caffe_multilabel.tasks import TaskFile

__all__ = ["ColumnChange", "RelabelReport", "TaskChange", "relabel"]


@dataclass(frozen=True, slots=True)
class ColumnChange:
    """One label column of the new labels.

    Attributes:
        name: the task and the value's name or index in it, or the name over the column in the
            list, or "column 3" (counted from 0).
        old_column: the column it was compared with, found by name, else by index; None for a new
            one.
        changed: records whose label differs; None for a new column.
    """

    name: str
    old_column: int | None
    changed: int | None


@dataclass(frozen=True, slots=True)
class TaskChange:
    """One task, or one column that no task reads.

    Attributes:
        name: the task or column.
        columns: its label columns.
        changed: records with at least one changed label in them; None where all are new.
    """

    name: str
    columns: tuple[int, ...]
    changed: int | None


@dataclass(frozen=True, slots=True)
class RelabelReport:
    """What a relabelling did, or would do.

    Attributes:
        records: in the label DB, before and after.
        changed_records: records with at least one changed label.
        tasks: the change task by task, the columns that no task reads last.
        columns: the change column by column.
        removed: names of the old columns that are no more.
        old_label_count: labels of a record before.
        label_count: labels of a record now.
        label_shape: (C, H, W) of a label record.
        extra_lines: lines of the list that belong to no record.
        paths_in_keys: lines were found by path, as `lines_by` says too.
        lines_by: what told each record's line: the "path" in its key, or the key itself; the
            "number" in it; or nothing but its "order".
        image_manifest_written: the image DB's manifest tells of the new labels too.
        dry_run: nothing was written.
        seconds: time taken.
        counts_from_one: the numbers in the keys count from 1, so that record number n took line n.
        by_place: which task reads which column, where the list's header names no task; else empty.

    Example:
        >>> from caffe_multilabel import relabel
        >>> report = relabel("val_labels", "val.txt", dry_run=True)
        >>> report.records, report.changed_records
        (10, 0)
        >>> [(task.name, task.changed) for task in report.tasks]
        [('kind', 0), ('color', 0), ('filled', 0), ('size', 0), ('centre', 0)]
    """

    records: int
    changed_records: int
    tasks: tuple[TaskChange, ...]
    columns: tuple[ColumnChange, ...]
    removed: tuple[str, ...]
    old_label_count: int
    label_count: int
    label_shape: tuple[int, int, int]
    extra_lines: int
    paths_in_keys: bool
    lines_by: Literal["path", "number", "order"]
    image_manifest_written: bool
    dry_run: bool
    seconds: float
    counts_from_one: bool = False
    by_place: str = ""

    __repr__ = short_repr

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain JSON-ready values."""
        return asdict(self)


_NO_COLUMN = 2**32
"""Beyond any label column: the core compares with none."""


def relabel(
    labels: StrPath,
    records: RecordSource,
    *,
    images: StrPath | None = None,
    tasks: TaskFile | StrPath | None = None,
    label_count: int | None = None,
    list_format: ListFormat = "auto",
    header: HeaderLine = "auto",
    kind: ListKind = "auto",
    path_column: str | int | None = None,
    path_prefix: str = "",
    path_suffix: str = "",
    images_per_record: int | None = None,
    allow_extra: bool = False,
    dry_run: bool = False,
    progress: Callable[[int, int], object] | None = None,
) -> RelabelReport:
    """Give the records of a label DB the labels of a new list. The image DB stays as it is.

    Every record takes the line with the path in its key, or with its key as the path; records that
    share a path take its lines in order. Where no key holds a path, number n takes line n + 1, or
    line n if the keys count from 1 to the last line; where not all keys are numbers, record i takes
    line i + 1 (`RelabelReport.lines_by` tells). The new DB takes the place of the old one once
    it is complete and on the disk, or not at all; running again mends what a kill left. Records may
    get more or fewer labels than they had.

    Args:
        labels: folder of the label DB.
        records: the new list, as `convert` takes it; it must have a line for every record.
        images: folder of the image DB. Its keys must pair with the label DB's; paths are taken
            from them; and its manifest is written anew, if it can be.
        tasks: task file to check the labels against. Left out, the tasks that the label DB's
            manifest keeps still hold.
        label_count: labels of each line; None lets the first line decide.
        list_format: how the lines of a list file are cut.
        header: whether the first line of a list file is a header, as `load_records` takes it.
        kind: what a list file or folder is, as `load_records` takes it.
        path_column: the column of the paths, as `load_records` takes it.
        path_prefix: put before each path, as `load_records` takes it.
        path_suffix: put behind each path, as `load_records` takes it.
        images_per_record: images of a record; None takes what the label DB's manifest says. With
            several, the list must begin with the lines of the conversion: the same paths in the
            same order, for a key holds the first alone, and the number in it tells the line.
        allow_extra: more lines may be left over than images were rejected at conversion.
        dry_run: only count what would change. Writes nothing, not even a lock.
        progress: called with (records done, records) now and then.

    Raises:
        ListError: lines that do not fit, records without a line, or lines without a record; or keys
            are numbers from 1, and the list goes on after the highest.
        DatabaseError: the DBs do not pair, or one cannot be read.
        OutputError: the label DB is in use, cannot be replaced, or the disk is full.
        TaskFileError: the task file is wrong.
        OptionError: an option is out of its range.

    Example:
        >>> from pathlib import Path
        >>> from caffe_multilabel import MultilabelDataset, relabel
        >>> paths = [line.split()[0] for line in Path("val.txt").read_text().splitlines()]
        >>> labels = MultilabelDataset("val_images", "val_labels").labels()
        >>> labels[0, 3] = 0.5  # another size for the first shape
        >>> report = relabel("val_labels", (paths, labels), images="val_images")
        >>> report.changed_records, [task.name for task in report.tasks if task.changed]
        (1, ['size'])
    """
    begin = time.perf_counter()
    dry_run = switch("dry_run", dry_run)
    label_db = os.fsencode(database_path("labels", labels))
    image_db = b"" if images is None else os.fsencode(database_path("images", images))
    with _target(label_db, dry_run=dry_run) as target:
        prior = Manifest.read(os.fsdecode(label_db))
        with nothing_written():
            loaded = load_records_of(
                prior,
                records,
                tasks=tasks,
                label_count=label_count,
                list_format=list_format,
                header=header,
                kind=kind,
                path_column=path_column,
                path_prefix=path_prefix,
                path_suffix=path_suffix,
                images_per_record=images_per_record,
            )
        columns = Columns.of(loaded, prior, same_tasks=tasks is None)
        result = _core.relabel(
            records=loaded.core,
            label_db=label_db,
            target=target,
            image_db=image_db,
            allow_extra=switch("allow_extra", allow_extra),
            label_shape=loaded.label_shape or (0, 0, 0),
            label_schema=loaded.schema_json,
            label_names=columns.header,
            old_columns=[_NO_COLUMN if old is None else old for old in columns.old],
            groups=[task.columns for task in columns.tasks],
            progress=callback("progress", progress),
        )
    return _report(
        columns,
        result,
        dry_run=dry_run,
        seconds=time.perf_counter() - begin,
        by_place=loaded.by_place,
    )


def _target(label_db: bytes, *, dry_run: bool) -> AbstractContextManager[_core.LabelTarget | None]:
    return nullcontext() if dry_run else closing(_core.LabelTarget(label_db))


def _report(
    columns: Columns, result: RelabelResult, *, dry_run: bool, seconds: float, by_place: str
) -> RelabelReport:
    # Without a manifest the core is the first to see how many labels there were.
    old_count = result["old_label_count"]
    old = [None if index is None or index >= old_count else index for index in columns.old]
    return RelabelReport(
        records=result["records"],
        changed_records=result["changed_records"],
        tasks=tuple(
            TaskChange(
                task.name,
                task.columns,
                count if any(old[column] is not None for column in task.columns) else None,
            )
            for task, count in zip(columns.tasks, result["changed_groups"], strict=True)
        ),
        columns=tuple(
            ColumnChange(name, index, None if index is None else count)
            for name, index, count in zip(
                columns.names, old, result["changed_columns"], strict=True
            )
        ),
        removed=tuple(
            name for index, name in enumerate(columns.old_names(old_count)) if index not in old
        ),
        old_label_count=old_count,
        label_count=len(columns.names),
        label_shape=result["label_shape"],
        extra_lines=result["extra_lines"],
        paths_in_keys=result["lines_by"] == "path",
        lines_by=result["lines_by"],
        image_manifest_written=result["image_manifest_written"],
        dry_run=dry_run,
        seconds=seconds,
        counts_from_one=result["counts_from_one"],
        by_place=by_place,
    )
